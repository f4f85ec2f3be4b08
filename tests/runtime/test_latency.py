"""Latencies are counted in ranges, and quantiles read out of them."""

from __future__ import annotations

import pytest

from dreamc.runtime.latency import BOUNDS_S, RANGES, quantile, range_of


def counts(*seconds: float) -> list[int]:
    found = [0] * RANGES
    for each in seconds:
        found[range_of(each)] += 1
    return found


def test_a_bound_belongs_to_the_range_below_it() -> None:
    assert range_of(0.01) == 0
    assert range_of(0.0101) == 1
    assert range_of(0) == 0
    assert range_of(10_000) == RANGES - 1


def test_quantiles_lie_in_the_range_that_holds_them() -> None:
    half, most = (quantile(counts(*[0.3] * 90, *[5.0] * 10), share) for share in (0.5, 0.95))

    assert half is not None
    assert most is not None
    assert 0.25 < half <= 0.4
    assert 4.0 < most <= 6.0


def test_without_calls_there_is_no_quantile() -> None:
    assert quantile(counts(), 0.5) is None


def test_what_took_longer_than_every_bound_is_said_to_have_taken_the_last() -> None:
    assert quantile(counts(500, 900), 0.5) == BOUNDS_S[-1]


@pytest.mark.parametrize("seconds", BOUNDS_S)
def test_no_quantile_leaves_the_range_of_its_only_call(seconds: float) -> None:
    found = quantile(counts(seconds), 0.95)

    assert found is not None
    assert found <= seconds
