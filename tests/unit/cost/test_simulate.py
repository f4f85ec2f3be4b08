"""Requests through a policy, one after the other."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.cost.arrival import Arrival
from dreamc.cost.simulate import reference, routed, run
from dreamc.cost.wallet import caps
from dreamc.runtime.money import dollars
from dreamc.runtime.types import Budget, ProviderBudget
from tests.runtime.policies import desk, policy
from tests.unit.cost.arrivals import asked, rules

GPT = 2_800_000
days = st.dates().map(lambda day: f"2026-1{day.month % 2 + 1}-{day.day % 28 + 1:02}")
limits = st.none() | st.floats(0, 2)


@st.composite
def imagined(draw: st.DrawFn) -> Arrival:
    limit = draw(st.none() | st.integers(1, 4_000))
    action = draw(st.none() | st.sampled_from(["code_review", "architecture_design", "inline_completion"]))
    return Arrival(
        day=draw(days),
        action=action,
        input=draw(st.integers(1, 150_000)),
        output=draw(st.integers(1, 150_000)),
        alias=draw(st.sampled_from(["auto", "code", ""])),
        score=draw(st.none() | st.floats(0, 1)),
        limit=limit,
        failed=draw(st.sampled_from([(), ("gpt",), ("quality", "fast")])),
    )


@settings(deadline=None)
@given(st.lists(imagined(), max_size=25), limits, limits, limits)
def test_no_limit_is_ever_passed(
    found: list[Arrival], daily: float | None, monthly: float | None, own: float | None
) -> None:
    raw = desk()
    theirs = {"openai": {"daily_usd": own, "monthly_usd": None}}
    raw["budget"] = {"daily_usd": daily, "monthly_usd": monthly, "alert_at": 1, "providers": theirs}
    outcomes = run(policy(raw), "hybrid", sorted(found, key=lambda one: one.day)).outcomes

    spent: dict[tuple[object, str], int] = defaultdict(int)
    for out in outcomes:
        for name, amount in out.calls:
            for key in (None, raw["members"][name].get("provider", "desk")):
                spent[key, out.day] += amount
                spent[key, out.day[:7]] += amount
    for cap in caps(Budget(daily, monthly, 1, (ProviderBudget("openai", own, None),))):
        at = [
            amount
            for (whose, when), amount in spent.items()
            if whose == cap.provider and len(when) == 7 + 3 * cap.daily
        ]
        assert max(at, default=0) <= cap.nano


@settings(deadline=None)
@given(st.lists(imagined(), max_size=20))
def test_the_same_requests_end_the_same(found: list[Arrival]) -> None:
    assert run(rules(0.5), "hybrid", found).outcomes == run(rules(0.5), "hybrid", found).outcomes


def test_a_request_costs_its_tokens_at_the_price_of_who_answers() -> None:
    (cloud, local) = run(rules(), "hybrid", (asked(), asked("inline_completion"))).outcomes
    assert (cloud.member, cloud.place, cloud.tier, cloud.nano) == ("gpt", "cloud", "api_premium", GPT)
    assert (local.member, local.place, local.nano) == ("fast", "local", 0)
    assert cloud.pure == local.pure == GPT


def test_the_budget_sends_requests_to_other_models_and_says_so() -> None:
    outcomes = run(rules(daily=0.01), "hybrid", [asked(bound=1_000) for _ in range(6)]).outcomes
    assert [out.member for out in outcomes] == ["gpt", "gpt", "gpt", "gemini", "gemini", "quality"]
    assert [out.hit for out in outcomes] == ["", "", "", "diverted", "diverted", "diverted"]


def test_a_call_is_made_only_where_its_worst_case_fits_what_is_left() -> None:
    """0.0074 USD are left, the call would cost 0.0028, and it may cost 0.0094: four bytes a token are reserved for."""
    left = run(rules(daily=0.0102), "hybrid", [asked(), asked(), asked()]).outcomes
    assert [out.member for out in left] == ["gpt", "gemini", "gemini"]
    known = [asked(bound=1_000) for _ in range(3)]
    assert [out.member for out in run(rules(daily=0.0102), "hybrid", known).outcomes] == ["gpt"] * 3


def test_where_no_other_model_is_left_the_budget_refuses() -> None:
    outcomes = run(rules(daily=0.003), "cloud", [asked(bound=1_000), asked(bound=1_000)]).outcomes
    assert [out.hit for out in outcomes] == ["", "refused"]
    assert [out.answered for out in outcomes] == [True, False]


def test_a_tier_that_wants_money_left_gives_way() -> None:
    raw = desk()
    raw["budget"]["monthly_usd"] = 5.002
    outcomes = run(policy(raw), "hybrid", [asked(), asked()]).outcomes
    assert [out.member for out in outcomes] == ["gpt", "quality"]
    assert outcomes[1].hit == "diverted"


def test_the_whitelist_holds_and_is_no_hit_of_the_budget() -> None:
    raw = desk()
    raw["whitelist"]["tasks"]["architecture_design"] = False
    (out,) = run(policy(raw), "hybrid", [asked()]).outcomes
    assert (out.member, out.hit) == ("quality", "")


def test_an_answer_is_no_longer_than_client_model_and_gateway_let_it_be() -> None:
    raw = desk()
    raw["members"]["gpt"]["max_output"] = 50
    (out,) = run(policy(raw), "hybrid", [asked(limit=None)]).outcomes
    assert dollars(out.nano) == (1_000 * 2 + 50 * 8) / 1e6
    (out,) = run(policy(), "hybrid", [asked(limit=None, output=100_000)]).outcomes
    assert dollars(out.nano) == (1_000 * 2 + 16_384 * 8) / 1e6


def test_a_logged_answer_costs_what_was_paid_for_it() -> None:
    paid = asked(first="gpt", place="local", calls=(("gpt", 1_000), ("quality", 0)))
    (out,) = run(rules(), "hybrid", [paid]).outcomes
    assert (out.nano, out.known, out.place, out.calls) == (1_000, True, "local", (("gpt", 1_000), ("quality", 0)))


def test_at_another_price_a_logged_answer_costs_as_much_more() -> None:
    raw = desk()
    raw["members"]["gpt"]["usd_per_mtok"] = {"input": 4, "output": 16}
    paid = asked(first="gpt", place="cloud", calls=(("gpt", 1_000),))
    (out,) = run(policy(raw), "hybrid", [paid], paid_by=rules()).outcomes
    assert out.nano == 2_000


def test_what_another_model_answers_than_in_the_log_costs_its_tokens_there() -> None:
    paid = asked("code_review", first="gpt", place="cloud", calls=(("gpt", 1_000),))
    (out,) = run(rules(), "hybrid", [paid]).outcomes
    assert (out.member, dollars(out.nano), out.known) == ("gemini", (1_000 * 0.5 + 100 * 2) / 1e6, False)


def test_a_cached_answer_stays_free_and_a_bad_request_stays_refused() -> None:
    cached, refused = run(rules(), "hybrid", [asked(stays="cache", first="gpt"), asked(stays="refused")]).outcomes
    assert (cached.place, cached.nano, cached.pure) == ("cache", 0, GPT)
    assert (refused.answered, refused.pure, refused.hit) == (False, 0, "")


def test_a_name_that_the_policy_does_not_have_is_refused() -> None:
    (out,) = run(rules(), "hybrid", [asked(alias="nobody")]).outcomes
    assert (out.answered, out.hit) == (False, "")


def test_savings_are_measured_against_the_first_priced_model_of_the_dearest_tier() -> None:
    found = reference(policy())
    assert found is not None
    assert found.name == "gpt"
    raw = desk()
    for member in raw["members"].values():
        member.pop("usd_per_mtok", None)
    assert reference(policy(raw)) is None


@pytest.mark.parametrize("mode", ["hybrid", "cloud", "local"])
def test_requests_that_name_nothing_ask_for_the_routed_name(mode: str) -> None:
    assert routed(policy(), mode) == "auto"
