"""`# dreamc: ignore[CODE, CODE] reason` comments: which line they speak of, and why."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from dreamc.diagnostics.types import Diagnostic, Ignore
from dreamc.document.lines import Lines
from dreamc.document.nodes import Alias, Node, Scalar, Sequence

_COMMENT = re.compile(r"(?:(?<=^)|(?<=[\s]))#\s*dreamc:[^\S\r\n]*(?P<body>[^\r\n]*)", re.MULTILINE)
_IGNORE = re.compile(r"ignore\s*\[(?P<codes>[^\]]*)\](?P<reason>.*)")
_CODE = re.compile(r"DRM[0-9]{3}")
_BLANK = re.compile(r"\s*(#.*)?")


def find_ignores(text: str, root: Node | None, lines: Lines) -> tuple[tuple[Ignore, ...], tuple[Diagnostic, ...]]:
    """One Ignore per code named. A `#` inside a scalar begins no comment, which is why the tree is needed."""
    if "dreamc:" not in text:
        return (), ()
    inside = sorted({(node.start, node.end) for node in _scalars(root)})
    ignores: list[Ignore] = []
    found: list[Diagnostic] = []
    for comment in _COMMENT.finditer(text):
        if not _is_inside(comment.start(), inside):
            _read_comment(comment, text, lines, ignores, found)
    return tuple(ignores), tuple(found)


def _read_comment(
    comment: re.Match[str], text: str, lines: Lines, ignores: list[Ignore], found: list[Diagnostic]
) -> None:
    span = lines.span(comment.start(), comment.end("body"))
    parts = _IGNORE.fullmatch(comment["body"].strip())
    codes = [code.strip() for code in parts["codes"].split(",")] if parts else []
    if parts is None or not all(_CODE.fullmatch(code) for code in codes):
        message = "this comment for dreamc cannot be read"
        label = "expected dreamc: ignore[DRM301] and a reason"
        found.append(Diagnostic("DRM043", (), message, label, span=span))
        return
    line = _line_meant(span.start_line, comment.start(), text, lines)
    reason = parts["reason"].strip().lstrip("-:— ").strip()
    ignores.extend(Ignore(code, line, reason, span) for code in codes)


def _line_meant(line: int, offset: int, text: str, lines: Lines) -> int:
    """The comment's own line, or when it stands alone the next line that is not a comment."""
    if text[lines.starts[line - 1] : offset].strip():
        return line
    while line < len(lines.starts):
        end = lines.starts[line + 1] if line + 1 < len(lines.starts) else len(text)
        if _BLANK.fullmatch(text[lines.starts[line] : end].rstrip("\r\n")) is None:
            return line + 1
        line += 1
    return line


def _scalars(root: Node | None) -> Iterable[Scalar]:
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            yield node
        elif isinstance(node, Sequence):
            waiting.extend(node.items)
        elif not isinstance(node, Alias):
            waiting.extend(part for pair in node.pairs for part in pair)


def _is_inside(offset: int, spans: list[tuple[int, int]]) -> bool:
    position = bisect_right(spans, (offset, len(spans) and spans[-1][1] + 1))
    return position > 0 and offset < spans[position - 1][1]
