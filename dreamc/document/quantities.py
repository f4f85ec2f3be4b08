"""Numbers with units as users write them: tokens, sizes, durations, shares."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Struct
from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

from dreamc.document.mistake import mistake, parsed_by, unitless

_TOKENS = "a number of tokens such as 32k or 32768"
_RANGE = "tokens such as 8k, or a range such as 4k..16k"
_SIZE = "a size such as 16 GiB"
_DURATION = "a duration such as 30s or 24h"
_SHARE = "a share such as 80%"

_TOKEN_FACTORS = {"": 1, "k": 1024, "K": 1024, "m": 1024**2, "M": 1024**2}
_BYTES = {
    "B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4, "PiB": 1024**5,
    "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15,
}  # fmt: skip
_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600), "d": Decimal(86400)}

NUMBER = r"[0-9]{1,15}(\.[0-9]{1,9})?"
_TOKEN_TEXT = rf"{NUMBER} ?[kKmM]?"
_RANGE_TEXT = rf"{_TOKEN_TEXT}( ?\.\. ?{_TOKEN_TEXT})?"
_SIZE_TEXT = rf"{NUMBER} ?({'|'.join(_BYTES)})"
_DURATION_TEXT = rf"{NUMBER} ?({'|'.join(_SECONDS)})"
_SHARE_TEXT = r"(100|[0-9]{1,2}(\.[0-9]{1,9})?) ?%"
_WHOLE: dict[str, object] = {"type": "integer", "minimum": 1}


class TokenRange(Struct, frozen=True):
    """At least `floor` and at most `ceiling` tokens; both are the same where one number was written."""

    floor: int
    ceiling: int

    def __str__(self) -> str:
        return str(self.floor) if self.floor == self.ceiling else f"{self.floor}..{self.ceiling}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return parsed_by(token_range)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [_WHOLE, {"type": "string", "pattern": f"^{_RANGE_TEXT}$", "examples": ["8k", "4k..16k"]}]}


def tokens(value: object) -> int:
    """'32k' is 32,768 tokens, '1M' 1,048,576; a whole number is itself."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 1:
            raise mistake("DRM107", value, "at least 1 token")
        return value
    if not isinstance(value, str) or re.fullmatch(_TOKEN_TEXT, value) is None:
        raise mistake("DRM109", value, _TOKENS, _token_help(value))
    number, unit = _split(value)
    count = number * _TOKEN_FACTORS[unit]
    if count < 1 or count != int(count):
        raise mistake("DRM107", value, "a whole number of tokens, at least 1")
    return int(count)


def token_range(value: object) -> TokenRange:
    """'8k' or 8192 is a range of one number; '4k..16k' is at least 4,096 and at most 16,384 tokens."""
    if isinstance(value, TokenRange):
        return value
    if isinstance(value, str):
        if re.fullmatch(_RANGE_TEXT, value) is None:
            raise mistake("DRM109", value, _RANGE, _token_help(value))
        low, _, high = (part.strip() for part in value.partition(".."))
        floor, ceiling = tokens(low), tokens(high or low)
        if floor > ceiling:
            raise mistake("DRM107", value, "the smaller number first", f"write {high}..{low}")
        return TokenRange(floor, ceiling)
    if isinstance(value, int) and not isinstance(value, bool):
        return TokenRange(tokens(value), value)
    raise mistake("DRM109", value, _RANGE)


def size(value: object) -> int:
    """Bytes. '16 GiB' is binary, '64 GB' decimal; a number alone is an error that names the unit."""
    if is_number(value):
        raise unitless(value, _SIZE, f"{value} GiB")
    if not isinstance(value, str) or re.fullmatch(_SIZE_TEXT, value) is None:
        raise mistake("DRM109", value, _SIZE, _size_help(value))
    number, unit = _split(value)
    return int(number * _BYTES[unit])


def some_size(value: object) -> int:
    """Bytes, more than none."""
    found = size(value)
    if not found:
        raise mistake("DRM107", value, "more than nothing, such as 16 GiB")
    return found


