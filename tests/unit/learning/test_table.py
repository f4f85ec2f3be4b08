"""The table: what moves, what does not, and why; on worlds whose success rates are known."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.learning.outcomes import Evidence
from dreamc.learning.table import Row, Rule, table
from tests.unit.learning.worlds import TIERS, World

RULE = Rule()
KNOWN = World(
    {
        "classify": (0.99, 0.99, 0.99),  # the cheapest does
        "summarise": (0.50, 0.99, 0.98),
        "edit": (0.10, 0.45, 0.95),
        "plan": (0.20, 0.30, 0.90),
        "list": (0.98, 0.90, 0.92),
    }
)


def learn(evidence: Evidence, present: dict[str, str], rule: Rule = RULE) -> dict[str, Row]:
    return {row.action: row for row in table(evidence, present, lambda _: TIERS, rule)}


def tiers(rows: dict[str, Row]) -> dict[str, str | None]:
    return {action: row.tier for action, row in rows.items()}


def evidence(action: str = "edit", /, **tiers: tuple[int, int]) -> Evidence:
    """By tier, successes and failures of one action."""
    found = Evidence()
    for tier, (good, bad) in tiers.items():
        for ok in (1.0,) * good + (0.0,) * bad:
            found.of(action, tier).label(ok)
            found.saw(action, tier)
    return found


@pytest.mark.parametrize("start", TIERS)
@pytest.mark.parametrize("seed", range(3))
def test_200_labels_per_action_find_the_table_of_who_knows_the_rates(start: str, seed: int) -> None:
    present = dict.fromkeys(KNOWN.rates, start)

    found = tiers(learn(KNOWN.evidence(200, seed), present))

    assert found == KNOWN.oracle()


@pytest.mark.parametrize("start", TIERS)
@pytest.mark.parametrize("seed", range(20))
def test_5_labels_per_action_move_nothing(start: str, seed: int) -> None:
    present = dict.fromkeys(KNOWN.rates, start)
    assert tiers(learn(KNOWN.evidence(5, seed), present)) == present


def test_a_cheaper_tier_that_does_as_well_takes_over_and_says_how_sure_that_is() -> None:
    row = learn(evidence(good=(150, 10), fast=(152, 8)), {"edit": "good"})["edit"]

    assert (row.kind, row.tier) == ("down", "fast")
    assert row.why.startswith("fast is at most 5% below good with probability ")


def test_the_cheapest_of_two_that_do_as_well_is_taken() -> None:
    assert learn(evidence(best=(190, 5), good=(192, 3), fast=(191, 4)), {"edit": "best"})["edit"].tier == "fast"


def test_a_cheaper_tier_that_only_seems_as_good_stays_out() -> None:
    row = learn(evidence(good=(18, 2), fast=(19, 2)), {"edit": "good"})["edit"]

    assert row.kind == "keep"
    assert row.why.startswith("a cheaper tier does as well only with probability ")


def test_a_tier_below_the_target_is_left_upwards() -> None:
    row = learn(evidence(good=(8, 22), best=(27, 3)), {"edit": "good"})["edit"]

    assert (row.kind, row.tier) == ("up", "best")
    assert "below 70% with probability" in row.why


def test_an_untried_tier_above_is_tried_and_that_is_said() -> None:
    row = learn(evidence(good=(5, 25)), {"edit": "good"})["edit"]

    assert row.tier == "best"
    assert row.why.endswith("nothing is known of best yet")


def test_a_dearer_tier_that_is_no_better_is_not_paid_for() -> None:
    assert learn(evidence(good=(8, 22), best=(8, 22)), {"edit": "good"})["edit"].kind == "keep"


def test_a_large_gain_is_worth_a_dearer_tier_above_the_target_too() -> None:
    row = learn(evidence(good=(75, 25), best=(199, 1)), {"edit": "good"}, Rule(worth=0.1))["edit"]

    assert (row.kind, row.tier) == ("up", "best")
    assert "better by 10%" in row.why


def test_checks_alone_never_move_an_action_down() -> None:
    found = Evidence()
    for tier in ("fast", "good"):
        for _ in range(500):
            found.of("edit", tier).verdict(ok=True)

    assert learn(found, {"edit": "good"})["edit"].kind == "keep"
    assert learn(found, {"edit": "good"}, Rule(trust=1.0))["edit"].tier == "fast"


def test_checks_that_fail_send_an_action_up() -> None:
    found = evidence(best=(30, 0))
    for _ in range(80):
        found.of("edit", "good").verdict(ok=False)

    assert learn(found, {"edit": "good"})["edit"].tier == "best"


def test_what_passing_the_checks_is_worth_is_measured_by_labels() -> None:
    """A third of the labelled answers that passed are good: 400 passed ones are no proof of success."""
    found = evidence(best=(30, 0))
    for ok in (1.0,) * 10 + (0.0,) * 20:
        found.of("edit", "good").label(ok, passed=True)
    for _ in range(400):
        found.of("edit", "good").verdict(ok=True)

    row = learn(found, {"edit": "good"})["edit"]

    assert (row.kind, row.tier) == ("up", "best")


def test_an_unknown_action_that_one_tier_answers_well_gets_a_key() -> None:
    row = learn(evidence("search", good=(40, 2)), {})["search"]

    assert (row.kind, row.present, row.tier) == ("new", None, "good")


def test_an_unknown_action_gets_no_key_for_a_tier_that_a_few_dear_answers_speak_against() -> None:
    """The dear tier answers a fifth of it, and better: what the score sends there is not sent down."""
    row = learn(evidence("search", good=(60, 20), best=(20, 0)), {})["search"]

    assert (row.kind, row.tier) == ("keep", None)


def test_an_unknown_action_that_is_seldom_seen_waits() -> None:
    assert learn(evidence("search", good=(9, 0)), {})["search"].why == "no key; seen 9 times, 20 are needed"


def test_a_tier_that_may_not_serve_an_action_is_never_proposed() -> None:
    found = evidence(good=(5, 45), best=(50, 0))
    rows = table(found, {"edit": "good"}, lambda _: ("fast", "good"), RULE)

    assert rows[0].kind == "keep"


def test_an_action_on_a_tier_without_models_is_left_alone() -> None:
    row = table(evidence(good=(5, 45)), {"edit": "good"}, lambda _: ("fast",), RULE)[0]

    assert (row.tier, row.why) == ("good", "no model of this tier may serve it")


counts = st.tuples(st.integers(0, 60), st.integers(0, 60))
some = st.fixed_dictionaries(dict.fromkeys(TIERS, counts))


@settings(max_examples=150, deadline=None)
@given(some, st.sampled_from(TIERS), st.sampled_from((10, 20, 35)))
def test_no_downgrade_with_fewer_labels_than_the_least_on_either_tier(
    given_: dict[str, tuple[int, int]], present: str, least: int
) -> None:
    row = learn(evidence(**given_), {"edit": present}, Rule(least=least))["edit"]

    if row.kind == "down":
        assert min(sum(given_[present]), sum(given_[row.tier or ""])) >= least
        assert TIERS.index(row.tier or "") < TIERS.index(present)


@settings(max_examples=150, deadline=None)
@given(some, st.sampled_from(TIERS), st.integers(1, 200))
def test_successes_on_the_present_tier_never_bring_an_upgrade_about(
    given_: dict[str, tuple[int, int]], present: str, more: int
) -> None:
    before = learn(evidence(**given_), {"edit": present})["edit"]
    good, bad = given_[present]
    after = learn(evidence(**{**given_, present: (good + more, bad)}), {"edit": present})["edit"]

    assert before.kind == "up" or after.kind != "up"


@settings(max_examples=100, deadline=None)
@given(some, st.sampled_from(TIERS))
def test_what_is_learnt_holds_when_it_is_learnt_again(given_: dict[str, tuple[int, int]], present: str) -> None:
    """An action never comes back to a tier that it left: with the same outcomes, learning comes to rest."""
    visited, tier = [present], ""
    while tier != visited[-1]:
        tier = visited[-1]
        after = learn(evidence(**given_), {"edit": tier})["edit"].tier or tier
        assert after == tier or after not in visited
        visited.append(after)
