"""Tokens, sizes, durations and shares: what is understood, and what is said about the rest."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from dreamc.document.scalars import Duration, Money, Share, Size, TokenRange, Tokens


def _error(kind: Any, value: object) -> tuple[str, str, str]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    (error,) = caught.value.errors()
    return error["type"], error["msg"], error["ctx"]["help"]


def _code(kind: Any, value: object) -> str:
    """The code of what is wrong with the value; empty where nothing is."""
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        return error.errors()[0]["type"]
    return ""


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Tokens, "32k", 32768), (Tokens, "128k", 131072), (Tokens, "1M", 1048576), (Tokens, 32768, 32768),
        (Tokens, "4096", 4096), (Tokens, "0.5k", 512), (Tokens, "8 K", 8192),
        (TokenRange, "8k", TokenRange(8192, 8192)), (TokenRange, "4k..16k", TokenRange(4096, 16384)),
        (TokenRange, 8192, TokenRange(8192, 8192)), (TokenRange, "4k .. 16k", TokenRange(4096, 16384)),
        (Size, "64 GiB", 64 * 2**30), (Size, "512MiB", 2**29), (Size, "1 TiB", 2**40), (Size, "64 GB", 64 * 10**9),
        (Size, "15.6 GiB", int(15.6 * 2**30)), (Size, "0 B", 0),
        (Duration, "30s", 30.0), (Duration, "24h", 86400.0), (Duration, "5m", 300.0), (Duration, "500ms", 0.5),
        (Duration, "7d", 604800.0), (Duration, "1.5 h", 5400.0),
        (Share, "80%", 0.8), (Share, "100%", 1.0), (Share, "0%", 0.0), (Share, "66.6 %", 0.666),
    ],
)  # fmt: skip
def test_quantities_are_read(kind: Any, text: object, value: object) -> None:
    assert TypeAdapter(kind).validate_python(text) == value
    hash(TypeAdapter(kind).validate_python(text))


@pytest.mark.parametrize(
    ("kind", "value", "code", "message", "help"),
    [
        (Tokens, "32q", "DRM109", "expected a number of tokens such as 32k or 32768; got '32q'", None),
        (Tokens, "32,768", "DRM109", None, "write 32768"),
        (Tokens, 0, "DRM107", "expected at least 1 token; got the number 0", ""),
        (Tokens, True, "DRM109", "expected a number of tokens such as 32k or 32768; got true", ""),
        (Tokens, 1.5, "DRM109", None, ""),
        (Tokens, "0.3", "DRM107", None, ""),
        (Tokens, "٣k", "DRM109", None, ""),
        (TokenRange, "16k..4k", "DRM107", "expected the smaller number first; got '16k..4k'", "write 4k..16k"),
        (TokenRange, "4k-16k", "DRM109", None, "write 4k..16k"),
        (TokenRange, "4k to 16k", "DRM109", None, "write 4k..16k"),
        (TokenRange, "4k..", "DRM109", None, None),
        (TokenRange, ["4k"], "DRM109", "expected tokens such as 8k, or a range such as 4k..16k; got a list", ""),
        (Size, 16, "DRM108", "16 is missing its unit: write 16 GiB", "write 16 GiB"),
        (Size, "16", "DRM108", "16 is missing its unit: write 16 GiB", "write 16 GiB"),
        (Size, "16G", "DRM109", "expected a size such as 16 GiB; got '16G'", "write 16 GiB"),
        (Size, "16 gib", "DRM109", None, "write 16 GiB"),
        (Size, "16Mi", "DRM109", None, "write 16 MiB"),
        (Size, None, "DRM109", "expected a size such as 16 GiB; got nothing", None),
        (Duration, 30, "DRM108", "30 is missing its unit: write 30s", "write 30s"),
        (Duration, "30 sec", "DRM109", "expected a duration such as 30s or 24h; got '30 sec'", None),
        (Share, 0.8, "DRM108", "0.8 is missing its unit: write 80%", "write 80%"),
        (Share, 80, "DRM108", "80 is missing its unit: write 80%", "write 80%"),
        (Share, "180%", "DRM107", "expected a share between 0% and 100%; got '180%'", ""),
        (Share, {}, "DRM109", "expected a share such as 80%; got a mapping", ""),
    ],
)
def test_what_is_wrong_with_a_quantity_is_said_in_one_line(
    kind: Any, value: object, code: str, message: str | None, help: str | None
) -> None:
    error = _error(kind, value)
    assert error[0] == code
    assert message is None or error[1] == message
    assert help is None or error[2] == help
    assert "\n" not in error[1]


@pytest.mark.parametrize("kind", [Tokens, TokenRange, Size, Duration, Share, Money])
@given(text=st.from_regex(r"[0-9]{1,4}(\.[0-9])? ?(k|M|GiB|MB|B|s|ms|h|%|USD|EUR|g)?(\.\.[0-9]k)?", fullmatch=True))
def test_the_json_schema_takes_the_text_that_the_type_takes(kind: Any, text: str) -> None:
    schema = TypeAdapter(kind).json_schema()
    matches = any(re.search(option.get("pattern", "(?!)"), text) for option in schema.get("anyOf", [schema]))
    code = _code(kind, text)
    # A pattern cannot tell that 16k..4k is upside down, or that 0.1 is no whole number of tokens.
    assert code == "DRM107" or matches == (code == "")


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.integers())))
def test_no_value_whatever_raises_anything_else(value: object) -> None:
    for kind in (Tokens, TokenRange, Size, Duration, Share, Money):
        assert _code(kind, value) == "" or _code(kind, value).startswith("DRM")
