"""What the harness has measured: medians by tool, hosts, round trip and scenario."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

SCENARIOS = ("first", "noop", "one")
Key = tuple[str, int, float, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """`seconds` are medians of the runs that did their work right, `least` the fastest of them; those of a kept
    connection leave out `first`."""

    seconds: dict[Key, float]
    least: dict[Key, float]
    counts: dict[Key, int]
    runs: int
    noisy: int
    wrong: int

    def of(self, tool: str, scenario: str, hosts: int = 1, rtt: float = 0.0) -> float | None:
        """Wall seconds."""
        return self.seconds.get((tool, hosts, rtt, scenario))

    def fastest(self) -> Figures:
        """The same with the fastest runs in place of the medians."""
        return replace(self, seconds=self.least)

    def tools(self, rtt: float) -> tuple[str, ...]:
        """Names in the order in which they ran."""
        return tuple(dict.fromkeys(tool for tool, _, here, _ in self.seconds if here == rtt))


def read(files: Iterable[Path]) -> Figures:
    """The harness's JSON lines."""
    rows: list[dict[str, Any]] = [json.loads(line) for path in files for line in path.read_text().splitlines()]
    found: dict[Key, list[float]] = {}
    wrong = [row for row in rows if row["wrong"] or row["rc"]]
    warm = {row["tool"] for row in rows if row["warm"]}
    for row in rows:
        if row in wrong or (row["tool"] in warm and not row["warm"]):
            continue
        found.setdefault((row["tool"], row["hosts"], row["rtt_ms"], row["scenario"]), []).append(row["wall"])
    seconds = {key: statistics.median(walls) for key, walls in found.items()}
    least = {key: min(walls) for key, walls in found.items()}
    counts = {key: len(walls) for key, walls in found.items()}
    return Figures(seconds, least, counts, len(rows), sum(row["noisy"] for row in rows), len(wrong))
