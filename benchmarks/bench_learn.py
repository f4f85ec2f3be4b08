"""What `dreamc route learn` knows from a part of the outcomes, scored on the others, beside scorers that learn nothing.

Needs a folder with `score_router.py` and its sets (`gsm8k.jsonl.gz`, ...): argument 1 or DREAMC_ROUTER_EVAL. Each seed
draws a split; the means over the seeds are shown with the half-width of their 95 % interval. APGR is the area under
"share of the quality gap recovered" over "share of calls to the strong model": 0.5 is chance (RouteLLM,
arXiv:2406.18665).
"""

from __future__ import annotations

import importlib.util
import math
import os
import random
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from dreamc.learning.outcomes import Aside, Count, Evidence
from dreamc.learning.table import Rule, side, table, totals
from dreamc.runtime.complexity import score

Row = dict[str, Any]
WEAK, STRONG = TIERS = ("weak", "strong")
SEEDS, MORE, FEW = 20, 100, 1_000
"""Splits; more of them for sets with fewer rows than FEW."""
SHARE = 0.2
CURVE = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
TIE = 1e-6
"""Makes the score decide between prompts of one kind only."""
SLOPE = 0.2
"""Gain that a score of 1 promises over a score of 0, where the score is added to the table."""
RULE = Rule()


