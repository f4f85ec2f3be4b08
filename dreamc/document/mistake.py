"""How a scalar type or a model says what is wrong with a value, in a form that `validate` can place and reword."""

from __future__ import annotations

from collections.abc import Callable

from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dreamc.document.words import describe


def mistake(code: str, value: object, expected: str, help: str = "", secret: bool = False) -> PydanticCustomError:
    """An error to raise from a pydantic validator: `expected` completes the sentence 'expected ...; got ...'.

    `help` must not repeat the value when `secret` is set; a secret value is never described.
    """
    got = "a value that is not shown" if secret else describe(value)
    context = {"message": f"expected {expected}; got {got}", "expected": expected, "help": help, "secret": secret}
    return PydanticCustomError(code, "{message}", context)


def unitless(value: object, expected: str, corrected: str, noun: str = "unit") -> PydanticCustomError:
    """A number without its unit: names what is missing and shows the corrected text."""
    message = f"{value} is missing its {noun}: write {corrected}"
    context = {"message": message, "expected": expected, "exact": True, "help": f"write {corrected}"}
    return PydanticCustomError("DRM108", "{message}", context)


def wrong(code: str, message: str, label: str = "", help: str = "") -> PydanticCustomError:
    """An error whose whole message is given; for rules that 'expected ...; got ...' does not fit."""
    context = {"message": message, "label": label, "help": help}
    return PydanticCustomError(code, "{message}", context)


def parsed_by(parse: Callable[[object], object]) -> CoreSchema:
    """The pydantic schema of a value class: `parse` takes what was written or an instance; it is dumped as `str`."""
    return core_schema.no_info_plain_validator_function(parse, serialization=core_schema.to_string_ser_schema())
