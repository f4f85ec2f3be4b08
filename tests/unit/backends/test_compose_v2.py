"""The emitted compose files, read by compose itself and by the schema of the compose specification."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from dreamc.backends.emit import emit
from dreamc.stack.types import Mode, Stack
from tests.property.examples import TEXTS, stack_of
from tests.unit.backends.stacks import assistant, fleet, stack

STACKS = {"plain": stack(), "assistant": assistant(), "fleet": fleet()}


def _stack(name: str, folder: Path) -> Stack:
    """One of those above, or an example."""
    return STACKS[name] if name in STACKS else stack_of(TEXTS[name], folder)


def _written(one: Stack, folder: Path) -> list[Path]:
    """Every compose file of every host, with the bundle around it."""
    for bundle in emit(one):
        for artifact in bundle.artifacts:
            target = folder / bundle.host / artifact.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(artifact.text, encoding="utf-8")
    return sorted(folder.glob("*/docker-compose.*.yml"))


def _environment(file: Path) -> dict[str, str]:
    names = [line.partition("=")[0] for line in (file.parent / ".env.example").read_text().splitlines()]
    return {"PATH": os.environ["PATH"], **{name: "value" for name in names if name.startswith("DREAM_")}}


@pytest.mark.compose
@pytest.mark.parametrize("name", [*STACKS, *TEXTS])
def test_compose_reads_every_file(name: str, tmp_path: Path, compose_binary: Path) -> None:
    one = _stack(name, tmp_path)
    files = _written(one, tmp_path)
    assert len(files) == len(one.hosts) * len(one.modes)
    for file in files:
        command = [str(compose_binary), "-f", str(file), "config", "-q"]
        done = subprocess.run(command, env=_environment(file), capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), file


@pytest.mark.compose
def test_compose_refuses_to_start_without_a_secret(tmp_path: Path, compose_binary: Path) -> None:
    file = next(file for file in _written(stack(), tmp_path) if file.name == "docker-compose.cloud.yml")
    command = [str(compose_binary), "-f", str(file), "config", "-q"]
    done = subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "set it in .env" in done.stderr


@pytest.mark.compose
@pytest.mark.parametrize("mode", ["cloud", "local", "hybrid"])
def test_both_layouts_mount_the_same_data(mode: Mode, tmp_path: Path, compose_binary: Path) -> None:
    (file,) = (file for file in _written(assistant(), tmp_path / "releases") if file.name.endswith(f".{mode}.yml"))
    (tmp_path / "current").symlink_to(file.parent)
    flat = _volumes([str(compose_binary), "-f", str(file)], _environment(file))
    release = _volumes(
        [str(compose_binary), "--project-directory", str(tmp_path), "-f", str(tmp_path / "current" / file.name)],
        {**_environment(file), "DREAM_BUNDLE": "./current"},
    )
    assert {one for one in flat if one.startswith("/opt")} == {one for one in release if one.startswith("/opt")}
    own = {one for one in release if not one.startswith("/opt")}
    assert own
    assert all(one.startswith(f"{tmp_path}/current/config/") and Path(one).exists() for one in own)


@pytest.mark.parametrize("name", [*STACKS, *TEXTS])
def test_every_file_follows_the_compose_specification(name: str, root: Path, tmp_path: Path) -> None:
    schema = json.loads((root / "tests" / "schemas" / "compose-spec.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    for bundle in emit(_stack(name, tmp_path)):
        for artifact in bundle.artifacts:
            if artifact.path.startswith("docker-compose"):
                assert list(validator.iter_errors(yaml.safe_load(artifact.text))) == []


def _volumes(command: list[str], environment: dict[str, str]) -> set[str]:
    done = subprocess.run([*command, "config", "--format", "json"], env=environment, capture_output=True, check=True)
    project: dict[str, Any] = json.loads(done.stdout)
    return {one["source"] for service in project["services"].values() for one in service.get("volumes", ())}
