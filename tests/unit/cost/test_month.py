"""A month of steady traffic costs what one request after the other costs, and the budget holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.cost.arrival import Arrival
from dreamc.cost.month import Month, month
from dreamc.cost.serve import Server
from dreamc.cost.types import Traffic, Work
from dreamc.cost.wallet import Wallet
from dreamc.cost.worst import worst_time
from dreamc.runtime.money import Usage, cost, dollars
from dreamc.runtime.types import Policy
from dreamc.stack.types import Stack
from tests.unit.cost.stacks import ONE, chain, cloud, policy, routed

HARD = Traffic(100, (Work("hard", 0.4, 1500, 300), Work("easy", 0.6, 1500, 300)), "a test")
STACKS: dict[str, tuple[Policy, str]] = {
    "cloud, daily": (policy(cloud("budget: {daily: 3 USD}\n")), "chat"),
    "cloud, provider": (policy(cloud("budget: {daily: 9 USD}\n", "    budget: {monthly: 12 USD}\n")), "chat"),
    "chain, monthly": (policy(chain("budget: {monthly: 15 USD}\n")), "chat"),
    "routed, condition": (policy(routed()), "auto"),
    "routed, both": (policy(routed(more="budget: {daily: 4 USD, monthly: 30 USD}\n")), "auto"),
}


def found(of: Stack, traffic: Traffic, alias: str = "chat") -> Month:
    rules = policy(of)
    return month(rules, of.mode, alias, traffic)


def mode_of(rules: Policy) -> str:
    return "hybrid" if "hybrid" in rules.modes else "cloud"


def test_without_limits_it_is_price_times_requests() -> None:
    assert found(cloud(), ONE).usd == pytest.approx(30 * 100 * 0.009)


def test_what_the_own_card_answers_costs_nothing() -> None:
    of = chain()
    assert month(policy(of), "local", "chat", ONE).usd == 0
    assert month(policy(of), "local", "chat", ONE).share("local") == pytest.approx(1)


def test_traffic_moves_on_when_a_condition_on_the_budget_is_met_and_the_day_is_said() -> None:
    """20 USD, the tier wants more than 5: 15 USD at 0.36 USD a day last 41 days, at 0.9 USD a day until day 17."""
    assert found(routed(), HARD, "auto").shifts == ()
    (shift,) = found(routed(), Traffic(250, HARD.kinds, ""), "auto").shifts
    assert (shift.action, shift.before, shift.after, shift.day) == ("hard", "big", "m", 17)
    assert shift.at == pytest.approx(15 / 0.9 - 16)
    assert "wants more than 5 USD left" in shift.why


def test_a_daily_limit_holds_every_day_anew() -> None:
    one = found(cloud("budget: {daily: 3 USD}\n"), Traffic(1000, ONE.kinds, ""))
    (shift,) = one.shifts
    assert (shift.day, shift.days, shift.after) == (1, 30, "")
    assert one.share("") == pytest.approx(1 - one.share("cloud"))


def test_a_request_that_fits_no_window_is_refused_and_costs_nothing() -> None:
    one = found(cloud(), Traffic(10, (Work(None, 1.0, 200_000, 300),), ""))
    assert one.usd == 0
    assert one.share("") == pytest.approx(1)


def test_nothing_at_all_costs_nothing() -> None:
    assert found(cloud(), Traffic(0, ONE.kinds, "")).usd == 0


def one_by_one(rules: Policy, mode: str, alias: str, traffic: Traffic) -> float:
    """The same month, request after request; the kinds take turns."""
    server, wallet, total = Server(rules, mode), Wallet(rules.budget), 0
    count = round(traffic.per_day)
    for day in range(1, 31):
        wallet.begin(f"2000-01-{day:02d}")
        owed = [0.0] * len(traffic.kinds)
        for _ in range(count):
            owed = [debt + one.share for debt, one in zip(owed, traffic.kinds, strict=True)]
            at = owed.index(max(owed))
            owed[at] -= 1
            work = traffic.kinds[at]
            who = server.find(Arrival("", work.action, int(work.input), int(work.output)), alias, wallet)
            member = rules.members.get(who.member)
            if member is not None and member.price is not None:
                amount = cost(member.price, Usage(int(work.input), int(work.output)))
                wallet.spend(member.provider, amount)
                total += amount
    return dollars(total)


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize("per_day", [60, 300])
def test_it_agrees_with_one_request_after_the_other(name: str, per_day: int) -> None:
    rules, alias = STACKS[name]
    traffic = Traffic(per_day, HARD.kinds if alias == "auto" else ONE.kinds, "")
    flow = month(rules, mode_of(rules), alias, traffic).usd
    a_request_a_day = 30 * 0.009
    assert flow == pytest.approx(one_by_one(rules, mode_of(rules), alias, traffic), abs=a_request_a_day)


@given(
    name=st.sampled_from(sorted(STACKS)), per_day=st.floats(0, 1e5), more=st.floats(1, 50), share=st.floats(0.01, 0.99)
)
@settings(max_examples=60, deadline=None)
def test_expected_is_never_above_the_worst_case_and_more_requests_never_cost_less(
    name: str, per_day: float, more: float, share: float
) -> None:
    rules, alias = STACKS[name]
    kinds = (Work("hard", share, 1500, 300), Work("easy", 1 - share, 700, 90))
    some = month(rules, mode_of(rules), alias, Traffic(per_day, kinds, ""))
    many = month(rules, mode_of(rules), alias, Traffic(per_day * more, kinds, ""))
    worst = worst_time(rules, mode_of(rules), alias).month
    assert some.usd is not None
    assert many.usd is not None
    assert worst is not None
    assert some.usd <= many.usd + 1e-6
    assert many.usd <= worst
    assert sum(part.share for part in many.parts) == pytest.approx(1)


def test_days_that_begin_without_money_are_told_apart_from_those_on_which_it_runs_out() -> None:
    """A daily limit in the course of each day, and a monthly one that leaves the rest of the days nothing."""
    early, late = found(cloud("budget: {daily: 3 USD, monthly: 12 USD}\n"), Traffic(1000, ONE.kinds, "")).shifts
    assert early.at > 0
    assert (early.day, late.at, late.day) == (1, 0, 1 + early.days)
    assert early.days + late.days == 30
