"""The command line as a whole: what it says where, how it exits, and that nothing of the world ends in a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from dreamc import __version__
from dreamc.cli import VERBS, check
from dreamc.errors import DreamError
from tests.unit.cli.shell import COMMAND, ENVIRONMENT, ROOT, process, script
from tests.unit.cli.verbs import example, run

Capture = pytest.CaptureFixture[str]
LAB = example("rtx5000-lab")[1]


def test_no_verb_is_wrong_usage_and_shows_the_verbs(capsys: Capture) -> None:
    said = run(capsys)
    assert (said.code, said.out) == (64, "")
    assert all(f"  {verb} " in said.err for verb, _, _ in VERBS)


@pytest.mark.parametrize(
    ("typed", "meant"), [("chek", "check"), ("compil", "compile"), ("explian", "explain"), ("Check", "check")]
)
def test_a_misspelt_verb_gets_the_right_suggestion(capsys: Capture, typed: str, meant: str) -> None:
    said = run(capsys, typed)
    assert (said.code, said.out) == (64, "")
    assert f"there is no verb '{typed}'. Did you mean '{meant}'?" in said.err


def test_a_word_that_is_like_no_verb_is_sent_to_the_help(capsys: Capture) -> None:
    assert "See 'dreamc --help'" in run(capsys, "xyzzyxyzzy").err


@pytest.mark.parametrize(
    ("verb", "typed", "meant"), [("check", "--fomat", "--format"), ("compile", "--outptu", "--output"),
    ("schema", "--targte", "--target"), ("init", "--provdier", "--provider"), ("serve", "--aks", "--ask")],
)  # fmt: skip
def test_a_misspelt_option_gets_the_right_suggestion(capsys: Capture, verb: str, typed: str, meant: str) -> None:
    said = run(capsys, verb, typed, "x")
    assert (said.code, said.out) == (64, "")
    assert typed in said.err
    assert meant in said.err


@pytest.mark.parametrize("verb", [verb for verb, _, _ in VERBS])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_verb_has_help_on_standard_output(capsys: Capture, verb: str, option: str) -> None:
    said = run(capsys, verb, option)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Usage: dreamc {verb} ")


def test_the_version_is_that_of_the_package(capsys: Capture) -> None:
    assert run(capsys, "--version").out == f"dreamc {__version__}\n"


def test_what_the_world_did_is_told_with_its_state_and_a_remedy(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> None:
        raise DreamError("the disk went away", "nothing was written", "bring it back")

    monkeypatch.setattr(check, "resolve", fails)
    said = run(capsys, "check")
    assert (said.code, said.out) == (1, "")
    assert said.err == "dreamc: the disk went away\n  state: nothing was written\n  to do: bring it back\n"


def test_an_error_without_state_or_remedy_is_one_line(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise DreamError("the disk went away")

    monkeypatch.setattr(check, "resolve", fails)
    assert run(capsys, "check").err == "dreamc: the disk went away\n"


def test_ctrl_c_stops_without_a_traceback(tmp_path: Path) -> None:
    pipe = tmp_path / "dream.yaml"
    os.mkfifo(pipe)
    command = [*COMMAND, "check", "-f", str(pipe)]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        writer = os.open(pipe, os.O_WRONLY)  # returns when the program waits for the file's text
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
        os.close(writer)
    assert child.returncode == 130
    assert out == ""
    assert err.strip() == "dreamc: stopped; nothing more was written"


@pytest.mark.parametrize("verb", [f"check -f {LAB}", f"check -f {LAB} --format sarif", "explain --list", "schema"])
def test_a_reader_that_goes_away_is_no_error_message(verb: str) -> None:
    done = script(f"set +o pipefail; dreamc {verb} -q 2>&1 | head -c 1" if "check" in verb else
                  f"set +o pipefail; dreamc {verb} | head -c 1")  # fmt: skip
    assert len(done.stdout) == 1
    assert done.stderr == ""


def test_a_reader_that_was_never_there_is_no_error_message() -> None:
    done = script(f"dreamc check -q -f {LAB} | true")
    assert done.stderr == ""
    assert done.returncode in {0, 1}


@pytest.mark.parametrize("arguments", [("check", "-q", "-f", LAB), ("explain", "--list"), ("schema",)])
def test_a_full_disk_behind_the_output_is_one_line(arguments: tuple[str, ...]) -> None:
    done = script('dreamc "$@" > /dev/full', *arguments)
    assert done.returncode == 1
    assert done.stderr == "dreamc: the output cannot be read or written: no space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_closed_streams_change_nothing_but_what_is_seen(closed: str) -> None:
    done = script(f'dreamc check -f "$1" {closed}', LAB)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert ("1 warning, 2 notes" in done.stdout) == (not closed.startswith(">"))


@pytest.mark.parametrize("charset", ["latin-1", "ascii", "cp437"])
def test_a_terminal_without_unicode_sees_question_marks(charset: str) -> None:
    done = process("check", "-f", LAB, PYTHONIOENCODING=charset)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert "1 warning, 2 notes" in done.stdout


def test_a_working_directory_that_was_removed_is_one_line(tmp_path: Path) -> None:
    text = 'mkdir gone; cd gone; rmdir ../gone; dreamc compile -q --format github -f "$1" -o out > ../out 2> ../err'
    done = script(text, example("zero-cloud")[1], cwd=tmp_path)
    assert done.returncode == 1
    assert (tmp_path / "err").read_text().splitlines() == [
        "dreamc: the working directory is not there any more",
        "  state: nothing was written",
        "  to do: go to another one",
    ]


def test_the_module_is_the_program() -> None:
    assert process("--version", cwd=ROOT).stdout == f"dreamc {__version__}\n"
