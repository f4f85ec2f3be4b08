"""The band around the memory left for the KV cache, and how sure the whole is."""

from __future__ import annotations

import pytest

from dreamc.sizing import calibration
from dreamc.sizing.band import Total, band, least_sure
from dreamc.sizing.types import GIB, Confidence, Figure

CARD = Total(24 * GIB, 24 * GIB)


def part(size: float, confidence: Confidence) -> Figure:
    return Figure("activation", int(size * GIB), confidence, "measured")


def width(*parts: Figure, card: Total = CARD, share: float = 0.9) -> float:
    low, high = band(10 * GIB, parts, card, share)
    return (high - low) / GIB


def test_the_less_sure_a_part_is_the_wider_the_band() -> None:
    sizes = [width(part(1, sure)) for sure in ("exact", "calibrated", "modelled", "assumed")]
    assert sizes == sorted(set(sizes))


def test_exact_parts_leave_the_fixed_amount_alone() -> None:
    fixed = calibration.real(calibration.row("band"), "fixed_gib")
    assert width(part(16, "exact")) == pytest.approx(2 * fixed)


def test_errors_of_parts_are_added_up() -> None:
    one, two = width(part(1, "assumed")), width(part(1, "assumed"), part(1, "assumed"))
    assert two - one == pytest.approx(one - width())


def test_a_card_that_was_seen_with_more_memory_widens_the_band_upwards_only() -> None:
    plain = band(10 * GIB, (), CARD, 0.5)
    seen = band(10 * GIB, (), Total(24 * GIB, 26 * GIB), 0.5)
    assert (seen[0], seen[1] - plain[1]) == (plain[0], GIB)


def test_a_card_that_nobody_measured_widens_it_both_ways() -> None:
    plain, assumed = (band(10 * GIB, (), Total(24 * GIB, 24 * GIB, known), 0.5) for known in (True, False))
    assert assumed[0] < plain[0] < plain[1] < assumed[1]


def test_there_is_never_less_than_nothing() -> None:
    assert band(-5 * GIB, (), CARD, 0.9) == (0, 0)


def test_a_sum_is_as_sure_as_its_least_sure_part_that_is_there() -> None:
    assert least_sure(()) == "exact"
    assert least_sure((part(1, "calibrated"), part(1, "modelled"))) == "modelled"
    assert least_sure((part(1, "calibrated"), part(0, "assumed"))) == "calibrated"
