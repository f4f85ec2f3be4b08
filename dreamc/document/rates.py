"""What costs are reckoned from, as users write it: power, tariffs, rents, speeds and lifetimes, each with its unit."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from msgspec import Struct
from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

from dreamc.document.mistake import mistake, parsed_by, unitless
from dreamc.document.quantities import NUMBER, is_number

_POWER = "electric power such as 230 W"
_SPEED = "a speed such as 480 tok/s"
_LIFETIME = "a lifetime such as 4y"
_TARIFF = "a price of electricity such as 0.30 EUR/kWh"
_RENT = "a rent such as 2.40 USD/h"

_WATTS = {"W": Decimal(1), "kW": Decimal(1000)}
_YEARS = {"y": Decimal(1), "d": Decimal(1) / 365}
_POWER_TEXT = rf"(?P<number>{NUMBER}) ?(?P<unit>W|kW)"
_SPEED_TEXT = rf"(?P<number>{NUMBER}) ?tok/s"
_LIFETIME_TEXT = rf"(?P<number>{NUMBER}) ?(?P<unit>y|d)"
_PER = rf"(?P<number>{NUMBER}) ?(?P<currency>USD|EUR)/(?P<unit>%s)"
_LOOSE_RATE = rf"(?P<sign>[$€])?\s*(?P<number>{NUMBER})\s*(?P<currency>[A-Za-z$€]*)\s*(/|per)?\s*(?P<unit>[A-Za-z]*)"
_SIGNS = {"$": "USD", "€": "EUR", "usd": "USD", "eur": "EUR", "euro": "EUR", "euros": "EUR", "dollars": "USD"}
_CENTS = {"ct": "EUR", "cent": "EUR", "cents": "USD", "c": "USD"}
_TOKENS_PER = {"s": Decimal(1), "min": Decimal(1) / 60, "h": Decimal(1) / 3600}
_WORDS_OF_TIME = {"year": Decimal(1), "yr": Decimal(1), "month": Decimal(1) / 12, "mo": Decimal(1) / 12}


class Kind(NamedTuple):
    """What a price is per: `unit`, the text that describes it, and how many of `unit` other units are."""

    unit: str
    expected: str
    example: str
    others: dict[str, Decimal]


_KWH = Kind("kWh", _TARIFF, "0.30 EUR", {"kwh": Decimal(1), "mwh": Decimal(1000), "wh": Decimal("0.001")})
_HOUR = Kind(
    "h", _RENT, "2.40 USD", {"h": Decimal(1), "hr": Decimal(1), "hour": Decimal(1), "day": Decimal(24),
    "d": Decimal(24), "month": Decimal(730), "year": Decimal(8760)},
)  # fmt: skip


class _Price(Struct, frozen=True):
    """`amount` in `currency` (ISO 4217: USD or EUR), exact to the last digit written."""

    amount: Decimal
    currency: str

    @classmethod
    def _kind(cls) -> Kind:
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}/{self._kind().unit}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return parsed_by(lambda value: value if isinstance(value, cls) else cls(*_price(value, cls._kind())))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        kind = cls._kind()
        return {
            "type": "string",
            "pattern": f"^{NUMBER} ?(USD|EUR)/{kind.unit}$",
            "examples": [f"{kind.example}/{kind.unit}"],
        }


class Tariff(_Price, frozen=True):
    """What electricity costs per kilowatt-hour: `0.30 EUR/kWh`."""

    @classmethod
    def _kind(cls) -> Kind:
        return _KWH


class Rent(_Price, frozen=True):
    """What a machine costs per hour: `2.40 USD/h`."""

    @classmethod
    def _kind(cls) -> Kind:
        return _HOUR


def power(value: object) -> float:
    """Watts, from '230 W' or '1.2 kW'."""
    if is_number(value):
        raise unitless(value, _POWER, f"{value} W")
    found = _match(_POWER_TEXT, value)
    if found is None:
        raise mistake("DRM109", value, _POWER, _power_help(value))
    return float(Decimal(found["number"]) * _WATTS[found["unit"]])


def speed(value: object) -> float:
    """Tokens per second, more than none, from '480 tok/s'."""
    if is_number(value):
        raise unitless(value, _SPEED, f"{value} tok/s")
    found = _match(_SPEED_TEXT, value)
    if found is None:
        raise mistake("DRM109", value, _SPEED, _speed_help(value))
    if not Decimal(found["number"]):
        raise mistake("DRM107", value, "more than 0 tok/s")
    return float(found["number"])


def lifetime(value: object) -> float:
    """Years of 365 days, more than none, from '4y' or '900d'."""
    if is_number(value):
        raise unitless(value, _LIFETIME, f"{value}y")
    found = _match(_LIFETIME_TEXT, value)
    if found is None:
        raise mistake("DRM109", value, _LIFETIME, _lifetime_help(value))
    if not Decimal(found["number"]):
        raise mistake("DRM107", value, "more than no time")
    return float(Decimal(found["number"]) * _YEARS[found["unit"]])


def _price(value: object, kind: Kind) -> tuple[Decimal, str]:
    if is_number(value):
        raise unitless(value, kind.expected, f"{value} {kind.example[-3:]}/{kind.unit}", "currency and its unit")
    found = _match(_PER % kind.unit, value)
    if found is not None:
        return Decimal(found["number"]), found["currency"]
    alone = _match(rf"(?P<number>{NUMBER}) ?(?P<currency>USD|EUR)", value)
    if alone is not None:
        raise unitless(value, kind.expected, f"{alone['number']} {alone['currency']}/{kind.unit}")
    raise mistake("DRM109", value, kind.expected, _price_help(value, kind))


def _match(pattern: str, value: object) -> re.Match[str] | None:
    return re.fullmatch(pattern, value) if isinstance(value, str) else None


def _power_help(value: object) -> str:
    found = _match(rf"({NUMBER})\s*([A-Za-z]+)", value)
    known = {"w": "W", "watt": "W", "watts": "W", "kw": "kW", "kilowatt": "kW"}.get(found[3].lower()) if found else None
    return f"write {found[1]} {known}" if found and known else "the units are W and kW"


def _speed_help(value: object) -> str:
    found = _match(rf"({NUMBER})\s*(?:t|tok|toks|token|tokens|tps)\s*(?:(?:/|per)\s*([a-z]+))?", value)
    if found is None:
        return "the unit is tok/s"
    span = (found[3] or "s").removesuffix("ute").removesuffix("our").removesuffix("ec").removesuffix("econd")
    times = _TOKENS_PER.get(span)
    return f"write {_plain(Decimal(found[1]) * times)} tok/s" if times else "the unit is tok/s"


def _lifetime_help(value: object) -> str:
    found = _match(rf"({NUMBER})\s*([A-Za-z]+)", value)
    times = _WORDS_OF_TIME.get(found[3].lower().removesuffix("s")) if found else None
    return f"write {_plain(Decimal(found[1]) * times)}y" if found and times else "the units are y (365 days) and d"


def _price_help(value: object, kind: Kind) -> str:
    found = _match(_LOOSE_RATE, value)
    usual = f"write it as {kind.example}/{kind.unit}"
    if found is None:
        return usual
    amount, word = Decimal(found["number"]), (found["sign"] or found["currency"]).lower()
    currency = _SIGNS.get(word) or _CENTS.get(word)
    unit = found["unit"].lower() or kind.unit.lower()
    if currency is None or unit not in kind.others:
        return usual
    amount = amount / (100 if word in _CENTS else 1) / kind.others[unit]
    return f"write {_plain(amount)} {currency}/{kind.unit}"


def _plain(number: Decimal) -> str:
    return f"{round(number, 4).normalize():f}"


def _text(pattern: str, example: str) -> WithJsonSchema:
    plain = re.sub(r"\?P<[a-z]+>", "", pattern)
    return WithJsonSchema({"type": "string", "pattern": f"^{plain}$", "examples": [example]})


Power = Annotated[float, BeforeValidator(power), _text(_POWER_TEXT, "230 W")]
Speed = Annotated[float, BeforeValidator(speed), _text(_SPEED_TEXT, "480 tok/s")]
Lifetime = Annotated[float, BeforeValidator(lifetime), _text(_LIFETIME_TEXT, "4y")]
