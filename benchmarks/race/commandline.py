"""`dreamc apply` with nothing to do, from the start of Python to the last line: a whole stack on one host over ssh."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.provision.behind_ssh import behind_ssh
from tests.sshd import Server
from tests.unit.provision.installed import Installed, install

COLD, WARM, SSH = "dreamc apply, cold", "dreamc apply, warm", "ssh true, cold"


def applies(top: Path, rounds: int) -> dict[str, list[float]]:
    """Wall seconds of each of the commands, interleaved; the first round brings the kept connection up."""
    folder = top / "box"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        installed = install(folder, patch)
        patch.setenv("HOME", str(top))
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.delenv("XDG_RUNTIME_DIR", raising=False)
        server = behind_ssh(installed)
        try:
            return _rounds(_commands(installed, server), rounds)
        finally:
            server.remove()


def _commands(installed: Installed, server: Server) -> dict[str, list[str]]:
    address = server.address()
    bare = ["ssh", "-T", *address.options, "-p", str(address.port), "-i", address.key, address.host, "true"]
    dreamc = [sys.executable, "-m", "dreamc"]
    apply = [*dreamc, "apply", "-y", "-f", str(installed.file)]
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        "dreamc --version": [*dreamc, "--version"],
        "dreamc check": [*dreamc, "check", "-q", "-f", str(installed.file)],
        SSH: bare,
        COLD: [*apply, "--no-keep"],
        WARM: apply,
    }


def _rounds(commands: dict[str, list[str]], rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ, check=True)
            if number:
                found[name].append(time.perf_counter() - start)
    return found
