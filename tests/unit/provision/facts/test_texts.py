"""The text of current files for the diffs, exactly as it is on the host."""

from __future__ import annotations

import subprocess
from pathlib import Path

from dreamc.provision.facts import texts
from dreamc.provision.session import Answer, Step
from dreamc.provision.types import Address


class Here:
    """A session with this machine."""

    address = Address("here", "localhost")
    execs = 0

    def run(self, step: Step, *args: object, **kwargs: object) -> Answer:
        self.execs += 1
        done = subprocess.run(["sh", "-c", step.script], capture_output=True, text=True, check=False)
        return Answer(done.returncode, done.stdout, done.stderr)

    def close(self) -> None: ...


def test_texts_come_back_byte_for_byte(tmp_path: Path) -> None:
    folder = tmp_path / "releases" / "1"
    (folder / "config").mkdir(parents=True)
    (tmp_path / "current").symlink_to("releases/1")
    wanted = {"plain": "a\nb\n", "no end": "a\n-\n=b", "empty": "", "config/x": "\n\n =x\n", "-n": "x\n", "blank": "\n"}
    for name, content in wanted.items():
        (folder / name).write_text(content)
    (folder / "link").symlink_to("/etc/passwd")
    assert texts(Here(), str(tmp_path), (*wanted, "link", "missing")) == wanted


def test_nothing_is_asked_where_nothing_changed(tmp_path: Path) -> None:
    session = Here()
    assert texts(session, str(tmp_path), ()) == {}
    assert session.execs == 0
