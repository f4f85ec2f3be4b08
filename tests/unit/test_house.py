"""What a fresh machine installs: the lock, the wheel, the hooks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path

import click
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from dreamc.cli import VERBS
from tests.unit.cli.shell import Done, script


def locked(root: Path) -> dict[str, list[Version]]:
    """Package -> versions in the lock; more than one where Python versions differ."""
    found: dict[str, list[Version]] = {}
    for line in (root / "requirements.lock").read_text().splitlines():
        if match := re.match(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", line):
            found.setdefault(canonicalize_name(match[1]), []).append(Version(match[2]))
    return found


def wanted(root: Path) -> list[Requirement]:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(line) for group in (project["dependencies"], *extras) for line in group]


def test_everything_declared_is_locked_at_a_version_that_satisfies_it(root: Path) -> None:
    versions = locked(root)
    for requirement in wanted(root):
        found = versions[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(version) for version in found), requirement


def test_every_locked_version_has_hashes_and_no_place_is_named(root: Path) -> None:
    text = (root / "requirements.lock").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 100
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in entries)
    assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links|--trusted-host", text)


def test_nothing_proprietary_is_locked(root: Path) -> None:
    assert "litellm" in locked(root)
    assert "litellm-enterprise" not in locked(root)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """The wheel of this checkout, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_a_wheel_holds_the_data_and_finds_it_from_an_empty_folder(wheel: Path, tmp_path: Path, root: Path) -> None:
    ask = (
        "from dreamc.resources import names; print(*(f'{kind}/{n}' for kind in KINDS for n in names(kind)), sep='\\n')"
    )
    ask = ask.replace("KINDS", "('templates', 'schemas', 'profiles')")
    command = [sys.executable, "-P", "-c", ask]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(wheel)}, check=True, capture_output=True, text=True
    )
    here = [
        file for kind in ("templates", "schemas", "profiles") for file in (root / kind).rglob("[!.]*") if file.is_file()
    ]
    assert sorted(done.stdout.split()) == sorted(file.relative_to(root).as_posix() for file in here)
    assert done.stdout.count("profiles/") == 3


def test_a_wheel_holds_the_knowledge_the_codes_and_the_runtime(wheel: Path, root: Path) -> None:
    data = [file.relative_to(root) for file in (root / "dreamc").rglob("*") if file.suffix in {".yaml", ".json", ".py"}]
    assert [str(path) for path in data if not (wheel / path).is_file()] == []


STALE = "dreamc: 1 file(s) of"


@pytest.fixture
def repository(root: Path, tmp_path: Path) -> Path:
    """A repository that commits dream.yaml and the bundle."""
    text = (root / "examples" / "zero-cloud" / "dream.yaml").read_text(encoding="utf-8")
    (tmp_path / "dream.yaml").write_text(text, encoding="utf-8")
    assert script("dreamc compile", cwd=tmp_path).returncode == 0
    return tmp_path


def steps(root: Path, folder: Path, **inputs: str) -> list[tuple[str, Done]]:
    """The steps of the composite action but the installation, as a runner executes them: until one fails."""
    action = yaml.safe_load((root / "action.yml").read_text(encoding="utf-8"))
    given = {name: one["default"] for name, one in action["inputs"].items()} | inputs
    done: list[tuple[str, Done]] = []
    for step in action["runs"]["steps"][2:]:
        condition = re.fullmatch(r"inputs\.([a-z-]+) != ''", step.get("if", "inputs.file != ''"))
        assert condition, step["if"]
        assert step["shell"] == "bash"
        if given[condition[1]]:
            fill = {name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda m: given[m[1]], text)
                    for name, text in step["env"].items()}  # fmt: skip
            done.append((step["name"], script(step["run"], cwd=folder, **fill)))
            if done[-1][1].returncode:
                break
    return done


def codes(done: list[tuple[str, Done]]) -> dict[str, int]:
    return {name: one.returncode for name, one in done}


