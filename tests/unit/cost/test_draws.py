"""Numbers out of a seed."""

from __future__ import annotations

import pytest

from dreamc.cost.draws import Draws


def test_a_seed_always_gives_the_same_numbers() -> None:
    draws = Draws(0)
    assert [draws.below(1_000) for _ in range(5)] == [680, 103, 318, 256, 671]


def test_numbers_are_even_and_normal_ones_have_mean_0_and_deviation_1() -> None:
    draws = Draws(1)
    units = [draws.unit() for _ in range(20_000)]
    assert sum(units) / 20_000 == pytest.approx(0.5, abs=0.01)
    assert min(units) >= 0
    assert max(units) < 1
    normal = [draws.normal() for _ in range(20_000)]
    assert sum(normal) / 20_000 == pytest.approx(0, abs=0.03)
    assert sum(one * one for one in normal) / 20_000 == pytest.approx(1, abs=0.04)


def test_one_of_several_is_picked_by_its_weight() -> None:
    draws = Draws(2)
    found = [draws.pick((0.2, 0.2, 1.0)) for _ in range(10_000)]
    assert found.count(1) == 0
    assert found.count(0) == pytest.approx(2_000, abs=150)


def test_neighbouring_seeds_are_not_one_sequence_begun_later() -> None:
    first, second = Draws(0), Draws(1)
    numbers = [first.unit() for _ in range(100)]
    assert not set(numbers) & {second.unit() for _ in range(100)}
