"""Thirty made-up days of a small office: mostly local, some cloud, quiet weekends, one bad day."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

# member, location, provider, tier, weight, seconds (half of them), prompt and completion tokens, USD per million
KINDS = (
    ("fast", "local", "", "local_fast", 46, 0.35, 420, 60, (0.0, 0.0)),
    ("quality", "local", "", "local_quality", 30, 1.6, 2_100, 420, (0.0, 0.0)),
    ("gemini", "cloud", "google", "api_cheap", 11, 1.1, 6_800, 640, (0.5, 2.0)),
    ("gpt", "cloud", "openai", "api_premium", 4, 3.2, 9_400, 1_100, (2.0, 8.0)),
    ("claude", "cloud", "anthropic", "api_premium", 5, 4.1, 11_200, 1_300, (3.0, 15.0)),
)
ACTIONS = ("inline_completion", "code_review", "architecture_design", "summarize", None)


def rows(last: date, days: int = 30, seed: int = 7) -> list[dict[str, Any]]:
    """The lines of a usage log, the oldest first."""
    dice, found = random.Random(seed), list[dict[str, Any]]()
    for back in range(days - 1, -1, -1):
        day = last - timedelta(days=back)
        busy = dice.gauss(300, 45) * (0.22 if day.weekday() >= 5 else 1) * (1.25 - 0.5 * back / days)
        for second in sorted(dice.uniform(7 * 3600, 19 * 3600) for _ in range(max(int(busy), 12))):
            at = (datetime.min.replace(tzinfo=UTC) + timedelta(seconds=second)).strftime("%H:%M:%S.000")
            found.append(_row(dice, f"{day.isoformat()}T{at}Z", bad=back == 11))
    return [{**row, "writer": "made-up", "n": number} for number, row in enumerate(found, start=1)]


def write(file: Path, found: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in found))


def usd_per_day(found: list[dict[str, Any]]) -> dict[tuple[str, str], float]:
    """(day, provider) to USD."""
    sums: dict[tuple[str, str], float] = {}
    for row in found:
        if row["usd"]:
            key = (row["time"][:10], row["provider"])
            sums[key] = sums.get(key, 0.0) + row["usd"]
    return sums


def _row(dice: random.Random, time: str, *, bad: bool) -> dict[str, Any]:
    weights = [kind[4] * (0.3 if bad and kind[0] == "quality" else 1) for kind in KINDS]
    member, location, provider, tier, _, half, prompt, completion, price = dice.choices(KINDS, weights)[0]
    ins, outs = (round(dice.lognormvariate(0, 0.5) * tokens) for tokens in (prompt, completion))
    status = "ok"
    if dice.random() < (0.2 if bad and location == "local" else 0.012):
        status = "error"
    elif dice.random() < 0.02:
        status = "rejected: empty answer"
    ok = status == "ok"
    cached = ok and dice.random() < 0.04
    paid = status != "error" and not cached
    return {
        "time": time, "status": status, "alias": "auto", "group": f"tier:{tier}", "member": member,
        "location": location, "tier": tier, "action": dice.choice(ACTIONS), "reason": "made up",
        "prompt_tokens": ins if status != "error" else 0, "completion_tokens": outs if status != "error" else 0,
        "usd": round((ins * price[0] + outs * price[1]) / 1e6, 9) if paid else 0.0,
        "latency_s": 0.012 if cached else round(half * dice.lognormvariate(0, 0.55), 3),
        "provider": provider, "id": "", "client": "", "attempts": 1, "score": None, "quality": None, "part": "",
        "served": "cache" if cached else location if ok else "",
    }  # fmt: skip
