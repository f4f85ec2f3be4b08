"""How well the score of a prompt chooses between a weak and a strong model, on labelled outcomes.

Needs a folder with `score_router.py` and its sets (`gsm8k.jsonl.gz`, ...): argument 1 or DREAMC_ROUTER_EVAL. Without it
nothing is measured. APGR is the area under "share of the quality gap recovered" over "share of calls to the strong
model": 0.5 is chance (RouteLLM, arXiv:2406.18665).
"""

from __future__ import annotations

import importlib.util
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from dreamc.runtime.complexity import score

Rows = list[dict[str, Any]]
BOUNDS = {"gsm8k": (0.60, None), "mmlu": (0.585, 0.68), "mtbench": (0.65, 0.70)}
"""Least APGR of the score alone, and of the kinds of action with the score between equals."""
TIE = 1e-6
"""Makes the score decide between prompts of one kind only."""
PROMPT = ("Refactor the parser of this service, explain why the tests fail, and keep the interface as it is. " * 21)[
    :2000
]


def main() -> None:
    """One table; the bounds in the last columns."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("DREAMC_ROUTER_EVAL", "router_eval"))
    print(f"score of a prompt of 2,000 characters: {microseconds():.0f} us (bound 100)")
    if not (folder / "score_router.py").is_file():
        print(f"{folder} holds no score_router.py: the score is not measured; name the folder as the first argument")
        return
    outcomes = _module(folder / "score_router.py")
    print(
        f"{'set':14} {'rows':>6} {'random':>7} {'length':>7} {'ours':>6} {'95 %':>14} {'kinds':>6} {'both':>6}  bounds"
    )
    for name, (file, pair) in outcomes.SETS.items():
        if (folder / f"{file}.jsonl.gz").is_file():
            print(_line(outcomes, name, outcomes.load(file, None, pair)))
        else:
            print(f"{name:14} no {file}.jsonl.gz: not measured")


def microseconds(rounds: int = 300) -> float:
    """The best of `rounds`; other work on the machine makes single ones longer."""
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        score(PROMPT)
        found.append(time.perf_counter() - start)
    return min(found) * 1e6


def _line(outcomes: ModuleType, name: str, rows: Rows) -> str:
    apgr = _apgr(outcomes, rows)
    chance = random.Random(0)
    ours = [score(row["prompt"]).value for row in rows]
    weak, strong = ([row[which] for row in rows] for which in ("weak", "strong"))
    low, high = outcomes.bootstrap(ours, weak, strong)
    alone, together = BOUNDS.get(name, (None, None))
    kinds = both = "one"
    if len({row["task"] for row in rows}) > 1:
        table = outcomes.kind_table(rows)  # cross-fitted: no row is scored by its own outcome
        kinds = f"{apgr(table):.3f}"
        both = f"{apgr([of_kind + TIE * own for of_kind, own in zip(table, ours, strict=True)]):.3f}"
    return (
        f"{name:14} {len(rows):6} {apgr([chance.random() for _ in rows]):7.3f} "
        f"{apgr([len(row['prompt']) for row in rows]):7.3f} {apgr(ours):6.3f} {f'{low:.3f} - {high:.3f}':>14} "
        f"{kinds:>6} {both:>6}  {alone or '-'}, {together or '-'}"
    )


def _apgr(outcomes: ModuleType, rows: Rows) -> Callable[[Sequence[float]], float]:
    weak, strong = ([row[which] for row in rows] for which in ("weak", "strong"))
    return lambda scores: float(outcomes.metrics(scores, weak, strong)["apgr"])


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_router", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


if __name__ == "__main__":
    main()
