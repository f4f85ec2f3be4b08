"""Runs the machine's own programs, and enters the network namespace of a lab."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.hosts.place import LabError

_CLONE_NEWNET = 0x40000000


def run(*command: str | Path, stdin: str | bytes = b"", timeout: float = 600) -> str:
    """What the command prints; LabError with its last lines when it fails."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(command, input=given, capture_output=True, timeout=timeout, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise LabError(f"{Path(command[0]).name} {command[1] if command[1:] else ''}: " + " | ".join(said[-3:]))
    return done.stdout.decode(errors="replace")


def succeeds(*command: str | Path) -> bool:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def spawn(command: tuple[str | Path, ...], log: Path, pid: Path) -> None:
    """Starts a command that outlives us, in a session of its own; its number goes to `pid`, its output to `log`."""
    script = 'echo $$ >"$0"; exec "$@"'
    with log.open("ab") as out:
        detached = ("setsid", "--fork", "sh", "-c", script, pid, *command)
        subprocess.run(detached, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=True)


def number_in(pid: Path) -> int | None:
    """The process that a pid file names, if it lives. A zombie does not."""
    try:
        number = int(pid.read_text())
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError, IndexError):
        return None
    return number if state != "Z" else None


@contextmanager
def network(namespace: str) -> Iterator[None]:
    """This thread, and threads and processes it starts, are in the network namespace meanwhile."""
    with Path("/proc/thread-self/ns/net").open("rb") as ours, Path(f"/run/netns/{namespace}").open("rb") as theirs:
        _enter(theirs.fileno())
        try:
            yield
        finally:
            _enter(ours.fileno())


def _enter(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise LabError(f"cannot enter the network namespace: {os.strerror(ctypes.get_errno())}")
