"""What one client saw: its latest requests in full, and the sums of all of them."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import asdict
from pathlib import Path

from dreamc.client.types import CallStats, CostSummary, TierStats

KEPT = 10_000
"""Requests that are kept in full; a daemon runs for months."""


class Log:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: deque[CallStats] = deque(maxlen=KEPT)
        self._tiers: dict[str, tuple[int, float, float]] = {}

    def add(self, row: CallStats) -> None:
        with self._lock:
            self._rows.append(row)
            if row.status == "ok":
                calls, cost, seconds = self._tiers.get(row.tier or "", (0, 0.0, 0.0))
                self._tiers[row.tier or ""] = (calls + 1, cost + (row.cost or 0.0), seconds + row.latency_s)

    def export(self, path: Path) -> int:
        with self._lock:
            rows = tuple(self._rows)
        lines = (json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)
        path.write_text("".join(lines), encoding="utf-8")
        return len(rows)

    def summary(self) -> CostSummary:
        with self._lock:
            tiers = dict(self._tiers)
        return CostSummary(
            source="client",
            total_cost=sum(cost for _, cost, _ in tiers.values()),
            savings=None,
            savings_pct=None,
            budget_remaining=None,
            local_requests=None,
            cloud_requests=None,
            tier_stats={
                tier: TierStats(calls=calls, cost=cost, latency_s=seconds / calls)
                for tier, (calls, cost, seconds) in sorted(tiers.items())
            },
        )
