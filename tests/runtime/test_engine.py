"""What the gateway tells LiteLLM once, so that it does not try with every request."""

from __future__ import annotations

import importlib
import sys

import pytest

from dreamc.runtime import engine


def test_a_module_that_is_not_here_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_TRIED", ("dream_nowhere",))
    monkeypatch.setitem(sys.modules, "dream_nowhere", sys)
    monkeypatch.delitem(sys.modules, "dream_nowhere")
    engine.close_missing()
    monkeypatch.setattr(sys, "meta_path", [])
    with pytest.raises(ImportError, match="dream_nowhere"):
        importlib.import_module("dream_nowhere")


def test_a_module_that_is_here_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_TRIED", ("json",))
    engine.close_missing()
    assert sys.modules["json"] is importlib.import_module("json")
    assert sys.modules["json"] is not None
