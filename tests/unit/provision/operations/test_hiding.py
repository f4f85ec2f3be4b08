"""Values of `.env` do not leave a host, in whatever form a program prints them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from dreamc.provision.operations.hiding import HIDING
from dreamc.provision.secrets import env_lines

VALUES = {
    "DREAM_A": "sk-canary-1",
    "DREAM_B": 'a "b" $c\\d',
    "DREAM_C": "line one\nline two secret",
    "DREAM_D": "it's/[x].*^$&",
    "DREAM_LONGER": "sk-canary-1-and-more",
    "DREAM_SAME_LENGTH": "sk-canary-2-and-more",
    "OTHER": "plain value",
}
SHELLS = [("dash",), ("bash",), ("busybox", "sh")]
AWKS = ["mawk", "gawk", "busybox awk", "original-awk"]


def hidden(
    folder: Path, text: str, shell: tuple[str, ...] = ("sh",), awk: str = ""
) -> subprocess.CompletedProcess[str]:
    path = os.environ["PATH"]
    if awk:
        (folder / "awk").write_text(f'#!/bin/sh\nexec {awk} "$@"\n')
        (folder / "awk").chmod(0o755)
        path = f"{folder}:{path}"
    script = f"root={folder}\n{HIDING}\ncan_hide || exit 9\nhide"
    return subprocess.run(
        [*shell, "-c", script], input=text, capture_output=True, text=True, env={"PATH": path}, check=False
    )


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: str(shell[0]))
@pytest.mark.parametrize("awk", AWKS)
def test_no_form_of_a_value_comes_through(tmp_path: Path, shell: tuple[str, ...], awk: str) -> None:
    if not shutil.which(shell[0]) or not shutil.which(awk.partition(" ")[0]):
        pytest.skip(f"{shell[0]} or {awk} is not installed")
    (tmp_path / ".env").write_text(env_lines(VALUES))
    forms = [form for value in VALUES.values() for form in (value, json.dumps(value), quote(value, safe=""))]
    done = hidden(tmp_path, "\n".join((*forms, "what stays")), shell, awk)
    assert (done.returncode, done.stderr) == (0, "")
    parts = [part for value in VALUES.values() for part in value.splitlines()]
    assert [part for part in parts if part in done.stdout] == []
    assert [value for value in VALUES.values() if quote(value, safe="") in done.stdout] == []
    assert done.stdout.splitlines()[-1] == "what stays"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("export KEY='quoted one'", "quoted one"),
        ("KEY=bare # a comment", "bare"),
        ('KEY="with \\"quotes\\""', 'with "quotes"'),
        ("  KEY = spaced", "spaced"),
        ("KEY=windows\r", "windows"),
        ("KEY='never closed", "never closed"),
        ("DREAM_SHORT=ab", "ab"),
    ],
)
def test_every_way_of_writing_a_line_is_understood(tmp_path: Path, line: str, value: str) -> None:
    (tmp_path / ".env").write_bytes(f"# comment\n{line}\n".encode())
    assert hidden(tmp_path, f"it is {value} here\n").stdout == "it is *** here\n"


def test_the_file_of_the_next_and_of_the_last_release_count_too(tmp_path: Path) -> None:
    for name in ("next", "previous"):
        (tmp_path / f".env.{name}").write_text(f"KEY=secret-{name}\n")
    assert hidden(tmp_path, "secret-next secret-previous\n").stdout == "*** ***\n"


def test_short_values_are_hidden_only_where_they_stand_alone(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DREAM_PIN=123\nPORT=80\n")
    assert hidden(tmp_path, "pin 123, port 80, 1234\n").stdout == "pin ***, port 80, 1234\n"


def test_without_awk_nothing_is_shown(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("KEY=secret\n")
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "sed", "cat"):
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    script = f"root={tmp_path}\n{HIDING}\ncan_hide || exit 9\nhide"
    command = [str(shutil.which("sh")), "-c", script]
    done = subprocess.run(
        command, input="secret", capture_output=True, text=True, env={"PATH": str(tmp_path / "bin")}, check=False
    )
    assert (done.returncode, done.stdout) == (9, "")
