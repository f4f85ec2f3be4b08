"""A price without its unit is found by the table's."""

from __future__ import annotations

import pytest

from dreamc.knowledge.prices import price
from dreamc.moving.prices import PER_THOUSAND, PER_TOKEN, judged

KNOWN = ("anthropic", "claude-sonnet-5-5")


@pytest.fixture
def rates() -> tuple[float, float]:
    found = price(*KNOWN)
    assert found is not None
    return float(found.input), float(found.output)


@pytest.mark.parametrize(
    ("factor", "per"), [(PER_THOUSAND, 1_000), (PER_TOKEN, 1_000_000)], ids=["per thousand", "per token"]
)
def test_the_right_unit_is_taken(factor: int, per: int, rates: tuple[float, float]) -> None:
    found = judged(*KNOWN, {"input": rates[0] / per, "output": rates[1] / per}, factor)
    assert found is not None
    assert (found.rates, found.why) == (None, "")


@pytest.mark.parametrize(
    ("factor", "stated_per", "says"),
    [
        (PER_THOUSAND, 1_000_000, "thousandfold"),
        (PER_TOKEN, 1_000, "thousandfold"),
        (PER_TOKEN, 1_000_000, "millionfold"),
    ],
)  # fmt: skip
def test_a_price_in_another_unit_is_found_and_the_tables_is_used(
    factor: int, stated_per: int, says: str, rates: tuple[float, float]
) -> None:
    scale = 1_000_000 / stated_per
    found = judged(*KNOWN, {"input": rates[0] / scale, "output": rates[1] / scale}, factor)
    assert found is not None
    assert found.rates is None
    assert says in found.why


def test_one_price_for_both_directions_gives_way_to_the_table() -> None:
    found = judged(*KNOWN, 0.003, PER_THOUSAND)
    assert found is not None
    assert found.rates is None
    assert "both directions" in found.why


def test_a_price_of_ones_own_is_kept(rates: tuple[float, float]) -> None:
    found = judged(*KNOWN, {"input": rates[0] / 2_000, "output": rates[1] / 2_000}, PER_THOUSAND)
    assert found is not None
    assert found.rates == {"input": rates[0] / 2, "output": rates[1] / 2}
    assert found.why == ""


def test_a_price_of_a_model_that_no_table_has_is_looked_at_beside_the_dearest() -> None:
    found = judged("openai", "no-such-model", {"input": 3, "output": 15}, PER_THOUSAND)
    assert found is not None
    assert found.rates == {"input": 3, "output": 15}
    assert "thousandfold" in found.why
    plain = judged("openai", "no-such-model", {"input": 0.003, "output": 0.015}, PER_THOUSAND)
    assert plain is not None
    assert (plain.rates, plain.why) == ({"input": 3, "output": 15}, "")


@pytest.mark.parametrize("stated", ["cheap", None, True, {"input": 1}, [1], -1])
def test_what_is_no_price_is_none(stated: object) -> None:
    assert judged(*KNOWN, stated, PER_THOUSAND) is None


def test_free_is_a_price() -> None:
    found = judged("openai", "no-such-model", {"input": 0, "output": 0}, PER_THOUSAND)
    assert found is not None
    assert found.rates == {"input": 0, "output": 0}
