"""The lock in a directory of this machine, taken by the real script."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from dreamc.provision.operations import lock


def take(root: Path, token: str) -> subprocess.CompletedProcess[str]:
    step = lock.take(str(root), token, "ada@desk", "to see")
    environment = {**os.environ, "DREAM_SESSION": str(os.getpid())}
    return subprocess.run(["sh", "-c", step.script], env=environment, capture_output=True, text=True, check=False)


def test_values_that_a_killed_controller_has_brought_are_not_for_the_next_one(tmp_path: Path) -> None:
    (tmp_path / ".env.next").write_text("DREAM_GATEWAY_KEY=of-another-release\n")
    assert take(tmp_path, "t1").returncode == 0
    assert "token=t1" in (tmp_path / "lock/owner").read_text()
    assert not (tmp_path / ".env.next").exists()


def test_who_comes_second_is_told_who_is_there_and_touches_nothing(tmp_path: Path) -> None:
    take(tmp_path, "t1")
    (tmp_path / ".env.next").write_text("DREAM_GATEWAY_KEY=of-the-first\n")
    second = take(tmp_path, "t2")
    assert second.returncode == lock.HELD
    assert "who=ada@desk" in second.stdout
    assert (tmp_path / ".env.next").exists()
