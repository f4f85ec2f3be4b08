"""The simulator against the ledger: the same requests through a real gateway under a budget, planned and replayed."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from dreamc.cost.arrival import Arrival
from dreamc.cost.replay import replay
from dreamc.cost.simulate import Run, run
from dreamc.cost.usage_log import lines, requests
from dreamc.runtime.complexity import score
from dreamc.runtime.money import Usage, cost, dollars, prompt_bound
from dreamc.runtime.types import Price
from tests.runtime import upstream as fake
from tests.runtime.policies import desk, policy
from tests.runtime.proxy import Proxy, config, litellm, running
from tests.runtime.test_plugin_live import eventually, rows

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
]
LIMIT = 1_000
PLANNED = 320
KINDS = ("code_review", "architecture_design", "inline_completion", None, None)
WORDS = ("fix", "refactor", "the parser", "why", "explain this", "list it", "and then", "prove that")


@dataclass(frozen=True)
class Planned:
    """One request: what is sent, how long the answer is, which member is broken meanwhile, and whether gpt is paid for
    an answer that says nothing, so that the next member is asked."""

    alias: str
    action: str | None
    text: str
    output: int
    broken: str = ""
    empty: bool = False

    @property
    def body(self) -> dict[str, Any]:
        message = {"role": "user", "content": self.text}
        return {"model": self.alias, "messages": [message], "max_tokens": LIMIT}

    def arrival(self, day: str) -> Arrival:
        return Arrival(
            day=day,
            action=self.action,
            input=len(self.text) // 4,
            output=self.output,
            alias=self.alias,
            score=score(self.text).value,
            limit=LIMIT,
            bound=prompt_bound(self.body),
            failed=(self.broken,) if self.broken else (),
            first="gpt" if self.empty else "",
            place="local" if self.empty else "",
            calls=(("gpt", cost(Price(2, 8), Usage(len(self.text) // 4, self.output))), ("quality", 0))
            if self.empty
            else (),
        )


def rules() -> dict[str, Any]:
    """The desk with a budget that runs out on the way, step by step, and a chain that is not routed."""
    raw = desk()
    raw["aliases"] = ["auto", "code", "paid"]
    for mode, served in raw["modes"].items():
        chain = ["quality"] if mode == "local" else ["gpt", "claude"] if mode == "cloud" else ["gpt", "quality"]
        served["aliases"]["paid"] = {"routed": False, "members": chain}
    raw["complexity"][2] |= {"budget_left_usd": 0.2}
    raw["complexity"][3] |= {"budget_left_usd": 0.5}
    raw |= {"cache": None, "budget": {"daily_usd": None, "monthly_usd": 0.75, "alert_at": 0.8}}
    return raw


def plan(seed: int = 7) -> list[Planned]:
    rng = random.Random(seed)
    found = []
    for _ in range(PLANNED):
        words = " ".join(rng.choices(WORDS, k=rng.randint(2, 900)))
        alias = "paid" if rng.random() < 0.3 else "auto"
        broken = rng.choice(("gpt", "fast", "gemini")) if rng.random() < 0.15 else ""
        action = rng.choice(KINDS) if alias == "auto" else None
        empty = alias == "paid" and not broken and rng.random() < 0.2
        found.append(Planned(alias, action, words, rng.randint(20, LIMIT), broken, empty))
    return found


def answer(model: str, _: str) -> dict[str, Any]:
    """As long as the request wants it; a token for four characters."""
    body = STATE.bodies[-1]
    text = str(body["messages"][-1]["content"])
    used = {"prompt_tokens": len(text) // 4, "completion_tokens": WANTED[0]}
    said = {"role": "assistant", "content": STATE.says.get(model, "yes") or ""}
    choice = {"index": 0, "message": said, "finish_reason": "stop"}
    found = {"id": "c1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice]}
    return {**found, "usage": {**used, "total_tokens": sum(used.values())}}


STATE = fake.Upstream()
WANTED = [0]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, float]]:
    """A gateway that has answered everything that was planned, and the USD in its ledger then."""
    patch = pytest.MonkeyPatch()
    patch.setattr(fake, "whole", answer)
    with fake.upstream() as models:
        patch.setitem(globals(), "STATE", models)
        settings = config(rules(), "hybrid", models.port)
        settings["router_settings"]["allowed_fails"] = 1_000_000
        assert PROGRAM is not None
        with running(PROGRAM, tmp_path_factory.mktemp("simulated"), settings, json.dumps(rules())) as proxy:
            for one in plan():
                models.reset()
                models.statuses |= {one.broken: 500} if one.broken else {}
                models.says |= {"gpt": ""} if one.empty else {}
                ask(proxy, one)
            yield proxy, settled(proxy)
    patch.undo()


def ask(proxy: Proxy, one: Planned) -> None:
    WANTED[0] = one.output
    headers = {"x-dream-action": one.action} if one.action else {}
    reply = proxy.post("/v1/chat/completions", one.body, headers)
    assert reply.status == 200, reply.text


def settled(proxy: Proxy) -> float:
    """USD in the ledger once all requests are written down; nothing is in flight or in doubt."""
    eventually(lambda: sum(bool(row["served"]) for row in rows(proxy)) == PLANNED)
    with closing(sqlite3.connect(proxy.folder / "ledger.sqlite", timeout=10)) as database:
        found, other = database.execute("SELECT SUM(settled), SUM(doubt + held) FROM days").fetchone()
    assert not other
    return dollars(int(found))


def paid(found: Run) -> float:
    return dollars(sum(out.nano for out in found.outcomes))


def test_the_budget_is_in_the_way_and_members_fail(played: tuple[Proxy, float]) -> None:
    """Else the comparison would show little."""
    proxy, spent = played
    assert 0.65 < spent <= 0.75
    assert sum(row["status"] == "error" for row in rows(proxy)) > 10
    assert sum(row["status"].startswith("rejected") for row in rows(proxy)) > 5
    assert sum("may cost" in row["reason"] or "USD left" in row["reason"] for row in rows(proxy)) > 10


def test_planned_requests_cost_in_the_simulator_what_the_ledger_says(played: tuple[Proxy, float]) -> None:
    proxy, spent = played
    day = rows(proxy)[0]["time"][:10]
    found = run(policy(rules()), "hybrid", (one.arrival(day) for one in plan()))

    assert paid(found) == pytest.approx(spent, rel=0.01)


def test_the_replayed_log_costs_what_the_ledger_says(played: tuple[Proxy, float]) -> None:
    proxy, spent = played
    found = replay(requests(lines([proxy.folder / "llm_usage.jsonl"])), cooldown=1, limit=LIMIT)
    again = run(policy(rules()), "hybrid", found.arrivals)

    assert len(found.arrivals) == PLANNED
    assert paid(again) == pytest.approx(spent, rel=0.01)
    assert sum(out.known for out in again.outcomes) > 0.95 * PLANNED
