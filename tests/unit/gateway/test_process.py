"""What the child process is given, without starting one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamc.errors import DreamError
from dreamc.gateway.process import KEY, OFFLINE, Launch, Proxy, child_environment


def launch(tmp_path: Path, **given: str) -> Launch:
    return Launch(tmp_path / "c.yaml", tmp_path / "log", environment=given, variables={"DREAM_OPENAI_KEY": "sk-o"})


def test_a_providers_key_under_its_usual_name_does_not_reach_the_gateway(tmp_path: Path) -> None:
    given = child_environment(launch(tmp_path, OPENAI_API_KEY="sk-1", DATABASE_URL="x", PATH="/bin"), "sk-2")
    assert "OPENAI_API_KEY" not in given
    assert "DATABASE_URL" not in given
    assert (given["PATH"], given["DREAM_OPENAI_KEY"], given[KEY]) == ("/bin", "sk-o", "sk-2")


def test_every_offline_switch_is_set_whatever_the_caller_has(tmp_path: Path) -> None:
    given = child_environment(launch(tmp_path, HF_HUB_OFFLINE="0"), "sk-2")
    assert set(OFFLINE) <= set(given.items())


def test_a_key_is_made_when_none_is_given(tmp_path: Path) -> None:
    keys = {Proxy(launch(tmp_path)).key for _ in range(3)}
    assert len(keys) == 3
    assert all(key.startswith("sk-") and len(key) == 67 for key in keys)


def test_no_secret_is_in_a_printed_launch(tmp_path: Path) -> None:
    assert "sk-" not in repr(Launch(tmp_path, tmp_path, key="sk-1", variables={"K": "sk-2"}))


def test_a_gateway_without_litellm_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DreamError, match="litellm is not installed") as caught, Proxy(launch(tmp_path)):
        pass
    assert caught.value.remedy == "pip install 'dreamc[gateway]'"