def main() -> None:
    """The table of one split, then the curve over splits, then the tables as they would be written."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("DREAMC_ROUTER_EVAL", "router_eval"))
    if not (folder / "score_router.py").is_file():
        print(f"{folder} holds no score_router.py: nothing is measured; name the folder as the first argument")
        return
    outcomes = _module(folder / "score_router.py")
    theirs = _litellm()
    for name, (file, pair) in outcomes.SETS.items():
        if not (folder / f"{file}.jsonl.gz").is_file():
            print(f"\n{name}: no {file}.jsonl.gz: not measured")
            continue
        rows = _scored(outcomes, outcomes.load(file, None, pair), theirs)
        kinds = len({row["task"] for row in rows})
        print(f"\n{name}: {len(rows)} rows, {kinds} kind{'s' if kinds > 1 else ''}; {_seeds(rows)} seeds")
        for scorer, found in _means(lambda split: _apgrs(outcomes, split), _splits(rows, SHARE)).items():
            print(f"  {scorer:44} {found}")
        if kinds > 1:
            _curve(outcomes, rows)
            _ceiling(outcomes, rows)
            _written(rows)


def _curve(outcomes: ModuleType, rows: list[Row]) -> None:
    """APGR on a fifth of the rows that is never learnt from, by what was learnt from the others."""
    for share in CURVE:
        found = _means(lambda split: _curved(outcomes, split), _splits(rows, share, rest=0.2))
        print(
            f"  learnt from {share:4.0%} = {round(share * len(rows)):5} rows: {found['table']}, + score {found['both']}"
        )


def _curved(outcomes: ModuleType, split: tuple[list[Row], list[Row]]) -> dict[str, float]:
    learnt, rest = split
    gain = _gains(_evidence(learnt))
    return {
        "table": _apgr(outcomes, rest, [gain(row["task"]) + TIE * row["score"] for row in rest]),
        "both": _apgr(outcomes, rest, [gain(row["task"]) + SLOPE * row["score"] for row in rest]),
    }


def _ceiling(outcomes: ModuleType, rows: list[Row]) -> None:
    """What no table passes: the best estimate of normal means whose mean and variance are known, in a world with the
    rates of these rows. What is chance in the rows is kind in that world, so that it is easier than ours."""
    world: dict[str, list[Row]] = {}
    for row in rows:
        world.setdefault(row["task"], []).append(row)
    gain = {kind: [row[STRONG] - row[WEAK] for row in held] for kind, held in world.items()}
    mean = statistics.fmean(one for each in gain.values() for one in each)
    within = sum(statistics.pvariance(each) * len(each) for each in gain.values()) / (len(rows) - len(world))
    between = sum(len(each) * (statistics.fmean(each) - mean) ** 2 for each in gain.values()) / len(rows)
    for share in CURVE:
        found = []
        for seed in range(_seeds(rows)):
            chance = random.Random(seed)
            best: dict[str, float] = {}
            for kind, each in gain.items():
                drawn = [chance.choice(each) for _ in each if chance.random() < share]
                best[kind] = (mean / between + sum(drawn) / within) / (1 / between + len(drawn) / within)
            fresh = [chance.choice(held) for held in world.values() for _ in held]
            found.append(_apgr(outcomes, fresh, [best[row["task"]] for row in fresh]))
        print(f"  no table passes, from {share:4.0%}: {_mean(found)}")


def _apgrs(outcomes: ModuleType, split: tuple[list[Row], list[Row]]) -> dict[str, float]:
    learnt, rest = split
    gain, chance = _gains(_evidence(learnt)), random.Random(len(rest))
    scorers: dict[str, list[float]] = {
        "random mix": [chance.random() for _ in rest],
        "length": [len(row["prompt"]) for row in rest],
        "dreamc's score": [row["score"] for row in rest],
    }
    if "litellm" in rest[0]:
        scorers["LiteLLM's scorer"] = [row["litellm"] for row in rest]
        scorers["length + LiteLLM's scorer (combo)"] = [row["combo"] for row in rest]
    if len({row["task"] for row in rest}) > 1:
        scorers["learnt table, score between equals"] = [gain(row["task"]) + TIE * row["score"] for row in rest]
        scorers[f"learnt table + {SLOPE} x score"] = [gain(row["task"]) + SLOPE * row["score"] for row in rest]
        scorers["kind table cross-fitted on the rest (80 % of it)"] = outcomes.kind_table(rest)
        scorers["kind table cross-fitted on all rows (80 %)"] = [row["table"] for row in rest]
    return {name: _apgr(outcomes, rest, scores) for name, scores in scorers.items()}


def _written(rows: list[Row]) -> None:
    """What the rule would write where every kind is on the strong tier, and where every kind is on the weak one."""
    for start in (STRONG, WEAK):
        for share in (SHARE, 0.8):
            found = _means(partial(_mixed, start=start), _splits(rows, share, rest=0.2))
            shown = ", ".join(f"{name} {value}" for name, value in found.items())
            print(f"  all {start}, {share:3.0%} learnt: {shown}")


def _mixed(split: tuple[list[Row], list[Row]], start: str) -> dict[str, float]:
    """Share of strong calls and of the gap: a random mix of the same cost recovers as much as it calls."""
    learnt, rest = split
    rows = table(_evidence(learnt), dict.fromkeys({row["task"] for row in learnt}, start), lambda _: TIERS, RULE)
    tiers = {row.action: row.tier for row in rows}
    calls = [tiers.get(row["task"], start) == STRONG for row in rest]
    gap = sum(row[STRONG] - row[WEAK] for row in rest)
    gained = sum(row[STRONG] - row[WEAK] for row, strong in zip(rest, calls, strict=True) if strong)
    return {
        "moved": sum(row.kind != "keep" for row in rows) / len(rows),
        "strong calls": sum(calls) / len(rest),
        "gap recovered": gained / gap,
    }


def _gains(evidence: Evidence) -> Callable[[str], float]:
    """By kind, the expected success on the strong tier less that on the weak one, shrunk as the rule shrinks it."""
    known = totals(evidence.counts, RULE)

    def mean(kind: str, tier: str) -> float:
        return side(tier, evidence.counts.get((kind, tier)) or Count(), known, RULE).belief.mean

    kinds = {kind for kind, _ in evidence.counts}
    found = {kind: mean(kind, STRONG) - mean(kind, WEAK) for kind in kinds}
    return lambda kind: found.get(kind, mean("", STRONG) - mean("", WEAK))


def _evidence(rows: Sequence[Row]) -> Evidence:
    """Both outcomes of every row."""
    found = Evidence(aside=Aside())
    for row in rows:
        for tier in TIERS:
            found.of(row["task"], tier).label(float(row[tier]))
            found.saw(row["task"], tier)
    return found


def _splits(rows: list[Row], share: float, rest: float = 0.0) -> Iterator[tuple[list[Row], list[Row]]]:
    """What is learnt from, and what is scored: everything else, or the last `rest` of it."""
    for seed in range(_seeds(rows)):
        order = random.Random(seed).sample(rows, len(rows))
        cut = round(share * len(rows))
        yield order[:cut], order[max(cut, round((1 - rest) * len(rows))) if rest else cut :]


def _seeds(rows: Sequence[Row]) -> int:
    return MORE if len(rows) < FEW else SEEDS


def _means(
    measure: Callable[[tuple[list[Row], list[Row]]], dict[str, float]],
    splits: Iterator[tuple[list[Row], list[Row]]],
) -> dict[str, str]:
    """By name the mean, and twice its standard error over the seeds."""
    found = [measure(split) for split in splits]
    shown = {}
    for name in found[0]:
        shown[name] = _mean([one[name] for one in found])
    return shown


def _mean(values: Sequence[float]) -> str:
    half = 1.96 * statistics.stdev(values) / math.sqrt(len(values))
    return f"{statistics.mean(values):.3f} +-{half:.3f}"


def _scored(outcomes: ModuleType, rows: list[Row], theirs: Callable[[str], float] | None) -> list[Row]:
    tables = outcomes.kind_table(rows)
    for row, of_kind in zip(rows, tables, strict=True):
        row |= {"score": score(row["prompt"]).value, "table": of_kind}
        if theirs is not None:
            row["litellm"] = theirs(row["prompt"])
            row["combo"] = math.log1p(len(row["prompt"])) / 7 + row["litellm"]
    return rows


def _apgr(outcomes: ModuleType, rows: Sequence[Row], scores: Sequence[float]) -> float:
    return float(outcomes.metrics(scores, [row[WEAK] for row in rows], [row[STRONG] for row in rows])["apgr"])


def _litellm() -> Callable[[str], float] | None:
    """The weighted score of LiteLLM's complexity router, where LiteLLM is installed."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    try:
        from unittest.mock import MagicMock

        from litellm.router_strategy.complexity_router.complexity_router import ComplexityRouter
    except ImportError:
        print("litellm is not installed: its scorer is left out")
        return None
    tiers = {"SIMPLE": "a", "MEDIUM": "b", "COMPLEX": "c", "REASONING": "d"}
    router = ComplexityRouter("x", MagicMock(), {"tiers": tiers})
    return lambda prompt: float(router.classify(prompt)[1])


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_router", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


if __name__ == "__main__":
    main()
