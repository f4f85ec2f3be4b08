"""`dreamc completion`: the bash script really completes, and the others ask the program in words it answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamc.cli import VERBS
from tests.unit.cli.shell import ROOT, Done, process, script
from tests.unit.cli.verbs import run

Capture = pytest.CaptureFixture[str]
PRESS_TAB = """
mkdir bin; declare -f dreamc > bin/dreamc; echo 'dreamc "$@"' >> bin/dreamc; sed -i '1i #!/bin/bash' bin/dreamc
chmod +x bin/dreamc; unset -f dreamc; PATH=$PWD/bin:$PATH
set +eu; eval "$(dreamc completion bash)"
name=$(complete -p dreamc | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
COMP_WORDS=(dreamc "$@"); COMP_CWORD=$#; COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
"$name" dreamc "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def tab(folder: Path, *words: str) -> Done:
    """What bash offers after `dreamc WORDS` and the tabulator."""
    return script(PRESS_TAB, *words, cwd=folder)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("",), [verb for verb, _, _ in VERBS]),
        (("com",), ["compile", "completion"]),
        (("check", "--fo"), ["--format"]),
        (("check", "--format", "s"), ["sarif"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("frobnicate", ""), [verb for verb, _, _ in VERBS]),
    ],
)
def test_bash_completes(tmp_path: Path, words: tuple[str, ...], offered: list[str]) -> None:
    done = tab(tmp_path, *words)
    assert done.stderr == ""
    assert done.stdout.split("\n")[:-1] == offered


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_script_asks_in_words_that_the_program_answers(capsys: Capture, shell: str) -> None:
    text = run(capsys, "completion", shell).out
    assert f"_DREAMC_COMPLETE={shell}_complete" in text
    word = "compi" if shell == "fish" else "1"
    done = process(_DREAMC_COMPLETE=f"{shell}_complete", COMP_WORDS="dreamc compi", COMP_CWORD=word)
    assert done.returncode == 0
    assert "compile" in done.stdout
    assert "check" not in done.stdout


def test_the_program_completes_nothing_unless_it_is_asked() -> None:
    assert process("--version", cwd=ROOT, COMP_WORDS="dreamc com", COMP_CWORD="1").stdout.startswith("dreamc ")


@pytest.mark.parametrize("arguments", [(), ("tcsh",), ("bash", "zsh")])
def test_a_shell_that_is_not_known_is_wrong_usage(capsys: Capture, arguments: tuple[str, ...]) -> None:
    said = run(capsys, "completion", *arguments)
    assert (said.code, said.out) == (64, "")
