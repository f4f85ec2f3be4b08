"""A small agent daemon on the gateway: each turn is a typed action, and the kind of action chooses the model.

    dreamc serve -f examples/daemon-tiers/dream.yaml --demo              # prints its address and its key
    export DREAM_GATEWAY_KEY=...                                         # that key
    python examples/daemon-tiers/daemon.py --objective "Classify recent memory entries by topic" --verbose
    python examples/daemon-tiers/daemon.py --status

It keeps what it learned and what it spent in a state file, and goes on from there when it is started again.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dreamc.client import Checked, GatewayError, Router

LOG = logging.getLogger("daemon")
TURNS = (
    ("list_files", "Which files matter for this objective? Name up to five.\nObjective: {objective}"),
    ("read_file", "What should one look for in those files?\nObjective: {objective}\nKnown: {last}"),
    ("classify_memory", "Give the topic of this note in at most four words.\nNote: {last}"),
    ("edit_file", "Propose the smallest change that serves the objective.\nObjective: {objective}\nKnown: {last}"),
    ("write_memory", "Put what was learned into one sentence.\nLearned: {last}"),
    ("consolidate", "Merge these notes into one, without repeating anything.\nNotes: {notes}"),
    (
        "spawn_daemon",
        "Is a helper needed for the rest? Answer yes or no, and why.\nObjective: {objective}\nKnown: {last}",
    ),
)
"""One round: the kind of action, and what is asked."""
MOST_TOKENS = 1_000
"""Of an answer. A limit makes known what a request may cost, so that the budget need not hold more for it."""
NOTES, CHARACTERS = 20, 2_000
"""Notes that are kept, and how much of each."""


@dataclass
class Tier:
    calls: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    quality: list[float] = field(default_factory=list)


@dataclass
class State:
    """`cost` in USD: what this daemon's own requests came to."""

    objective: str = ""
    turn: int = 0
    failed: int = 0
    cost: float = 0.0
    tiers: dict[str, Tier] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    stopped: str = ""


def load(path: Path) -> State:
    if not path.exists():
        return State()
    raw = json.loads(path.read_text(encoding="utf-8"))
    return State(**{**raw, "tiers": {name: Tier(**tier) for name, tier in raw["tiers"].items()}})


def save(path: Path, state: State) -> None:
    """In one step: a daemon that is killed leaves the old state or the new one."""
    beside = path.with_name(f"{path.name}.next")
    beside.write_text(json.dumps(asdict(state), indent=2, ensure_ascii=False), encoding="utf-8")
    os.replace(beside, path)


def turn(router: Router, state: State) -> None:
    """One action; what it says and costs goes into the state."""
    action, wanted = TURNS[state.turn % len(TURNS)]
    last = state.notes[-1] if state.notes else "nothing yet"
    prompt = wanted.format(objective=state.objective, last=last, notes="\n- ".join(state.notes[-5:]) or last)
    state.turn += 1
    answer = router.route_with_quality_check(prompt, action_type=action, max_tokens=MOST_TOKENS)
    remember(state, action, answer)


def remember(state: State, action: str, answer: Checked) -> None:
    response, decision, quality, stats = answer
    spent = sum(one.cost or 0.0 for one in stats)
    tier = state.tiers.setdefault(decision.tier or "chain", Tier())
    tier.calls, tier.cost = tier.calls + 1, tier.cost + spent
    tier.seconds += sum(one.latency_s for one in stats)
    if quality.score is not None:
        tier.quality = [*tier.quality, quality.score][-100:]
    state.cost += spent
    state.notes = [*state.notes, response[:CHARACTERS]][-NOTES:]
    LOG.info("%s -> %s %s, %d call(s), $%.6f", action, decision.tier, decision.model.name, decision.attempts, spent)


def run(router: Router, state: State, path: Path, turns: int, pause: float) -> int:
    """`turns` actions. A refusal of one action is noted and passed over; without a key or a budget nothing goes on."""
    state.stopped = ""
    for number in range(turns):
        try:
            turn(router, state)
        except GatewayError as error:
            state.failed += 1
            LOG.warning("%s", error)
            if error.status in (None, 401, 429):
                state.stopped = error.reason
        save(path, state)
        if state.stopped:
            return 1
        if number + 1 < turns:
            time.sleep(pause)
    return 0


def status(state: State, router: Router) -> str:
    """The state of this daemon, and what the gateway says of everybody."""
    lines = [
        f"objective  {state.objective or 'none yet'}",
        f"turns      {state.turn}, {state.failed} failed" + (f"; stopped: {state.stopped}" if state.stopped else ""),
        f"cost       ${state.cost:.6f}",
    ]
    for name, tier in sorted(state.tiers.items()):
        quality = f", quality {sum(tier.quality) / len(tier.quality):.2f}" if tier.quality else ""
        each = tier.seconds / max(tier.calls, 1)
        lines.append(f"  {name:<14} {tier.calls} calls, ${tier.cost:.6f}, {each:.2f} s each{quality}")
    summary = router.get_cost_summary()
    if summary["source"] == "gateway":
        saved = summary["savings_pct"]
        lines.append(
            f"gateway    ${summary['total_cost'] or 0:.4f} this month" + (f", {saved}% saved" if saved else "")
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A small agent daemon on the gateway.")
    parser.add_argument("--objective", help="what it works on; kept in the state")
    parser.add_argument("--status", action="store_true", help="say what was done and spent, and stop")
    parser.add_argument("--verbose", action="store_true", help="say each action")
    parser.add_argument("--turns", type=int, default=len(TURNS), help="actions before it ends (default: one round)")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two actions")
    parser.add_argument("--state", type=Path, default=Path("daemon-state.json"), help="where it keeps its state")
    parser.add_argument("--gateway", help="address of the gateway (default: DREAM_GATEWAY_URL, else port 4000 here)")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO if given.verbose else logging.WARNING, format="%(message)s")
    state = load(given.state)
    with Router(given.gateway) as router:
        if given.status:
            print(status(state, router))
            return 0
        state.objective = given.objective or state.objective
        if not state.objective:
            parser.error("say what it shall work on: --objective TEXT")
        done = run(router, state, given.state, given.turns, given.pause)
        print(status(state, router))
        return done


if __name__ == "__main__":
    sys.exit(main())
