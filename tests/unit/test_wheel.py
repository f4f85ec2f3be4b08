"""The wheel, installed: every verb works from an empty folder, and nothing is inside that does not belong there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

Done = subprocess.CompletedProcess[str]
DATA = {".py", ".yaml", ".yml", ".json", ".j2", ".md", ".txt", ".tsv", ".typed", ".sh", ".html"}


@dataclass(frozen=True, slots=True)
class Installed:
    """A virtual environment that holds the wheel and sees the libraries of this one."""

    wheel: Path
    bin: Path

    def run(self, cwd: Path, *arguments: str) -> Done:
        """`dreamc ARGUMENTS` without a trace of the checkout in its environment."""
        environment = {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8"}
        return subprocess.run(
            [str(self.bin / "dreamc"), *arguments], cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Installed:
    """The wheel of this checkout in a throwaway environment."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=root, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--disable-pip-version-check", str(wheel)], cwd=folder, check=True, capture_output=True)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    libraries = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    (site / "libraries.pth").write_text("".join(f"{path}\n" for path in sorted(libraries)))
    return Installed(wheel, python.parent)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def members(installed: Installed) -> list[str]:
    with zipfile.ZipFile(installed.wheel) as archive:
        return [name for name in archive.namelist() if not name.endswith("/")]


def test_nothing_but_the_package_its_data_and_its_licence_is_inside(installed: Installed) -> None:
    names = members(installed)
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"dreamc"}
    assert [
        name for name in names if re.search(r"(^|/)(tests?|__pycache__|\.git|\.venv|build|examples)(/|$)", name)
    ] == []
    assert {Path(name).suffix for name in names if ".dist-info/" not in name} <= DATA
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert len(names) == len(set(names))


def test_it_is_a_small_download(installed: Installed) -> None:
    assert installed.wheel.stat().st_size < 2 * 2**20


def test_the_program_that_runs_is_the_installed_one(installed: Installed, empty: Path) -> None:
    ask = [str(installed.bin / "python"), "-c", "import dreamc, pydantic; print(dreamc.__file__)"]
    done = subprocess.run(ask, cwd=empty, env={}, capture_output=True, text=True, check=True)
    assert Path(done.stdout).is_relative_to(installed.bin.parent)


@pytest.mark.parametrize("name", ["hybrid-4070", "fleet"])
def test_it_compiles_the_same_bytes_as_the_checkout(installed: Installed, empty: Path, root: Path, name: str) -> None:
    text = (root / "examples" / name / "dream.yaml").read_text(encoding="utf-8")
    (empty / "dream.yaml").write_text(text, encoding="utf-8")
    assert installed.run(empty, "check", "--today", "2026-11-20").returncode == 0
    assert installed.run(empty, "compile", "--today", "2026-11-20").returncode == 0
    here = [sys.executable, "-m", "dreamc", "compile", "-q", "-f", "dream.yaml", "-o", "build", "--check"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root)}
    done = subprocess.run(here, cwd=empty, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_starter_checks_compiles_and_is_explained(installed: Installed, empty: Path) -> None:
    for verb in (
        ("init", "--name", "lab", "--gpu", "rtx-4070", "--provider", "anthropic", "--profile", "balanced"),
        ("check", "--strict"),
        ("compile",),
        ("compile", "--check"),
        ("explain", "DRM301"),
    ):
        done = installed.run(empty, *verb)
        assert done.returncode == 0, (verb, done.stderr)
    (host,) = (empty / "build").iterdir()
    mode = yaml.safe_load((host / "docker-compose.local.yml").read_text(encoding="utf-8"))
    service = next(name for name in mode["services"] if name.startswith("vllm-"))
    place = f"{host.name}/docker-compose.local.yml:services.{service}.command[--max-model-len]"
    assert "formula" in installed.run(empty, "explain", place).stdout


def test_schemas_are_printed_and_completion_knows_the_verbs(installed: Installed, empty: Path) -> None:
    assert "hardware" in json.loads(installed.run(empty, "schema").stdout)["properties"]
    assert "_DREAMC_COMPLETE" in installed.run(empty, "completion", "bash").stdout
    assert installed.run(empty, "serve", "--help").returncode == 0


def test_what_it_depends_on_stands_in_its_metadata(installed: Installed, root: Path) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = archive.read(name).decode()
    assert "License-Expression: Apache-2.0" in text
    assert "Requires-Python: >=3.11" in text
    assert "Provides-Extra: gateway" in text
    assert [
        line for line in text.splitlines() if line.startswith("Requires-Dist: litellm") and "gateway" not in line
    ] == []
    assert (root / "README.md").read_text(encoding="utf-8").splitlines()[0] in text
