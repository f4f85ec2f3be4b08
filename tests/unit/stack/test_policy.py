from __future__ import annotations

import pytest

from tests.unit.stack.files import found, one, stack, tiered


def bounds(routing: str) -> list[tuple[str, float, float | None, str | None]]:
    made = stack(tiered(routing)).policy.bounds
    return [(bound.tier, bound.up_to, bound.budget_left, bound.otherwise) for bound in made]


def test_bounds_are_those_of_the_file_in_the_order_of_the_tiers() -> None:
    routing = "complexity: {dear: {budget_left: 5 USD, else: fast}, fast: 0.4}"
    assert bounds(routing) == [("fast", 0.4, None, None), ("dear", 1.0, 5.0, "fast")]


def test_without_bounds_local_tiers_serve_up_to_where_clouds_begin() -> None:
    assert bounds("") == [("fast", 0.6, None, None), ("dear", 1.0, None, None)]
    assert bounds("cloud_from: 0.9") == [("fast", 0.9, None, None), ("dear", 1.0, None, None)]


@pytest.mark.parametrize("routing", ["complexity: {fast: 0.4, dear: 0.9}", "complexity: {fast: 0.4}"])
def test_scores_above_the_last_bound_would_have_no_tier(routing: str) -> None:
    finding = one(tiered(routing), "DRM416")
    assert "no tier serves requests whose complexity is above" in finding.message


def test_a_bound_below_the_one_before_it_is_refused_without_a_routed_chain_too() -> None:
    text = tiered("complexity: {fast: 0.8, dear: {up_to: 0.5}}", chains="chat: [m, claude]")
    assert "below tier 'fast'" in found(text, "DRM416")[0].message


def test_money_and_shares_are_plain_numbers() -> None:
    policy = stack(tiered(more="budget: {daily: 2.50 USD, monthly: 50 USD, alert_at: 80%}\n")).policy
    assert (policy.budget.daily, policy.budget.monthly, policy.alert_at) == (2.5, 50.0, 0.8)


def test_no_default_is_left_open() -> None:
    policy = stack(tiered()).policy
    assert (policy.timeout, policy.cooldown, policy.client_timeout) == (30.0, 30.0, 600.0)
    assert (policy.prefer, policy.when_cut, policy.whitelist) == ("local", "local", None)
