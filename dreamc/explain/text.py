"""Explanations as plain lines, the same on a terminal and in CI."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from dreamc.explain.route import Hop, Route
from dreamc.explain.types import Explanation, Input, Origin

WIDTH = 100
LABELS = (
    ("written", "written in"),
    ("default", "default of"),
    ("table", "from table"),
    ("chosen", "chosen in"),
    ("source", "source"),
    ("found", "depends on"),
)


def value(one: Explanation) -> str:
    """An emitted value."""
    lines = [f"{one.host}/{one.path}:{one.pointer}".rstrip(":")]
    if one.by != "parts":
        lines.append(f"  value       {_shown(one.value)}")
    lines += _labelled("what", one.why)
    lines += [line for origin in one.origins for line in _origin(origin)]
    if one.formula:
        lines += _labelled("formula", one.formula)
    lines += _inputs(one.inputs)
    lines += [
        line for note in one.notes for line in (_labelled("note", note) if one.by != "parts" else [f"    {note}"])
    ]
    return "\n".join(lines)


def route(one: Route) -> str:
    """A decision."""
    where = f"tier {one.tier}" if one.tier else "chain"
    answer = f"{where}, group {one.group}" if one.status == 200 else f"refused with HTTP {one.status}"
    lines = [f"{one.alias} in {one.mode} mode: {answer}"]
    lines += [line for reason in one.reasons for line in _labelled("because", reason)]
    if one.score is not None:
        lines.append(f"  score       {one.score:g}" + (" =" if one.factors else ": nothing found"))
        lines += [f"    {factor.weight:+.2f}  {factor.name}" for factor in one.factors]
    lines.append("  members in order")
    lines += [f"    {line}" for line in _table(tuple(_hop(number, hop) for number, hop in _numbered(one.hops)))]
    lines += [line for after in one.after for line in _labelled("then", after)]
    lines += [line for origin in one.origins for line in _origin(origin)]
    return "\n".join(lines)


def _numbered(hops: tuple[Hop, ...]) -> Iterator[tuple[str, Hop]]:
    """Those that may answer are counted; the others have a dash."""
    number = 0
    for hop in hops:
        number += not hop.barred
        yield "-" if hop.barred else f"{number}.", hop


def _hop(number: str, hop: Hop) -> tuple[str, ...]:
    price = "free" if hop.location == "local" else "price unknown"
    if hop.usd_per_mtok:
        price = f"{hop.usd_per_mtok[0]:g}/{hop.usd_per_mtok[1]:g} USD per million tokens"
    window = f"{hop.context:,} tokens" if hop.context else "window unknown"
    return (
        number,
        hop.name,
        f"{hop.location} ({hop.where})",
        window,
        price,
        f"not asked: {hop.barred}" if hop.barred else "",
    )


def _table(rows: tuple[tuple[str, ...], ...]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _origin(one: Origin) -> list[str]:
    lines = [f"  {dict(LABELS)[one.kind]:<10}  {one.where}"]
    lines += [f"              {line}" for line in wrap(one.text, WIDTH - 14)]
    facts = [one.confidence, f"checked {one.checked}" if one.checked else "", one.source]
    told = "; ".join(fact for fact in facts if fact)
    return [*lines, *([f"              ({told})"] if told else [])]


def _inputs(inputs: tuple[Input, ...]) -> list[str]:
    if not inputs:
        return []
    rows = tuple(
        (one.name, one.value.rjust(max(len(each.value) for each in inputs)), one.confidence, one.source)
        for one in inputs
    )
    return ["  inputs", *(f"    {line}" for line in _table(rows))]


def _labelled(label: str, text: str) -> list[str]:
    lines = wrap(text, WIDTH - 14, break_long_words=False) or [""]
    return [f"  {label:<10}  {lines[0]}", *(f"              {line}" for line in lines[1:])]


def _shown(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
