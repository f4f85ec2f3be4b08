"""The command line as a user runs it against hosts of the lab: what it said, how it ended, and what the hosts are."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.hosts.images import reference
from tests.lab.hosts.lab import DREAMC
from tests.lab.hosts.machine import Machine
from tests.lab.hosts.registry import digest_of_tag
from tests.lab.stack.look import Seen, look
from tests.lab.stack.stack import NUMBERS, REFERENCES, Stack

LOCK = "dream.lock.yaml"


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of dreamc that has ended; `text` is all that it printed."""

    words: tuple[str, ...]
    code: int
    text: str
    seconds: float

    def says(self, *patterns: str) -> None:
        """Every pattern occurs, in any case."""
        for pattern in patterns:
            assert re.search(pattern, self.text, re.IGNORECASE), f"nothing like {pattern!r} in:\n{self.text}"


@dataclass(slots=True)
class Running:
    """A run that goes on."""

    words: tuple[str, ...]
    process: subprocess.Popen[bytes]
    output: Path
    began: float = field(default_factory=time.monotonic)

    def kill(self) -> None:
        """The controller is gone at once, without a chance to tidy up."""
        self.process.kill()
        self.process.wait()

    def text(self) -> str:
        """What it has printed so far."""
        return self.output.read_text()

    def end(self, timeout: float = 240) -> Ran:
        """Waits for its end."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"no end within {timeout:g} s:\n{self.text()}") from None
        return Ran(self.words, code, self.text(), time.monotonic() - self.began)


@dataclass(frozen=True, slots=True)
class Fleet:
    """A project directory and the hosts that its inventory names. `settings` are added to the environment."""

    stack: Stack
    settings: Mapping[str, str] = field(default_factory=lambda: REFERENCES)

    def machine(self, name: str) -> Machine:
        """As it is: not booted, not plugged in."""
        return Machine(self.stack.lab.place, NUMBERS[name])

    def look(self, name: str) -> Seen:
        return look(self.machine(name))

    def write(self, *changes: tuple[str, str]) -> None:
        """dream.yaml of the lab with some texts replaced."""
        file = self.stack.write()
        text = file.read_text()
        for old, new in changes:
            assert old in text, f"dream.yaml of the lab has no {old!r}"
            text = text.replace(old, new)
        file.write_text(text)

    def pin(self, name: str, fault: str) -> None:
        """A dream.lock.yaml that pins an image to the build with this fault; without a fault to one that is nowhere."""
        digest = f"sha256:{'0' * 64}"
        if fault:
            with self.stack.lab.inside():
                digest = digest_of_tag(reference(name, fault))
        pinned = {"lock": 1, "images": {reference(name): {"digest": digest, "size": 1000}}}
        (self.folder / LOCK).write_text(json.dumps(pinned))

    def unpin(self) -> None:
        """Without the lock file."""
        (self.folder / LOCK).unlink(missing_ok=True)

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> Running:
        """Begins a run in the control network; `words` are those of the user."""
        lab = self.stack.lab
        inside = ("nsenter", f"--net=/run/netns/{lab.place.namespace}", str(DREAMC))
        settings = {**os.environ, **lab.environment(), **self.settings, "DREAMC_WHO": "ada@desk", **(env or {})}
        handle, output = tempfile.mkstemp(".log", "dreamc-", self.folder)
        with os.fdopen(handle, "w") as out:
            process = subprocess.Popen(
                (*inside, *words), stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder, env=settings
            )
        return Running(words, process, Path(output))

    def run(self, *words: str, env: Mapping[str, str] | None = None, timeout: float = 300) -> Ran:
        return self.start(*words, env=env).end(timeout)

    def apply(self, name: str, *words: str, env: Mapping[str, str] | None = None) -> Ran:
        return self.run("apply", "-y", "-H", name, *words, env=env)

    @property
    def folder(self) -> Path:
        return self.stack.folder