def test_the_action_reports_checks_and_compares(root: Path, repository: Path) -> None:
    done = steps(root, repository, bundle="build")
    assert codes(done) == {"Report": 0, "Check": 0, "Compile": 0}
    assert json.loads((repository / "dreamc.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert "::notice file=dream.yaml,line=4" in dict(done)["Check"].stdout


def test_the_action_leaves_out_what_is_not_asked_for(root: Path, repository: Path) -> None:
    assert codes(steps(root, repository, sarif="")) == {"Check": 0}
    assert not (repository / "dreamc.sarif").exists()


def test_the_action_fails_on_an_error_and_the_report_is_there_all_the_same(root: Path, repository: Path) -> None:
    (repository / "dream.yaml").write_text("dream: 1\n", encoding="utf-8")
    done = steps(root, repository, bundle="build")
    assert codes(done) == {"Report": 0, "Check": 1}
    log = json.loads((repository / "dreamc.sarif").read_text(encoding="utf-8"))
    assert "error" in {one["level"] for one in log["runs"][0]["results"]}
    assert "::error file=dream.yaml" in dict(done)["Check"].stdout


def test_the_action_fails_on_a_stale_bundle_and_shows_the_difference(root: Path, repository: Path) -> None:
    (repository / "build" / "den" / "README.md").write_text("old\n", encoding="utf-8")
    done = steps(root, repository, bundle="build")
    assert codes(done) == {"Report": 0, "Check": 0, "Compile": 1}
    assert "changed: den/README.md" in dict(done)["Compile"].stdout
    assert STALE in dict(done)["Compile"].stderr


def test_a_file_with_odd_characters_in_its_name_is_not_run_by_the_action(root: Path, repository: Path) -> None:
    name = "$(touch hacked); `touch hacked` 'x.yaml"
    (repository / "dream.yaml").rename(repository / name)
    assert codes(steps(root, repository, file=name, sarif="a b.sarif")) == {"Report": 0, "Check": 0}
    assert sorted(path.name for path in repository.iterdir()) == sorted((name, "a b.sarif", "build"))


def test_the_action_installs_itself(root: Path) -> None:
    action = yaml.safe_load((root / "action.yml").read_text(encoding="utf-8"))
    _, install, *_ = action["runs"]["steps"]
    assert install["run"] == 'python -m pip install --quiet "$GITHUB_ACTION_PATH"'
    assert not [step for step in action["runs"]["steps"] if "${{" in step.get("run", "")]
    needed = tomllib.loads((root / "pyproject.toml").read_text())["project"]["requires-python"]
    assert Version(action["inputs"]["python-version"]["default"]) in Requirement(f"python{needed}").specifier


@pytest.mark.parametrize(
    ("damage", "expected"), [("", {"dreamc-check": 0, "dreamc-compile-check": 0}),
    ("build/den/README.md", {"dreamc-check": 0, "dreamc-compile-check": 1}),
    ("dream.yaml", {"dreamc-check": 1, "dreamc-compile-check": 1})],
)  # fmt: skip
def test_the_hooks_fail_where_they_should(root: Path, repository: Path, damage: str, expected: dict[str, int]) -> None:
    if damage:
        (repository / damage).write_text("old: 1\n", encoding="utf-8")
    hooks = yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text())
    done = {one["id"]: script(f"{one['entry']} {' '.join(one['args'])}", cwd=repository) for one in hooks}
    assert {name: one.returncode for name, one in done.items()} == expected


@pytest.mark.parametrize(
    ("path", "hooks"),
    [
        ("dream.yaml", ["dreamc-check", "dreamc-compile-check"]),
        ("stacks/a/dream.prod.yaml", ["dreamc-check", "dreamc-compile-check"]),
        ("build/den/README.md", ["dreamc-compile-check"]),
        ("README.md", []),
        ("daydream.yaml", []),
        ("rebuild/x", []),
    ],
)
def test_the_hooks_run_for_the_files_that_concern_them(root: Path, path: str, hooks: list[str]) -> None:
    all_ = yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text())
    assert [one["id"] for one in all_ if re.search(one["files"], path)] == hooks


def test_the_hooks_call_verbs_with_options_they_have(root: Path) -> None:
    hooks = yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in hooks] == ["dreamc-check", "dreamc-compile-check"]
    for hook in hooks:
        _, verb, *options = f"{hook['entry']} {' '.join(hook['args'])}".split()
        command: click.Command = import_module(next(module for name, module, _ in VERBS if name == verb)).command
        known = {name for parameter in command.params for name in parameter.opts}
        assert {option for option in options if option.startswith("-")} <= known
