"""Plain values to YAML, JSON and .env text: the same value gives the same bytes, and every reader agrees on them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

# Text that no reader takes for anything else: begins with a letter, holds no ': ', ' #' and no flow indicator.
_PLAIN = re.compile(r"[A-Za-z/_][A-Za-z0-9/_.+@=-]*(?:[ :][A-Za-z0-9/_.+@=(][A-Za-z0-9/_.+@=()-]*)*")
# Words that YAML 1.1 readers take for booleans or null (https://yaml.org/type/bool.html).
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_TO_ESCAPE = re.compile(
    '[\\\\"\x00-\x1f\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufffe\uffff]'
)
_NO_BLOCK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ENV_BARE = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")


def yaml_text(value: object, header: str = "") -> str:
    """`value` in block style, two spaces deep, under `header` as a comment.

    Takes mappings with text keys, lists, tuples, text, finite numbers, booleans and None; raises TypeError or
    ValueError for anything else, which is a bug of the caller. Text with line breaks becomes a literal block.
    """
    lines = [f"# {line}".rstrip() for line in header.splitlines()]
    if isinstance(value, Mapping) and value:
        _mapping(value, "", lines)
    elif _is_list(value) and value:
        _series(value, "", lines)
    else:
        lines.append(_flat(value, ""))
    return "\n".join(lines) + "\n"


def json_text(value: object) -> str:
    """`value` as JSON, two spaces deep, keys in their given order, non-ASCII text as it is."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def env_text(values: Mapping[str, str], header: str = "", comments: Mapping[str, str] | None = None) -> str:
    """`NAME=value` lines that docker compose and a POSIX shell read alike; `comments` stand above their lines."""
    lines = [f"# {line}".rstrip() for line in header.splitlines()]
    for name, value in values.items():
        if _ENV_NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} is no name of a variable")
        lines.extend(f"# {line}".rstrip() for line in (comments or {}).get(name, "").splitlines())
        lines.append(f"{name}={_env_value(value)}")
    return "\n".join(lines) + "\n"


def _mapping(value: Mapping[object, object], indent: str, lines: list[str], first: str | None = None) -> None:
    lead = indent if first is None else first
    for key, item in value.items():
        if not isinstance(key, str):
            raise TypeError(f"a key must be text, not {key!r}")
        _entry(f"{lead}{_key(key)}:", item, indent, lines)
        lead = indent


def _entry(start: str, item: object, indent: str, lines: list[str]) -> None:
    if isinstance(item, Mapping) and item:
        lines.append(start)
        _mapping(item, indent + "  ", lines)
    elif _is_list(item) and item:
        lines.append(start)
        _series(item, indent + "  ", lines)
    else:
        lines.append(f"{start} {_flat(item, indent)}")


def _series(value: object, indent: str, lines: list[str], first: str | None = None) -> None:
    assert isinstance(value, Sequence)
    lead = indent if first is None else first
    for item in value:
        if isinstance(item, Mapping) and item:
            _mapping(item, indent + "  ", lines, f"{lead}- ")
        elif _is_list(item) and item:
            _series(item, indent + "  ", lines, f"{lead}- ")
        else:
            lines.append(f"{lead}- {_flat(item, indent)}")
        lead = indent


def _is_list(value: object) -> bool:
    return isinstance(value, (list, tuple))


def _flat(value: object, indent: str) -> str:
    """A scalar, or a collection that is empty."""
    if isinstance(value, str):
        return _block(value, indent) if "\n" in value and _is_block(value) else _text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _real(value)
    if isinstance(value, Mapping):
        return "{}"
    if _is_list(value):
        return "[]"
    raise TypeError(f"YAML text has no form for {type(value).__name__}")


def _real(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be written")
    mantissa, exponent, power = repr(value).partition("e")
    # YAML 1.1 readers take '1e-05' for text: they want the point.
    return f"{mantissa}{'' if '.' in mantissa else '.0'}{exponent}{power}"


def _key(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else _quoted(text)


def _text(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else _quoted(text)


def _quoted(text: str) -> str:
    found = _TO_ESCAPE.search(text)
    if found is None:
        return f'"{text}"'
    if not any(found[0] not in '\\"' for found in _TO_ESCAPE.finditer(text)):
        return "'" + text.replace("'", "''") + "'"
    return '"' + _TO_ESCAPE.sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return _ESCAPES.get(found[0]) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def _is_block(text: str) -> bool:
    return text.strip("\n") != "" and text[0] not in " \t\n" and _NO_BLOCK.search(text) is None


def _block(text: str, indent: str) -> str:
    body = text.rstrip("\n")
    kept = len(text) - len(body)
    sign = ("-", "", "+")[min(kept, 2)]
    lines = [f"{indent}  {line}" if line else "" for line in body.split("\n")]
    return "\n".join((f"|{sign}", *lines, *("",) * (kept - 1)))


def _env_value(value: str) -> str:
    if _ENV_BARE.fullmatch(value):
        return value
    if "'" not in value and not value.endswith("\\") and "\\'" not in value:
        return f"'{value}'"
    return '"' + re.sub(r'([\\"$])', r"\\\1", value) + '"'
