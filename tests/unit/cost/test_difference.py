"""Two policies on the same requests."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.cost.difference import Difference, difference
from dreamc.cost.sample import samples
from dreamc.cost.simulate import Run, run
from tests.runtime.policies import desk, policy
from tests.unit.cost.arrivals import asked, rules
from tests.unit.cost.test_simulate import imagined


def compared(this: Run, other: Run) -> Difference:
    return difference(this, other, samples((this, other), 0))


@settings(max_examples=8, deadline=None)
@given(st.lists(imagined(), min_size=10, max_size=30), st.none() | st.floats(0, 1))
def test_a_policy_against_itself_is_no_difference(found: list[object], daily: float | None) -> None:
    this, same = (run(rules(daily), "hybrid", found) for _ in range(2))  # type: ignore[arg-type]
    told = compared(this, same)
    assert (told.usd, told.moved, told.lost, told.gained, told.clear) == (0, 0, 0, 0, False)
    assert told.usd_interval is not None
    assert told.usd_interval.low == told.usd_interval.high == 0


def test_a_cheaper_policy_is_told_apart() -> None:
    raw = desk()
    raw["actions"]["architecture_design"] = "api_cheap"
    log = [asked(day=f"2026-11-{day:02}", bound=1_000) for day in range(1, 31)]
    told = compared(run(rules(), "hybrid", log), run(policy(raw), "hybrid", log))
    assert told.usd == (30 * 700_000 - 30 * 2_800_000) / 1e9
    assert (told.moved, told.clear) == (30, True)


def test_requests_that_only_one_of_them_answers_are_counted() -> None:
    log = [asked(bound=1_000) for _ in range(20)]
    full, empty = run(rules(), "cloud", log), run(rules(daily=0), "cloud", log)
    assert (compared(full, empty).lost, compared(empty, full).gained) == (20, 20)
