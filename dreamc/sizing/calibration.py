"""Reads the measured constants of knowledge/calibration.yaml, by vLLM version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import dreamc.knowledge
from dreamc.sizing.types import CONFIDENCES, Confidence

Version = tuple[int, int]
Row = Mapping[str, object]


@cache
def version(text: str) -> Version:
    """Major and minor of "0.33.0", "v0.11.2" or "0.10.2rc1"; a text without a number counts as the newest known."""
    found = re.match(r"v?(\d+)\.(\d+)", text.strip())
    if found is None:
        return version(str(row("newest_known")["version"]))
    return int(found[1]), int(found[2])


def row(name: str) -> Row:
    """One row of the table, a mapping with ``source`` and ``checked``."""
    found = _table()[name]
    assert isinstance(found, Mapping)
    return found


def rows(name: str) -> tuple[Row, ...]:
    """A list of rows, in file order."""
    found = _table()[name]
    assert isinstance(found, list)
    return tuple(found)


@cache
def at(name: str, when: Version, **keys: object) -> Row | None:
    """The last row of ``name`` that matches ``keys`` and holds for vLLM ``when``."""
    matching = [
        found
        for found in rows(name)
        if version(str(found.get("from", "0.0"))) <= when
        and all(found.get(key) == wanted for key, wanted in keys.items())
    ]
    return matching[-1] if matching else None


def value(name: str, when: Version, **keys: object) -> float:
    """The number in the row that ``at`` finds; 0 where there is none."""
    found = at(name, when, **keys)
    return real(found, "value") if found else 0.0


def real(found: Row, key: str) -> float:
    """A number of a row."""
    number = found[key]
    assert isinstance(number, (int, float))
    return float(number)


def whole(found: Row, key: str) -> int:
    """A whole number of a row."""
    return int(real(found, key))


def confidence(found: Row) -> Confidence:
    """How sure a row is; one that does not say was measured."""
    said = str(found.get("confidence", "calibrated"))
    return next(one for one in CONFIDENCES if one == said)


def source(found: Row) -> str:
    """Where a row comes from."""
    return str(found["source"])


@cache
def _table() -> Mapping[str, object]:
    import yaml

    text = (Path(dreamc.knowledge.__file__).parent / "calibration.yaml").read_text(encoding="utf-8")
    loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    assert isinstance(loaded, dict)
    return loaded
