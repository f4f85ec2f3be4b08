"""A byte channel to a loop that runs somewhere: three file descriptors and an end."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Protocol

from dreamc.provision.unreachable import Unreachable


class Channel(Protocol):
    """What a session needs of a connection. The descriptors are ours: `close` closes those that are open."""

    stdin: int
    stdout: int
    stderr: int

    def failure(self) -> Unreachable | None:
        """Why there is no connection, where the connector knows better than what stands on stderr."""
        ...

    def close(self) -> None:
        """Lets go of the connection. Nothing that was detached on the host is ended."""
        ...


class Process:
    """A process of this machine as a channel."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        # A session of its own: Ctrl-C is for us, and nothing in it can ask on the terminal.
        self._process = subprocess.Popen(
            command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment, start_new_session=True,
        )  # fmt: skip
        pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        self.stdin, self.stdout, self.stderr = (pipe.fileno() for pipe in pipes if pipe)

    def failure(self) -> Unreachable | None:
        """None: a process says on stderr what is wrong."""
        return None

    def close(self) -> None:
        """Ends the process; the loop on the other side ends with its input."""
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()
        self._process.terminate()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def plain_environment() -> dict[str, str]:
    """Ours with messages in English, which are read."""
    return {**os.environ, "LC_ALL": "C"}
