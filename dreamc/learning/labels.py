"""Reads labels: a JSON object per line, `{"id": …, "ok": true}` or `{"action": …, "tier": …, "ok": 0.8}`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from dreamc.knowledge.nearest import nearest
from dreamc.learning.outcomes import Label

LONGEST = 200
"""Characters of an id or a name."""
MOST = 5
"""Problems that are said; one mistake tends to be made on every line."""


def read_labels(name: str, lines: Iterable[bytes], tiers: Sequence[str]) -> tuple[tuple[Label, ...], tuple[str, ...]]:
    """The labels, and what is wrong with lines that are none, each as `name:line: what`. Empty lines are skipped."""
    found: list[Label] = []
    problems: list[str] = []
    for number, raw in enumerate(lines, 1):
        text = raw.removeprefix(b"\xef\xbb\xbf").strip()
        label = _label(text, number, tiers) if text else None
        if isinstance(label, Label):
            found.append(label)
        elif label is not None:
            problems.append(f"{name}:{number}: {label}")
        if len(problems) >= MOST:
            break
    return tuple(found), tuple(problems)


def _label(text: bytes, number: int, tiers: Sequence[str]) -> Label | str:
    """The label, or what is wrong with it."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "not JSON; expected an object per line"
    if not isinstance(value, dict):
        return 'expected an object such as {"id": "…", "ok": true}'
    ok, score = _share(value.get("ok")), _share(value.get("score"))
    if ok is None:
        return (
            "no 'ok'" if "ok" not in value else f"ok: {_shown(value['ok'])} is not true, false or a number from 0 to 1"
        )
    if value.get("score") is not None and score is None:
        return f"score: {_shown(value['score'])} is not a number from 0 to 1"
    names = {key: value.get(key) or "" for key in ("id", "action", "tier")}
    wrong = next((key for key, one in names.items() if not isinstance(one, str) or len(one) > LONGEST), None)
    if wrong is not None:
        return f"{wrong}: expected text of at most {LONGEST} characters"
    return _unfit(names, tiers) or Label(ok, **names, score=score, line=number)


def _unfit(names: dict[str, Any], tiers: Sequence[str]) -> str:
    """Why the names do not say which outcome it is; empty where they do."""
    if names["tier"] and names["tier"] not in tiers:
        close = nearest(names["tier"], tiers, 1)
        advice = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(tiers)}"
        return f"there is no tier '{names['tier']}'; {advice}"
    if names["id"] or (names["action"] and names["tier"]):
        return ""
    return "says neither an id nor an action and its tier"


def _share(value: object) -> float | None:
    if isinstance(value, bool):
        return float(value)
    return float(value) if isinstance(value, (int, float)) and 0 <= value <= 1 else None


def _shown(value: object) -> str:
    return msgspec.json.encode(value).decode(errors="replace")[:40]
