"""How a stand-in is broken on purpose: a file that tests write, or the environment of a bad image.

One fault a line, `FAULT [ARGUMENT]`, read again with every question; a missing file is health.

    start SECONDS      the server takes that long to start
    crash              it ends with exit code 1 instead of starting
    unhealthy          it runs, but its health check fails
    error [MODEL]      questions are answered with status 500
    busy [MODEL]       questions are answered with status 429
    slow SECONDS       every answer takes that long
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Faults:
    """What is broken now, as the file and $LAB_FAULT say."""

    file: Path

    def lines(self) -> tuple[tuple[str, str], ...]:
        try:
            text = self.file.read_text(encoding="utf-8")
        except OSError:
            text = ""
        both = f"{text}\n{os.environ.get('LAB_FAULT', '')}"
        pairs = (line.strip().partition(" ") for line in both.splitlines() if line.strip())
        return tuple((fault, argument.strip()) for fault, _, argument in pairs)

    def has(self, fault: str, model: str = "") -> bool:
        """Whether everything, or this model, is broken that way."""
        return any(name == fault and argument in {"", model} for name, argument in self.lines())

    def seconds(self, fault: str) -> float:
        return sum(float(argument) for name, argument in self.lines() if name == fault)
