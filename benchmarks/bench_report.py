"""`dreamc cost report` over a usage log of 1,000,000 lines: seconds, peak memory, and the same sums by a plain loop.

The peer is what one would write without the verb: json.loads of every line, and the same group of sums in a dict. Both
run as processes of their own, in turn, in this run; the least of each side's times counts. Neither has a second thread:
on a machine that does nothing else, processor time and the clock agree, so the bound holds for the processor.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "hybrid-4070" / "dream.yaml"
LINES, DAYS, ROUNDS = 1_000_000, 19, 2
LAST = datetime(2026, 11, 20, tzinfo=UTC)
SECONDS, MIB = 10.0, 300
BY = "day,tier,action"

Kind = tuple[str, str, str, str, int, float, int, int, float, float]
# member, location, provider, tier, weight, median seconds, prompt and completion tokens, USD per million of each
KINDS: tuple[Kind, ...] = (
    ("fast", "local", "", "local_fast", 46, 0.35, 420, 60, 0.0, 0.0),
    ("quality", "local", "", "local_quality", 30, 1.6, 2_100, 420, 0.0, 0.0),
    ("gemini", "cloud", "google", "api_cheap", 14, 1.1, 6_800, 640, 0.5, 3.0),
    ("gpt", "cloud", "openai", "api_premium", 5, 3.2, 9_400, 1_100, 2.5, 15.0),
    ("claude", "cloud", "anthropic", "api_premium", 5, 4.1, 11_200, 1_300, 3.0, 15.0),
)
ACTIONS = ("inline_completion", "code_review", "architecture_design", "write_memory", "read_file", "summarize", None)
CLIENTS = tuple(f"agent-{at}" for at in range(20))
REJECTED, ERRORS, REFUSED, CACHED = 0.05, 0.01, 0.005, 0.04
NOBODY = {
    "status": "refused: the monthly budget of 50 USD is used up", "member": "", "location": "", "provider": "",
    "usd": 0.0, "prompt_tokens": 0, "completion_tokens": 0, "latency_s": 0.0, "served": "",
}  # fmt: skip

PEER = """
import json, sys
sums = {}
for line in open(sys.argv[1], encoding="utf-8"):
    row = json.loads(line)
    key = (row["time"][:10], row["tier"], row["action"])
    found = sums.setdefault(key, [0, 0, 0, 0.0, []])
    found[0] += 1
    found[1] += row["prompt_tokens"]
    found[2] += row["completion_tokens"]
    found[3] += row["usd"]
    if row["status"] == "ok":
        found[4].append(row["latency_s"])
for key in sorted(sums, key=str):
    found = sums[key]
    found[4].sort()
    print(*key, *found[:4], found[4][len(found[4]) // 2] if found[4] else "")
"""


def main() -> None:
    """Writes the log, runs both sides, prints a table; exits 1 beyond a bound."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "usage.jsonl"
        booked = write(log, lines)
        print(f"{lines:,} lines, {log.stat().st_size / 2**20:,.0f} MiB")
        report = [sys.executable, "-m", "dreamc", "cost", "report", str(log), "-f", str(EXAMPLE), "--by", BY]
        report += ["--today", f"{LAST:%Y-%m-%d}", "--json"]
        sides = {"dreamc cost report": report, "json.loads loop": [sys.executable, "-c", PEER, str(log)]}
        best = {name: (float("inf"), float("inf"), 0.0) for name in sides}
        for _ in range(ROUNDS):
            for name, command in sides.items():
                best[name] = min(best[name], measured(command, Path(folder) / name.split()[0]))
        total = json.loads((Path(folder) / "dreamc").read_text(encoding="utf-8"))["total"]
    _tell(best)
    assert round(total["usd"] * 1e9) == booked, "the report's total is not what was written"
    seconds, _, mib = best["dreamc cost report"]
    if lines == LINES and (seconds > SECONDS or mib > MIB):
        sys.exit(f"beyond the bounds of {SECONDS:.0f} s and {MIB} MiB")


def measured(command: list[str], out: Path) -> tuple[float, float, float]:
    """Seconds of the processor, seconds from start to end, and MiB of its peak resident memory."""
    start = time.perf_counter()
    with out.open("wb") as file, subprocess.Popen(command, stdout=file, cwd=ROOT) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} exited {process.returncode}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss / 1024


def write(log: Path, lines: int) -> int:
    """A log with all fields, oldest line first; the nano-dollars in it."""
    dice, booked = random.Random(20), 0
    begin, step = LAST - timedelta(days=DAYS), timedelta(days=DAYS) / lines
    kinds = dice.choices(KINDS, [kind[4] for kind in KINDS], k=lines)
    with log.open("w", encoding="utf-8") as file:
        for at, kind in enumerate(kinds):
            row = _row(dice, begin + at * step, kind, at + 1)
            booked += round(row["usd"] * 1e9)
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    return booked


def _row(dice: random.Random, at: datetime, kind: Kind, number: int) -> dict[str, Any]:
    member, location, provider, tier, _, half, prompt, completion, read, wrote = kind
    luck = dice.random()
    status = "rejected: empty answer" if luck < REJECTED else "error" if luck < REJECTED + ERRORS else "ok"
    cached = status == "ok" and dice.random() < CACHED
    ins, outs = (round(dice.lognormvariate(0, 0.5) * one) * (status != "error") for one in (prompt, completion))
    row = {
        "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "status": status, "alias": "auto",
        "group": f"tier:{tier}", "member": member, "location": location, "tier": tier, "action": dice.choice(ACTIONS),
        "reason": f"complexity 0.{number % 100:02d}: {tier}", "prompt_tokens": ins, "completion_tokens": outs,
        "usd": 0.0 if cached else round((ins * read + outs * wrote) / 1e6, 9),
        "latency_s": round(half * dice.lognormvariate(0, 0.55), 3), "provider": provider,
        "id": f"{dice.getrandbits(128):032x}", "client": dice.choice(CLIENTS), "attempts": 1,
        "score": round(dice.random(), 3), "quality": round(dice.random(), 2),
        "part": "critique" if 0.97 < luck < 0.99 else "", "served": "", "writer": f"writer{number % 4}", "n": number,
    }  # fmt: skip
    if status == "ok" and not row["part"]:
        row["served"] = "cache" if cached else location
    return {**row, **NOBODY} if luck > 1 - REFUSED else row


def _tell(best: dict[str, tuple[float, float, float]]) -> None:
    for name, (busy, seconds, mib) in best.items():
        print(f"{name:20} {busy:6.2f} s of the processor, {seconds:6.2f} s by the clock, peak {mib:4.0f} MiB")
    (ours, _, less), (theirs, _, more) = best.values()
    print(f"ratio                {ours / theirs:6.2f} of the processor, {less / more:.2f} of the peak")


if __name__ == "__main__":
    main()
