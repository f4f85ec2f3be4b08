"""The account of an import, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator

from dreamc.diagnostics.codes import severity
from dreamc.moving.move import Moved
from dreamc.moving.types import VERDICTS, Row

TITLES = {"taken": "Taken", "corrected": "Corrected", "left": "Not expressible"}


def summary(moved: Moved) -> str:
    """A line per source, what was assumed, and what remains to be done."""
    lines = [f"{name}: {kind}" + _counts(moved, name) for name, kind in moved.kinds]
    lines += [f"{name}: nothing that dreamc knows" for name in moved.strange]
    total = Counter(row.verdict for row in moved.rows)
    lines.append(
        f"{len(moved.rows)} keys: " + ", ".join(f"{total[verdict]} {word}" for verdict, word in VERDICTS.items())
    )
    lines += [f"two minds: {one.path}: {one.kept} is kept, {one.dropped} is not ({one.why})" for one in moved.conflicts]
    lines += [f"assumed: {one}" if one.startswith("hardware") else f"note: {one}" for one in moved.assumed]
    lines += _bundle(moved)
    return "\n".join(lines) + "\n"


def as_text(moved: Moved) -> str:
    """Every key: corrected ones and those without a place first, each with its reason."""
    parts = [summary(moved)]
    for verdict in ("corrected", "left", "taken"):
        rows = [row for row in moved.rows if row.verdict == verdict]
        if rows:
            parts.append(f"\n{TITLES[verdict]}:\n" + "".join(f"  {_line(row)}\n" for row in rows))
    return "".join(parts)


def as_markdown(moved: Moved) -> str:
    """A table per source."""
    lines = ["# What became of every key", "", *(f"- {line}" for line in summary(moved).splitlines()), ""]
    for name in dict.fromkeys(row.file for row in moved.rows):
        lines += [f"## {name}", "", "| line | key | verdict | dream.yaml | why |", "|---|---|---|---|---|"]
        for row in (row for row in moved.rows if row.file == name):
            cells = (str(row.line), f"`{row.key}`", VERDICTS[row.verdict], row.target and f"`{row.target}`", row.reason)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


def as_json(moved: Moved) -> str:
    """The same for programs."""
    value = {
        "version": 1,
        "sources": [{"file": name, "kind": kind} for name, kind in moved.kinds],
        "unknown": list(moved.strange),
        "counts": dict(Counter(VERDICTS[row.verdict] for row in moved.rows)),
        "keys": [
            {"file": row.file, "line": row.line, "key": row.key, "verdict": VERDICTS[row.verdict], "target": row.target,
             "reason": row.reason}
            for row in moved.rows
        ],
        "conflicts": [
            {"path": one.path, "kept": one.kept, "dropped": one.dropped, "why": one.why} for one in moved.conflicts
        ],
        "assumed": list(moved.assumed),
        "remaining": [
            {"code": one.code, "severity": severity(one.code), "path": list(one.path), "message": one.message}
            for one in moved.remaining
        ],
        **_proof(moved),
    }  # fmt: skip
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _proof(moved: Moved) -> dict[str, object]:
    if moved.differs is None:
        return {}
    return {"differs": list(moved.differs), "own": list(moved.own), "same": moved.same}


def _counts(moved: Moved, name: str) -> str:
    rows = [row for row in moved.rows if row.file == name]
    count = Counter(row.verdict for row in rows)
    return ", " + ", ".join(f"{count[verdict]} {word}" for verdict, word in VERDICTS.items()) if rows else ""


def _bundle(moved: Moved) -> Iterator[str]:
    if moved.differs is None:
        return
    if moved.own:
        yield f"{len(moved.own)} files are the compiler's own, and those of another version"
    if not moved.differs:
        yield f"compiles to the same {moved.same} files, byte for byte but for the digest of dream.yaml in them"
    else:
        shown: Iterable[str] = moved.differs[:12]
        yield f"{len(moved.differs)} of the bundle's files would be written otherwise: {', '.join(shown)}"


def _line(row: Row) -> str:
    target = f" -> {row.target}" if row.target else ""
    reason = f": {row.reason}" if row.reason else ""
    return f"{row.file}:{row.line} {row.key}{target}{reason}"


FORMATS = {"text": as_text, "json": as_json, "markdown": as_markdown}
