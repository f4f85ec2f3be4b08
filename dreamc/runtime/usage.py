"""The usage log: one JSON line per call, never with a prompt or an answer in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

_LOG = logging.getLogger("dream.usage")


@dataclass(frozen=True, slots=True)
class Row:
    """One call: `time` ISO 8601 in UTC, `latency_s` seconds, `usd` dollars; `status` is ok, rejected or error."""

    time: str
    status: str
    alias: str
    group: str
    member: str
    location: str
    tier: str | None
    action: str | None
    reason: str
    prompt_tokens: int
    completion_tokens: int
    usd: float
    latency_s: float


class UsageLog:
    """Appends rows to a file. A full or missing disk never stops a request; it is said once per outage."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._failing = False

    def write(self, row: Row) -> None:
        if self._path is None:
            return
        try:
            _append(self._path, asdict(row))
            self._failing = False
        except OSError as error:
            if not self._failing:
                _LOG.error("usage log %s cannot be written, requests go on: %s", self._path, error)
            self._failing = True


def _append(path: Path, row: Mapping[str, object]) -> None:
    """One write per line, so that lines of several processes never mix."""
    line = json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
    with path.open("ab", buffering=0) as file:
        file.write(line.encode())
