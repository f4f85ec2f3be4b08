"""Bands by which a slip of the unit is noticed."""

from __future__ import annotations

import pytest

from dreamc.knowledge.bands import band


@pytest.mark.parametrize("name", ["electricity", "usd-per-eur"])
def test_a_band_has_a_width_a_unit_and_a_source(name: str) -> None:
    found = band(name)
    assert 0 < found.low < found.high
    assert found.unit
    assert found.source.startswith("https://")


def test_a_band_that_there_is_not_is_said() -> None:
    with pytest.raises(KeyError):
        band("bananas")
