"""Requests out of a usage log."""

from __future__ import annotations

from typing import Any

from dreamc.cost.replay import replay
from dreamc.cost.simulate import run
from dreamc.cost.usage_log import Line, requests
from dreamc.runtime.money import dollars
from tests.unit.cost.arrivals import rules

PAID = 0.0028
"""USD of 1,000 tokens and 100 more at gpt."""


def line(id_: str, member: str = "gpt", status: str = "ok", **facts: Any) -> Line:
    local = member in ("fast", "quality")
    told = {
        "time": "2026-11-01T12:00:00.000Z",
        "alias": "auto",
        "action": "architecture_design",
        "location": "local" if local else "cloud",
        "prompt_tokens": 1_000 if status != "error" else 0,
        "completion_tokens": 100 if status != "error" else 0,
        "usd": 0.0 if local or status == "error" else PAID,
        "served": ("local" if local else "cloud") if status == "ok" else "",
        "writer": "w",
    }
    return Line(id=id_, member=member, status=status, **{**told, **facts})


def replayed(*found: Line, daily: float | None = None, mode: str = "hybrid") -> list[tuple[str, float]]:
    """Who answers each request, and for how many USD."""
    outcomes = run(rules(daily), mode, replay(requests(found), cooldown=60).arrivals).outcomes
    return [(out.member, dollars(out.nano)) for out in outcomes]


def test_a_request_is_decided_again_and_costs_what_was_paid() -> None:
    assert replayed(line("a"), line("b", "fast", action="inline_completion")) == [("gpt", PAID), ("fast", 0)]


def test_what_went_through_the_providers_cache_stays_as_cheap() -> None:
    assert replayed(line("a", usd=0.001)) == [("gpt", 0.001)]


def test_a_member_that_failed_fails_again() -> None:
    assert replayed(line("a", status="error"), line("a", "claude", usd=0.0045)) == [("claude", 0.0045)]


def test_an_answer_that_was_paid_and_not_used_is_paid_again() -> None:
    assert replayed(line("a", status="rejected: empty"), line("a", "quality")) == [("gpt", PAID)]


def test_calls_of_the_gateway_itself_belong_to_the_request() -> None:
    found = (
        line("a", "quality", "rejected: too short", action="code", served="cloud"),
        line("a", "gpt", part="escalation", action="code", served=""),
        line("a", "fast", part="agreement", action="code", served=""),
    )
    (one,) = replay(requests(found), 60).arrivals
    assert (one.first, one.place) == ("quality", "cloud")
    assert one.calls == (("quality", 0), ("gpt", 2_800_000), ("fast", 0))


def test_a_model_that_was_left_alone_after_a_failure_is_passed_over() -> None:
    found = (
        line("a", status="error"),
        line("a", "claude", usd=0.0045),
        line("b", "claude", usd=0.0045, time="2026-11-01T12:00:20.000Z"),
        line("c", time="2026-11-01T12:02:00.000Z"),
    )
    assert [member for member, _ in replayed(*found)] == ["claude", "claude", "gpt"]


def test_a_cached_answer_stays_cached() -> None:
    found = replay(requests([line("a", usd=0, served="cache")]), 60)
    (out,) = run(rules(), "hybrid", found.arrivals).outcomes
    assert (out.place, out.nano, out.pure) == ("cache", 0, 2_800_000)


def test_what_the_budget_refused_is_decided_anew_with_the_tokens_of_its_kind() -> None:
    refused = line("b", "", "refused: the budget is used up", prompt_tokens=0, completion_tokens=0, usd=0, served="")
    found = replay(requests([line("a"), refused]), 60)
    assert found.guessed == 1
    assert replayed(line("a"), refused, mode="cloud") == [("gpt", PAID), ("gpt", PAID)]
    assert replayed(line("a"), refused, mode="cloud", daily=0) == [("", 0), ("", 0)]


def test_what_the_client_has_to_mend_stays_refused() -> None:
    refused = line("a", "", "refused: x-dream-force is local or cloud", usd=0, served="", prompt_tokens=0)
    assert replayed(refused) == [("", 0)]


def test_a_request_that_everybody_failed_fails_again() -> None:
    broken = [line("a", name, "error") for name in ("gpt", "claude", "quality", "fast")]
    failed = line("a", "", "failed: ServiceUnavailableError", usd=0, served="", prompt_tokens=0, completion_tokens=0)
    assert replayed(*broken, failed) == [("", 0)]


def test_the_score_of_the_log_decides_where_no_action_does() -> None:
    found = [line("a", "fast", action=None, score=0.1), line("b", "gpt", action=None, score=0.95)]
    assert [member for member, _ in replayed(*found)] == ["fast", "gpt"]


def test_requests_come_by_day_whatever_the_order_of_the_files() -> None:
    found = replay(requests([line("b", time="2026-11-02T00:00:00.000Z"), line("a")]), 60)
    assert [one.day for one in found.arrivals] == ["2026-11-01", "2026-11-02"]


def test_a_call_of_the_gateway_itself_without_its_request_is_nobodys_question() -> None:
    found = replay(requests([line("a"), line("p", part="critique", action="code", served="")]), cooldown=60)
    assert [one.first for one in found.arrivals] == ["gpt"]
    assert (found.guessed, found.own) == (0, (1, round(PAID * 1e9)))
