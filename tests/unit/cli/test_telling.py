"""Progress of hosts on a terminal and in CI."""

from __future__ import annotations

import io
import sys

import pytest

from dreamc.cli.telling import telling
from dreamc.provision.events import Event

HALF = Event("gpu01", "weights", "acme/tiny", 50, 100)
GATE = Event("gpu01", "gate", "chat ok")


class Terminal(io.StringIO):
    """What is written to a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_where_every_host_is_and_keeps_the_lines_of_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    for name, value in (("TERM", "xterm"), ("COLUMNS", "80")):
        monkeypatch.setenv(name, value)
    with telling(("gpu01", "gpu02"), quiet=False) as tell:
        tell(GATE)
        tell(HALF)
    shown = [" ".join(line.split()) for line in screen.getvalue().splitlines()]
    assert any(line.endswith("gpu01: gate: chat ok") for line in shown)
    assert any(line.endswith("gpu01 weights 50% acme/tiny") for line in shown)
    assert any(line.endswith("gpu02 waiting") for line in shown)


def test_ci_gets_a_line_for_every_tenth_of_a_download(capsys: pytest.CaptureFixture[str]) -> None:
    with telling(("gpu01",), quiet=False) as tell:
        for done in range(1001):
            tell(Event("gpu01", "weights", "acme/tiny", done, 1000))
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (
        11,
        "gpu01: weights 0%: acme/tiny",
        "gpu01: weights 100%: acme/tiny",
    )
