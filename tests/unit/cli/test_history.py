"""`dreamc history`: the newest first, in words and as JSON."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.verbs import run
from tests.unit.provision.installed import Installed

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def told(installed: Installed) -> Installed:
    installed.journal(time="2026-11-20T12:05:00Z", action="mode", mode="cloud", from_mode="hybrid", from_release="old")
    installed.journal(
        time="2026-11-20T12:05:00Z", outcome="rolled-back", seconds=200, git="abc-dirty", message="chat does not answer"
    )
    with (installed.root / "journal.jsonl").open("a") as file:
        file.write('{"time":"2026-11-20T13:0')
    return installed


def test_the_newest_comes_first_and_a_torn_line_is_left_out(told: Installed, capsys: Capture) -> None:
    said = run(capsys, "history")
    heads = [line for line in said.out.splitlines() if not line.startswith(" ")]
    assert said.code == 0
    assert ["rolled-back in 3 min 20 s" in heads[0], "mode done" in heads[1], "apply done" in heads[2]] == [True] * 3
    assert f"old hybrid -> {told.current.name} cloud" in heads[1]
    assert "    by ada@desk, from abc-dirty: to see" in said.out
    assert "    chat does not answer" in said.out


def test_n_limits_what_is_asked_for(told: Installed, capsys: Capture) -> None:
    assert len(json.loads(run(capsys, "history", "-n", "2", "--json").out)["history"]) == 1
    assert len(json.loads(run(capsys, "history", "-n", "4", "--json").out)["history"]) == 3


def test_programs_get_every_field(told: Installed, capsys: Capture) -> None:
    first = json.loads(run(capsys, "history", "--json").out)["history"][0]
    assert (first["host"], first["outcome"], first["seconds"], first["git"]) == ("box", "rolled-back", 200, "abc-dirty")


def test_a_host_without_a_journal_has_no_history(installed: Installed, capsys: Capture) -> None:
    (installed.root / "journal.jsonl").unlink()
    said = run(capsys, "history")
    assert (said.code, said.out) == (0, "nothing was done yet\n")
