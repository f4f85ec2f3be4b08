"""Runs the command line as a process of its own, where streams, terminals and signals matter."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
COMMAND = (sys.executable, "-P", "-m", "dreamc")
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TERM": "xterm-256color"}
Done = subprocess.CompletedProcess[str]


def process(*arguments: str, cwd: Path | None = None, **variables: str) -> Done:
    """`dreamc ARGUMENTS` with nothing in its environment but what a shell needs and `variables`."""
    return _done([*COMMAND, *arguments], cwd, variables)


def script(text: str, *arguments: str, cwd: Path | None = None, **variables: str) -> Done:
    """A bash script in which `dreamc` is the program of this checkout; exits as the first command that fails."""
    program = f'dreamc() {{ {" ".join(COMMAND)} "$@"; }}\nexport -f dreamc\n'
    return _done(["bash", "-euo", "pipefail", "-c", program + text, "bash", *arguments], cwd, variables)


def terminal(*arguments: str, err: bool = False, **variables: str) -> str:
    """What `dreamc ARGUMENTS` shows on a terminal that is its standard output, or with `err` its standard error."""
    ours, theirs = pty.openpty()
    nowhere = subprocess.DEVNULL
    out, errors = (nowhere, theirs) if err else (theirs, nowhere)
    environment = ENVIRONMENT | variables
    with subprocess.Popen([*COMMAND, *arguments], env=environment, stdin=theirs, stdout=out, stderr=errors):
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # Linux says so when the last writer has gone
            pass
        os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def _done(command: list[str], cwd: Path | None, variables: dict[str, str]) -> Done:
    return subprocess.run(
        command, cwd=cwd, env=ENVIRONMENT | variables, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", timeout=120, check=False,
    )  # fmt: skip
