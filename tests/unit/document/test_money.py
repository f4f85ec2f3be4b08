"""Amounts of money carry their currency and are exact."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from dreamc.document.scalars import Money

_MONEY = TypeAdapter(Money)


@pytest.mark.parametrize(
    ("text", "amount", "currency"), [("10 USD", "10", "USD"), ("0.1 EUR", "0.1", "EUR"), ("2000USD", "2000", "USD")]
)
def test_an_amount_is_exact(text: str, amount: str, currency: str) -> None:
    value = _MONEY.validate_python(text)
    assert value == Money(Decimal(amount), currency)
    assert str(value) == f"{amount} {currency}"
    assert hash(value) == hash(Money(Decimal(amount), currency))


@pytest.mark.parametrize(
    ("value", "code", "help"),
    [
        (10, "DRM108", "write 10 USD"),
        ("10", "DRM108", "write 10 USD"),
        ("$10", "DRM109", "write 10 USD"),
        ("10 €", "DRM109", "write 10 EUR"),
        ("10 usd", "DRM109", "write 10 USD"),
        ("EUR 10", "DRM109", "write 10 EUR"),
        ("10 GBP", "DRM109", "the currencies are USD and EUR"),
        (["10 USD"], "DRM109", "the currencies are USD and EUR"),
    ],
)
def test_an_amount_without_its_currency_shows_the_corrected_text(value: object, code: str, help: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _MONEY.validate_python(value)
    (error,) = caught.value.errors()
    assert (error["type"], error["ctx"]["help"]) == (code, help)


def test_an_amount_is_dumped_as_it_is_written() -> None:
    assert _MONEY.dump_json(Money(Decimal("0.10"), "USD")) == b'"0.10 USD"'
