"""The usage log: one JSON line per call, and without a prompt in it unless that is asked for."""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from .logfile import LogFile, Rotation
from .tally import Tally

_LOG = logging.getLogger("dream.usage")

PROMPT = 16_384
"""Characters of a prompt that are written down, where prompts are."""


@dataclass(frozen=True, slots=True)
class Row:
    """One call, or one request that nobody could be asked for.

    `time` is ISO 8601 in UTC, `usd` dollars, `latency_s` seconds, `score` the complexity, `quality` the checks'
    verdict. `status` is ok, error, `rejected: why`, or for a whole request failed or `refused: why`. `part` says what
    a call of the gateway's own was for. `served` is local, cloud or cache on the line that answered a request.
    """

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
    provider: str = ""
    id: str = ""
    client: str = ""
    attempts: int = 1
    score: float | None = None
    quality: float | None = None
    part: str = ""
    served: str = ""
    prompt: str | None = None


_NAMES = tuple(field.name for field in fields(Row) if field.name != "prompt")


class UsageLog:
    """Appends rows to a file, and hands them to the tally. Safe for threads; a file may be shared by processes.

    A full or missing disk never stops a request; it is said once per outage. Every line carries its writer and a
    number that rises by one, so that what was counted can be told from what was not.
    """

    def __init__(
        self,
        path: Path | None,
        rotation: Rotation | None = None,
        tally: Tally | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self._file = LogFile(path, rotation or Rotation(), clock) if path is not None else None
        self._tally = tally
        self._writer = secrets.token_hex(6)
        self._count = 0
        self._lock = threading.Lock()
        self._failing = False

    def write(self, row: Row) -> None:
        facts: dict[str, object] = {name: getattr(row, name) for name in _NAMES}
        if row.prompt is not None:
            facts["prompt"] = row.prompt[:PROMPT]
        with self._lock:
            self._count += 1
            facts |= {"writer": self._writer, "n": self._count}
            self._append(facts)
            if self._tally is not None:
                self._tally.add(facts)

    def _append(self, facts: dict[str, object]) -> None:
        if self._file is None:
            return
        try:
            line = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
            self._file.append(f"{line}\n".encode(errors="replace"))
            self._failing = False
        except OSError as error:
            if not self._failing:
                _LOG.error("usage log %s cannot be written, requests go on: %s", self.path, error)
            self._failing = True