def duration(value: object) -> float:
    """Seconds, from '500ms', '30s', '5m', '24h', '7d'."""
    if is_number(value):
        raise unitless(value, _DURATION, f"{value}s")
    if not isinstance(value, str) or re.fullmatch(_DURATION_TEXT, value) is None:
        raise mistake("DRM109", value, _DURATION, f"the units are {', '.join(_SECONDS)}")
    number, unit = _split(value)
    return float(number * _SECONDS[unit])


def share(value: object) -> float:
    """0..1, from '80%'. A number alone is an error that shows the per cent."""
    if is_number(value):
        raise unitless(value, _SHARE, _as_percent(value))
    if not isinstance(value, str) or re.fullmatch(rf"{NUMBER} ?%", value) is None:
        raise mistake("DRM109", value, _SHARE)
    if re.fullmatch(_SHARE_TEXT, value) is None:
        raise mistake("DRM107", value, "a share between 0% and 100%")
    return float(_split(value)[0] / 100)


def is_number(value: object) -> bool:
    """Whether this is a number alone that only lacks its unit, written plainly or between quotes."""
    if isinstance(value, (int, float)):
        return not isinstance(value, bool) and 0 <= value < math.inf
    return isinstance(value, str) and re.fullmatch(NUMBER, value) is not None


def _split(text: str) -> tuple[Decimal, str]:
    number = re.match(NUMBER, text)
    assert number is not None
    return Decimal(number[0]), text[number.end() :].strip()


def _token_help(value: object) -> str:
    if not isinstance(value, str):
        return ""
    plain = re.sub(r"[,_ ]", "", value)
    if re.fullmatch(_RANGE_TEXT, plain):
        return f"write {plain}"
    both = re.fullmatch(rf"({_TOKEN_TEXT})(-|to|…|\.{{3}})({_TOKEN_TEXT})", plain)
    if both:
        return f"write {both[1]}..{both[4]}"
    number = re.match(NUMBER, plain)
    return f"the units are k (1,024 tokens) and M, as in {number[0]}k" if number else ""


def _size_help(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(rf"-\s*{_SIZE_TEXT}", value):
        return "a size is never less than nothing"
    found = re.fullmatch(rf"({NUMBER})\s*([A-Za-z]+)", value) if isinstance(value, str) else None
    unit = found[3].lower() if found else ""
    for known in ("GiB", "MiB", "TiB", "KiB", "PiB", "GB", "MB", "TB", "KB", "PB", "B"):
        # '16G' and '16Gi' mean GiB to docker and Kubernetes.
        if found and unit in (known.lower(), known.lower().removesuffix("b"), known.lower().removesuffix("ib")):
            return f"write {found[1]} {known}"
    return "the units are B, KiB, MiB, GiB, TiB, PiB, and KB, MB, GB, TB, PB for powers of ten"


def _as_percent(value: object) -> str:
    number = Decimal(str(value))
    return f"{(number * 100 if number <= 1 else number).normalize():f}%"


def _text(pattern: str, example: str) -> dict[str, object]:
    return {"type": "string", "pattern": f"^{pattern}$", "examples": [example]}


Tokens = Annotated[
    int, BeforeValidator(tokens), WithJsonSchema({"anyOf": [_WHOLE, _text(_TOKEN_TEXT, "32k")]})
]  # fmt: skip
Size = Annotated[int, BeforeValidator(size), WithJsonSchema(_text(_SIZE_TEXT, "16 GiB"))]
SomeSize = Annotated[int, BeforeValidator(some_size), WithJsonSchema(_text(_SIZE_TEXT, "16 GiB"))]
"""A size that is not nothing."""
Duration = Annotated[float, BeforeValidator(duration), WithJsonSchema(_text(_DURATION_TEXT, "30s"))]
Share = Annotated[float, BeforeValidator(share), WithJsonSchema(_text(_SHARE_TEXT, "80%"))]
