"""`dreamc apply` and `plan` with nothing to do, from the start of Python to the end: a stack on one host over ssh."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.provision.behind_ssh import behind_ssh
from tests.sshd import Server
from tests.unit.provision.installed import Installed, install

SSH = "ssh true, cold"
COLD, WARM = "dreamc apply, cold", "dreamc apply, warm"
PLAN_COLD, PLAN_WARM = "dreamc plan, cold", "dreamc plan, warm"
NOTHING_KEPT = ("env", "XDG_CACHE_HOME=/dev/null")
"""As on the first run of a file: it is compiled."""

PATIENCE, LOOK, IDLE = 8.0, 0.25, 0.85
"""Seconds to wait for an idle machine, seconds to look at it, and the share of its processors that has to be idle."""


def applies(top: Path, rounds: int, busy: bool) -> dict[str, list[float]]:
    """Wall seconds of each of the commands, interleaved; the first round brings the kept connection up.

    Unless `busy`, each waits some seconds at most for processors that have nothing else to do.
    """
    folder = top / "box"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        installed = install(folder, patch)
        patch.setenv("HOME", str(top))
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.delenv("XDG_RUNTIME_DIR", raising=False)
        server = behind_ssh(installed)
        try:
            return _rounds(_commands(installed, server), rounds, busy)
        finally:
            server.remove()


def _commands(installed: Installed, server: Server) -> dict[str, list[str]]:
    address = server.address()
    bare = ["ssh", "-T", *address.options, "-p", str(address.port), "-i", address.key, address.host, "true"]
    dreamc = [sys.executable, "-m", "dreamc"]
    file = ["-f", str(installed.file)]
    apply, plan = [*dreamc, "apply", "-y", *file], [*dreamc, "plan", *file]
    own = shutil.which("docker", path=os.environ["PATH"].partition(":")[2])  # the stand-in comes first
    docker = {"docker --version, Docker's own": [own, "--version"]} if own else {}
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        **docker,
        "docker info, the stand-in": ["docker", "info"],
        "dreamc --version": [*dreamc, "--version"],
        "dreamc check": [*dreamc, "check", "-q", *file],
        SSH: bare,
        f"{COLD}, changed file": [*NOTHING_KEPT, *apply, "--no-keep"],
        COLD: [*apply, "--no-keep"],
        PLAN_COLD: [*plan, "--no-keep"],
        f"{WARM}, changed file": [*NOTHING_KEPT, *apply],
        WARM: apply,
        PLAN_WARM: plan,
    }


def _rounds(commands: dict[str, list[str]], rounds: int, busy: bool) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            if not busy:
                _wait()
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ, check=True)
            if number:
                found[name].append(time.perf_counter() - start)
    return found


def _wait() -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        idle, total = _ticks()
        time.sleep(LOOK)
        idle_now, total_now = _ticks()
        if total_now == total or (idle_now - idle) / (total_now - total) >= IDLE:
            return


def _ticks() -> tuple[int, int]:
    """What the processors were idle, and all that they have counted."""
    try:
        words = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    except OSError:
        return 0, 0
    return int(words[3]) + int(words[4]), sum(map(int, words))
