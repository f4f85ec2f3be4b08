"""Rented GPUs are cards that we know, at prices in order."""

from __future__ import annotations

import pytest

from dreamc.knowledge.gpus import gpu
from dreamc.knowledge.rentals import rental, rental_names


@pytest.mark.parametrize("name", rental_names())
def test_an_offer_is_of_a_known_card_and_lies_between_the_cheapest_and_the_dearest(name: str) -> None:
    card, found = gpu(name), rental(name)
    assert card is not None
    assert found is not None
    assert card.name == found.gpu == name
    assert 0 < found.low <= found.usual <= found.high < 20
    assert found.offer


def test_a_row_may_be_of_another_day_than_the_rest() -> None:
    h100, old = rental("h100"), rental("rtx-3090")
    assert h100 is not None
    assert old is not None
    assert (h100.low, h100.high, h100.seen) == (2.4, 4.29, "2026-09-25")
    assert (old.usual, old.seen) == (0.18, "2026-09-20")


def test_a_card_that_nobody_was_seen_to_rent_out_has_none() -> None:
    assert rental("quadro-rtx-5000") is None
