"""The worst case is what the gateway reserves and what the budget lets through, and never less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dreamc.cost.worst import Caps, Most, worst_request, worst_time
from dreamc.runtime.money import dollars, output_limit, worst
from dreamc.stack.types import Stack
from tests.unit.cost.stacks import chain, cloud, policy, routed
from tests.unit.stack.files import BOX, HEAD, stack


def test_a_request_costs_at_most_what_the_gateway_reserves_for_it() -> None:
    rules = policy(cloud("budget: {monthly: 20 USD}\n"))
    member = rules.members["big"]
    assert member.price is not None
    reserved = worst(member.price, member, {"max_tokens": output_limit(member, {})}, 10**6)
    assert worst_request(rules, "cloud", "chat") == Most(dollars(reserved), "big", 102_400, 16_384)
    assert dollars(reserved) == pytest.approx((102_400 * 3 + 16_384 * 15) / 1e6)


def test_without_a_budget_nobody_limits_the_answer() -> None:
    assert worst_request(policy(cloud()), "cloud", "chat").output == 102_400


def test_a_shorter_prompt_and_no_answer_cost_less() -> None:
    found = worst_request(policy(cloud()), "cloud", "chat", answers=False, prompt=1000)
    assert found == Most(0.003, "big", 1000, 0)


@pytest.mark.parametrize(
    ("budget", "own", "caps"),
    [
        ("", "", Caps(None, None)),
        ("budget: {daily: 2 USD}\n", "", Caps(2, 62)),
        ("budget: {daily: 2 USD, monthly: 20 USD}\n", "", Caps(2, 20)),
        ("budget: {monthly: 1 USD}\n", "", Caps(1, 1)),
        ("", "    budget: {daily: 1 USD}\n", Caps(1, 31)),
        ("budget: {daily: 2 USD}\n", "    budget: {monthly: 5 USD}\n", Caps(2, 5)),
    ],
)
def test_a_month_costs_at_most_what_the_tightest_limit_lets_through(budget: str, own: str, caps: Caps) -> None:
    assert worst_time(policy(cloud(budget, own)), "cloud") == caps


def test_where_no_cloud_can_answer_nothing_is_spent() -> None:
    rules = policy(chain())
    assert worst_time(rules, "local") == Caps(0, 0)
    assert worst_request(rules, "local", "chat") == Most(0.0)


def test_a_cloud_that_the_whitelist_shuts_out_costs_nothing() -> None:
    shut = policy(routed(more="budget: {monthly: 20 USD}\nwhitelist: {cloud_apis: [openai.com]}\n"))
    assert worst_time(shut, "hybrid") == Caps(0, 0)


def test_a_model_without_a_price_is_not_bounded_and_under_a_budget_never_called() -> None:
    free, limited = (policy(unpriced(budget)) for budget in ("", "budget: {daily: 2 USD}\n"))
    assert worst_request(free, "cloud", "chat") == Most(None, "big")
    assert worst_request(limited, "cloud", "chat") == Most(0.0)
    assert (worst_time(free, "cloud"), worst_time(limited, "cloud")) == (Caps(None, None), Caps(0, 0))


def unpriced(budget: str) -> Stack:
    account = (
        "{kind: openai-compatible, base_url: https://x.example.com/v1, key: env://K, models: {big: {context: 8k}}}"
    )
    chains = "fallbacks: {chains: {chat: [big]}}\n"
    return stack(f"{HEAD}mode: cloud\n{BOX}providers: {{far: {account}}}\n{chains}{budget}")


def test_a_window_of_more_than_a_million_tokens_counts_whole_unless_the_prompt_is_shorter() -> None:
    small = policy(cloud("budget: {monthly: 20 USD}\n"))
    rules = replace(small, members={**small.members, "big": replace(small.members["big"], context=2 * 2**20)})
    assert worst_request(rules, "cloud", "chat").input == 2 * 2**20
    assert worst_request(rules, "cloud", "chat", prompt=1000).input == 1000
