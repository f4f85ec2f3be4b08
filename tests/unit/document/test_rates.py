"""Power, tariffs, rents, speeds and lifetimes carry their units, and what lacks one is told the corrected text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from dreamc.document.rates import Lifetime, Power, Rent, Speed, Tariff

WATTS, YEARS, SPEED = TypeAdapter(Power), TypeAdapter(Lifetime), TypeAdapter(Speed)
TARIFF, RENT = TypeAdapter(Tariff), TypeAdapter(Rent)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (WATTS, "230 W", 230.0),
        (WATTS, "1.2kW", 1200.0),
        (SPEED, "480 tok/s", 480.0),
        (SPEED, "48.5tok/s", 48.5),
        (YEARS, "4y", 4.0),
        (YEARS, "730 d", 2.0),
        (TARIFF, "0.30 EUR/kWh", Tariff(Decimal("0.30"), "EUR")),
        (RENT, "2.40USD/h", Rent(Decimal("2.40"), "USD")),
    ],
)
def test_a_figure_with_its_unit_is_read(kind: TypeAdapter[object], text: str, value: object) -> None:
    assert kind.validate_python(text) == value


@pytest.mark.parametrize(
    ("kind", "value", "code", "help"),
    [
        (WATTS, 230, "DRM108", "write 230 W"),
        (WATTS, "230 Watt", "DRM109", "write 230 W"),
        (WATTS, "230 VA", "DRM109", "the units are W and kW"),
        (SPEED, 480, "DRM108", "write 480 tok/s"),
        (SPEED, "480 tokens/second", "DRM109", "write 480 tok/s"),
        (SPEED, "6000 tok/min", "DRM109", "write 100 tok/s"),
        (SPEED, "0 tok/s", "DRM107", ""),
        (YEARS, 4, "DRM108", "write 4y"),
        (YEARS, "36 months", "DRM109", "write 3y"),
        (YEARS, "0y", "DRM107", ""),
        (TARIFF, 0.3, "DRM108", "write 0.3 EUR/kWh"),
        (TARIFF, "0.30 EUR", "DRM108", "write 0.30 EUR/kWh"),
        (TARIFF, "300 EUR/MWh", "DRM109", "write 0.3 EUR/kWh"),
        (TARIFF, "€0.30/kWh", "DRM109", "write 0.3 EUR/kWh"),
        (TARIFF, "30 ct", "DRM109", "write 0.3 EUR/kWh"),
        (RENT, 2.4, "DRM108", "write 2.4 USD/h"),
        (RENT, "$2.40/hr", "DRM109", "write 2.4 USD/h"),
        (RENT, "57.6 USD/day", "DRM109", "write 2.4 USD/h"),
        (RENT, "-1 USD/h", "DRM109", "write it as 2.40 USD/h"),
        (RENT, ["2.40 USD/h"], "DRM109", "write it as 2.40 USD/h"),
    ],
)
def test_what_lacks_its_unit_shows_the_corrected_text(
    kind: TypeAdapter[object], value: object, code: str, help: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        kind.validate_python(value)
    (error,) = caught.value.errors()
    assert (error["type"], error["ctx"]["help"]) == (code, help)


@pytest.mark.parametrize("kind", [TARIFF, RENT])
def test_a_price_is_dumped_as_it_is_written(kind: TypeAdapter[object]) -> None:
    text = kind.json_schema()["examples"][0]
    assert kind.dump_python(kind.validate_python(text), mode="json") == text
