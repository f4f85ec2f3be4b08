"""Quantiles out of a sketch are right to a percent, whatever was added first."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.cost.sketch import ERROR, merged, quantile, range_of


def sketch(values: list[float]) -> dict[int, int]:
    return merged({range_of(value): 1} for value in values)


@given(st.lists(st.floats(min_value=0.0011, max_value=1e5), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_a_quantile_is_within_one_percent_of_the_value_that_so_many_do_not_exceed(
    values: list[float], share: float
) -> None:
    ordered = sorted(values)
    true = next(one for at, one in enumerate(ordered, 1) if at >= share * len(ordered))
    assert quantile(sketch(values), share) == pytest.approx(true, rel=ERROR * 1.001)


def test_sketches_of_parts_are_the_sketch_of_the_whole() -> None:
    dice = random.Random(1)
    values = [dice.lognormvariate(0, 1) for _ in range(500)]
    parts = [sketch(values[:100]), sketch(values[100:450]), sketch(values[450:])]
    assert merged(parts) == merged(reversed(parts)) == sketch(values)


def test_nothing_has_no_quantile_and_no_time_is_a_millisecond_at_most() -> None:
    assert quantile({}, 0.5) is None
    assert quantile(sketch([0.0, 0.0]), 0.95) == pytest.approx(0.001, rel=0.02)
