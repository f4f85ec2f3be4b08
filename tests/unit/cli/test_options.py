"""Options that verbs share: each has a variable, the command line wins over it, and a wrong value is wrong usage."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from dreamc.cli.check import command as check
from dreamc.cli.compile import command as compile_
from dreamc.cli.options import coloured
from tests.unit.cli.shell import terminal
from tests.unit.cli.verbs import example, run

Capture = pytest.CaptureFixture[str]
LAB = example("rtx5000-lab")[1]
ERRORS = "dream: 1\nname: lab\nhardware: {box: {gpus: rtx-4070}}\nmodels: {}\nmodes: local\n"
OWN = {"only_check", "force"}
"""What must be said each time."""


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FILE", "ENV", "TODAY", "FORMAT", "JSON", "NO_COLOR", "STRICT", "QUIET", "OUTPUT", "HOST"):
        monkeypatch.delenv(f"DREAMC_{name}", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize("verb", [check, compile_], ids=lambda verb: str(verb.name))
def test_every_shared_option_has_a_variable_that_the_help_names(verb: click.Command, capsys: Capture) -> None:
    shown = " ".join(run(capsys, str(verb.name), "--help").out.split())
    options = [one for one in verb.params if isinstance(one, click.Option) and one.name not in OWN]
    assert len(options) >= 8
    for option in options:
        assert str(option.envvar).startswith("DREAMC_")
        assert f"var: {option.envvar}" in shown


@pytest.mark.parametrize("verb", [check, compile_], ids=lambda verb: str(verb.name))
def test_every_option_says_what_it_does(verb: click.Command) -> None:
    assert [one.name for one in verb.params if isinstance(one, click.Option) and not one.help] == []


def test_variables_stand_for_options(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAMC_FILE", LAB)
    assert "1 warning, 2 notes" in run(capsys, "check").out
    monkeypatch.setenv("DREAMC_STRICT", "1")
    assert run(capsys, "check").code == 1
    monkeypatch.setenv("DREAMC_FORMAT", "json")
    assert json.loads(run(capsys, "check").out)["summary"]["warnings"] == 1
    monkeypatch.delenv("DREAMC_FORMAT")
    monkeypatch.setenv("DREAMC_JSON", "1")
    assert json.loads(run(capsys, "check").out)["version"] == 1


def test_quiet_by_variable_is_quiet(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAMC_QUIET", "1")
    assert run(capsys, "check", "-f", LAB).err == ""


@pytest.mark.parametrize(
    ("variables", "arguments", "start"),
    [
        ({"DREAMC_JSON": "1"}, ("--format", "github"), "::"),
        ({"DREAMC_FORMAT": "github"}, ("--json",), "{"),
        ({"DREAMC_FORMAT": "github"}, ("--format", "junit"), "<?xml"),
        ({"DREAMC_FORMAT": "sarif", "DREAMC_JSON": "1"}, (), "{"),
        ({}, ("--format", "github", "--json"), "{"),
    ],
)
def test_the_command_line_wins_over_the_environment(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], arguments: tuple[str, ...], start: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert run(capsys, "check", "-f", LAB, *arguments).out.startswith(start)


@pytest.mark.parametrize(
    ("name", "value"), [("FORMAT", "yaml"), ("STRICT", "perhaps"), ("TODAY", "tomorrow"), ("ENV", "../prod")]
)
def test_a_variable_with_a_wrong_value_is_wrong_usage(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"DREAMC_{name}", value)
    said = run(capsys, "check", "-f", LAB)
    assert (said.code, said.out) == (64, "")
    assert value in said.err


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "..", "a b", "a\nb", "-x", "x\udcff"])
def test_an_overlay_is_a_name_and_not_a_path(capsys: Capture, name: str) -> None:
    said = run(capsys, "check", "-f", LAB, "--env", name)
    assert (said.code, said.out) == (64, "")
    assert "dream.prod.yaml" in said.err


@pytest.mark.parametrize("day", ["yesterday", "20.11.2026", "2026-13-01", "2026-02-30", ""])
def test_a_day_that_is_none_is_wrong_usage(capsys: Capture, day: str) -> None:
    said = run(capsys, "check", "-f", LAB, "--today", day)
    assert (said.code, said.out) == (64, "")
    assert "2026-11-20" in said.err


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_no_day_is_too_far_away(capsys: Capture, day: str) -> None:
    assert run(capsys, "check", *example("hybrid-4070"), "--today", day).code in {0, 1}


class Screen:
    """A stream that says what it is."""

    def __init__(self, tty: bool) -> None:
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty


@pytest.mark.parametrize(
    ("tty", "plain", "variables", "expected"),
    [
        (True, False, {}, True),
        (False, False, {}, False),
        (True, True, {}, False),
        (True, False, {"NO_COLOR": "1"}, False),
        (True, False, {"NO_COLOR": ""}, True),
        (True, False, {"TERM": "dumb"}, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    monkeypatch: pytest.MonkeyPatch, tty: bool, plain: bool, variables: dict[str, str], expected: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", Screen(tty))
    assert coloured(plain) is expected
    monkeypatch.setattr("sys.stdout", None)
    assert coloured(plain) is False


def test_each_stream_decides_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", Screen(True))
    monkeypatch.setattr("sys.stderr", Screen(False))
    assert (coloured(False), coloured(False, err=True)) == (True, False)


ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def test_a_terminal_sees_the_same_text_in_colours(tmp_path: Path) -> None:
    file = tmp_path / "dream.yaml"
    file.write_text(ERRORS, encoding="utf-8")
    bright = terminal("check", "-f", str(file))
    assert ESCAPE.search(bright)
    assert ESCAPE.sub("", bright) == terminal("check", "-f", str(file), "--no-color")
    assert not ESCAPE.search(terminal("check", "-f", str(file), NO_COLOR="1"))
    assert not ESCAPE.search(terminal("check", "-f", str(file), DREAMC_NO_COLOR="1"))
    assert not ESCAPE.search(terminal("check", "-f", str(file), "--format", "github"))


def test_findings_of_a_compile_are_coloured_where_they_are_seen(tmp_path: Path) -> None:
    file = tmp_path / "dream.yaml"
    file.write_text(ERRORS, encoding="utf-8")
    assert ESCAPE.search(terminal("compile", "-f", str(file), "-o", str(tmp_path / "out"), err=True))
