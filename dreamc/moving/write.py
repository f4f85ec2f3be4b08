"""The dream.yaml as text: every part with a comment on where it came from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dreamc.diagnostics.types import Path
from dreamc.document.write import yaml_text

WIDE = 100
"""Characters of a list on one line."""
ORDER = (
    "dream", "name", "profile", "mode", "hardware", "models", "providers", "fallbacks", "capabilities", "routing",
    "budget", "whitelist", "services", "gateway", "images", "data", "usage", "tests",
)  # fmt: skip


def text(value: Mapping[str, object], comments: Mapping[Path, str], header: Sequence[str]) -> str:
    """`value` as dream.yaml; `comments` stand behind the keys at their paths, on lines of their own where they hold
    several."""
    lines = [f"# {line}".rstrip() for line in header]
    for key in sorted(value, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER)):
        if isinstance(value[key], dict) and len(lines) > len(header):
            lines.append("")
        lines += _entry((key,), key, value[key], comments, "")
    return "\n".join(lines) + "\n"


def _entry(path: Path, key: str, value: object, comments: Mapping[Path, str], indent: str) -> Iterator[str]:
    start = f"{indent}{_scalar(key)}:"
    *above, behind = comments.get(path, "").split("\n")
    yield from (f"{indent}# {line}" for line in above)
    comment = f"  # {behind}" if behind else ""
    if isinstance(value, dict) and value:
        yield f"{start}{comment}"
        for name, below in value.items():
            yield from _entry((*path, name), name, below, comments, f"{indent}  ")
    elif isinstance(value, (list, tuple)) and value and not _short(value):
        yield f"{start}{comment}"
        for item in value:
            yield f"{indent}  - {flow(item)}"
    else:
        yield f"{start} {flow(value)}{comment}"


def _short(value: Sequence[object]) -> bool:
    return len(flow(value)) <= WIDE and not any(isinstance(item, dict) for item in value)


def flow(value: object) -> str:
    """On one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {flow(below)}" for key, below in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return _scalar(value)


_BARE = re.compile(r"[0-9]+(\.[0-9]+)?( x [A-Za-z][A-Za-z0-9-]*| (USD|EUR)| ?(k|M|%|ms|s|m|h|d|B|KiB|MiB|GiB|TiB))")
"""Quantities, which no reader takes for anything but text."""
_RANGE = re.compile(r"[0-9]+k?\.\.[0-9]+[kM]?")


def _scalar(value: object) -> str:
    """Text with line breaks stands on one line, in quotes."""
    if isinstance(value, str) and (_BARE.fullmatch(value) or _RANGE.fullmatch(value)):
        return value
    if isinstance(value, str) and "\n" in value:
        import json

        return json.dumps(value, ensure_ascii=False)
    return yaml_text(value).rstrip("\n")
