"""Runs a verb as the command line does, and keeps what it said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dreamc.cli import main

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@dataclass(frozen=True, slots=True)
class Said:
    """What a verb printed, and its exit code."""

    out: str
    err: str
    code: int


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    """One verb."""
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    found = capsys.readouterr()
    return Said(
        found.out, found.err, stop.value.code if isinstance(stop.value.code, int) else int(bool(stop.value.code))
    )


def example(name: str) -> tuple[str, str]:
    """`-f` and the file of an example."""
    return ("-f", str(EXAMPLES / name / "dream.yaml"))


@contextmanager
def environment(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Iterator[None]:
    """The given secrets and no others."""
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY", "OLLAMA_API_KEY", "GATEWAY_KEY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"DREAM_{name}", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield
