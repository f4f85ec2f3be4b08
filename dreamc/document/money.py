"""Amounts of money as users write them: a decimal number and its currency."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from msgspec import Struct
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from dreamc.document.mistake import mistake, parsed_by, unitless
from dreamc.document.quantities import NUMBER, is_number

_EXPECTED = "an amount of money such as 10 USD"
_SIGNS = {"$": "USD", "€": "EUR"}
_AMOUNT = rf"(?P<number>{NUMBER}) ?(?P<currency>USD|EUR)"
_SIGN_FIRST = rf"(?P<sign>[$€]|USD|EUR) ?(?P<number>{NUMBER})"
_SIGN_LAST = rf"(?P<number>{NUMBER}) ?(?P<sign>[$€]|(?i:usd|eur))"


class Money(Struct, frozen=True):
    """`amount` in `currency` (ISO 4217: USD or EUR), exact to the last digit written."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return parsed_by(money)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{NUMBER} ?(USD|EUR)$", "examples": ["10 USD"]}


def money(value: object) -> Money:
    """'10 USD' or '50 EUR'; a number alone is an error that names the currency."""
    if isinstance(value, Money):
        return value
    if is_number(value):
        raise unitless(value, _EXPECTED, f"{value} USD", "currency")
    found = re.fullmatch(_AMOUNT, value) if isinstance(value, str) else None
    if found is None:
        raise mistake("DRM109", value, _EXPECTED, _help(value))
    return Money(Decimal(found["number"]), found["currency"])


def _help(value: object) -> str:
    for pattern in (_SIGN_FIRST, _SIGN_LAST):
        found = re.fullmatch(pattern, value.strip()) if isinstance(value, str) else None
        if found:
            return f"write {found['number']} {_SIGNS.get(found['sign'], found['sign'].upper())}"
    return "the currencies are USD and EUR"
