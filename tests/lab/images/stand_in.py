"""Stands in for a service that nobody asks here: it listens, and every page is there."""

from __future__ import annotations

from pathlib import Path

from dreamc.gateway.dialects import Answer
from tests.lab.images.faults import Faults
from tests.lab.images.server import Question, serve


def main(words: list[str]) -> None:
    """`stand-in PORT`, until it is killed."""
    serve("0.0.0.0", int(words[0]), Faults(Path("/fault")), _answer)


def _answer(_question: Question) -> Answer:
    return Answer(200, "application/json", (b'{"status": "ok"}',))
