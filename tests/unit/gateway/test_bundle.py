"""What is read from a bundle to run its gateway here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dreamc.errors import DreamError
from dreamc.gateway.bundle import Secrets, launch, load, modes


@pytest.fixture
def host(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    (folder / "config/litellm").mkdir(parents=True)
    (folder / "config/runtime/dream_runtime").mkdir(parents=True)
    (folder / "config/runtime/dream_runtime/__init__.py").touch()
    policy: dict[str, object] = {"modes": {"local": {"aliases": {"code": {}, "auto": {}}}}}
    (folder / "config/policy.json").write_text(json.dumps(policy))
    config = "model_list: []\ngeneral_settings: {custom_auth: dream_runtime.auth.check}\n"
    (folder / "config/litellm/offline-config.yaml").write_text(config)
    return folder


def test_the_aliases_are_those_of_the_mode(host: Path) -> None:
    assert modes(host) == ("local",)
    assert load(host, "local").aliases == ("code", "auto")


@pytest.mark.parametrize("mode", ["hybrid", "holiday"])
def test_a_mode_that_was_not_compiled_is_named_beside_those_that_were(host: Path, mode: str) -> None:
    with pytest.raises(DreamError, match=f"the mode {mode}") as caught:
        load(host, mode)
    assert caught.value.remedy == "compiled are: local"


def test_the_plug_in_and_the_policy_of_the_bundle_are_used_and_its_files_left_alone(host: Path, tmp_path: Path) -> None:
    compiled = load(host, "local")
    before = sorted(host.rglob("*"))
    started = launch(compiled, {"model_list": []}, tmp_path / "work", Secrets(variables={"DREAM_K": "v"}))
    assert started.python_path == (host / "config/runtime",)
    assert started.variables["DREAM_POLICY"] == str(host / "config/policy.json")
    assert (started.variables["DREAM_MODE"], started.variables["DREAM_K"]) == ("local", "v")
    assert json.loads(started.config.read_text()) == {"model_list": []}
    assert sorted(host.rglob("*")) == before
