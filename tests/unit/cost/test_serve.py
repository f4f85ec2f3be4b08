"""Decisions that are remembered are those that the gateway makes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.cost.arrival import Arrival
from dreamc.cost.serve import Server, answers
from dreamc.cost.wallet import Wallet
from dreamc.runtime.complexity import score
from dreamc.runtime.money import dollars, output_limit, worst
from dreamc.runtime.policy import Ask, Decision, decide
from dreamc.runtime.types import Policy
from tests.runtime.test_policy_properties import ACTIONS, policies
from tests.unit.cost.arrivals import DAY, asked, rules

arrivals = st.builds(
    Arrival,
    day=st.just(DAY),
    action=st.none() | st.sampled_from(ACTIONS),
    input=st.integers(1, 300_000),
    output=st.integers(1, 10_000),
    alias=st.sampled_from(["auto", "code"]),
    score=st.none() | st.floats(0, 1),
    limit=st.none() | st.integers(1, 10_000),
)


def plain(policy: Policy, one: Arrival, wallet: Wallet) -> Any:
    """What the gateway decides, with nothing remembered: runtime/state.py and runtime/door.py."""
    unpaid = []
    for name in policy.modes["hybrid"].aliases[one.alias].members:
        member = policy.members[name]
        left = wallet.left(member.provider)
        if member.location == "local" or member.price is None or left is None:
            continue
        body = {"max_tokens": one.limit or output_limit(member, {})}
        if left == 0 or worst(member.price, member, body, one.most_input) > left:
            unpaid.append((name, "no money"))
    left = wallet.left(None)
    usd = None if left is None else dollars(left)
    found = score("x" * 4 * one.input).value if one.score is None else one.score
    ask = Ask(one.alias, "", tokens=one.input, action=one.action, budget_left_usd=usd, score=found)
    return decide(policy, "hybrid", replace(ask, unpaid=tuple(unpaid)))


def seen(found: Any) -> object:
    return (found.members, found.tier) if isinstance(found, Decision) else found.status


@settings(deadline=None)
@given(policies(), st.lists(arrivals, min_size=1, max_size=6), st.integers(0, 60_000_000_000))
def test_whatever_is_remembered_the_decision_is_that_of_the_gateway(
    policy: Policy, found: list[Arrival], spent: int
) -> None:
    wallet, server = Wallet(policy.budget), Server(policy, "hybrid")
    wallet.begin(DAY)
    wallet.spend("openai", spent)
    for one in (*found, *found):
        assert seen(server.find(one, one.alias, wallet).made) == seen(plain(policy, one, wallet))


def test_what_failed_in_the_log_fails_again() -> None:
    policy = rules()
    server, wallet = Server(policy, "hybrid"), Wallet(policy.budget)
    assert server.find(asked(), "auto", wallet).member == "gpt"
    assert server.find(asked(failed=("gpt",)), "auto", wallet).member == "claude"


def test_a_model_that_was_left_alone_is_passed_over_only_where_the_log_shows_it() -> None:
    decision = Server(rules(), "hybrid").find(asked(), "auto", Wallet(rules().budget)).made
    assert answers(decision, asked(cooling=("gpt",), first="claude")) == "claude"
    assert answers(decision, asked(cooling=("gpt",), first="gpt")) == "gpt"
    assert answers(decision, asked(cooling=("gpt",))) == "gpt"
    assert answers(decision, asked(first="claude")) == "gpt"


def test_a_request_of_which_nothing_is_known_but_its_length_is_scored_by_that() -> None:
    server, wallet = Server(rules(), "hybrid"), Wallet(rules().budget)
    short = server.find(asked(None, input=20), "auto", wallet).made
    long = server.find(asked(None, input=9_000), "auto", wallet).made
    assert isinstance(short, Decision)
    assert isinstance(long, Decision)
    assert (short.tier, long.tier) == ("local_fast", "api_premium")


def test_where_litellm_scores_a_logged_score_replays_and_an_unknown_one_is_0() -> None:
    policy = rules(scorer="litellm")
    server, wallet = Server(policy, "hybrid"), Wallet(policy.budget)
    unknown = server.find(asked(None, input=4_000), "auto", wallet).made
    logged = server.find(asked(None, input=4_000, score=0.7), "auto", wallet).made
    assert isinstance(unknown, Decision)
    assert isinstance(logged, Decision)
    assert (unknown.tier, logged.tier) == ("local_fast", "api_cheap")
