"""YAML text to a Document: plain values with YAML 1.2 meaning, and the place of each of them."""

from __future__ import annotations

import re
from functools import cache

from dreamc.diagnostics.types import Diagnostic, Source
from dreamc.document.build import Builder
from dreamc.document.comments import find_ignores
from dreamc.document.lines import Lines, Places
from dreamc.document.nodes import Mapping, Tree, Trouble, parse
from dreamc.document.syntax import explain_syntax
from dreamc.document.types import Document

LARGEST = 8 * 1024 * 1024
"""Bytes of UTF-8 that one dream.yaml may have."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read(source: Source, index: int = 0) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """The document in `source`; its spans say `index`, and its `sources` are padded so that the index fits.

    None when there is no mapping to go on with. Otherwise the document comes with what was found in it:
    after a duplicate key, say, later phases can still report their own.
    """
    lines = Lines(index, source.text)
    try:
        _check_text(source.text)
        tree = _parse(source.text)
        return _build(source, tree, lines)
    except Trouble as trouble:
        span = lines.span(trouble.start, trouble.end)
        return None, (Diagnostic(trouble.code, (), trouble.message, trouble.label, trouble.help, span=span),)


def _check_text(text: str) -> None:
    if len(text) > LARGEST:
        raise Trouble("DRM002", 0, 0, f"the file is larger than {LARGEST >> 20} MiB")
    found = (_CONTROL if text.isascii() else _forbidden()).search(text)
    if found:
        shown = f"U+{ord(found[0]):04X}"
        help = "remove it; it is invisible in most editors"
        raise Trouble("DRM004", found.start(), found.end(), f"the character {shown} is not allowed", "", help)


@cache
def _forbidden() -> re.Pattern[str]:
    """What YAML does not allow, and line breaks that YAML 1.1 knows and editors do not. Compiling it takes 3 ms."""
    return re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def _parse(text: str) -> Tree:
    from yaml import MarkedYAMLError

    try:
        return parse(text)
    except MarkedYAMLError as error:
        raise explain_syntax(text, error) from error


def _build(source: Source, tree: Tree, lines: Lines) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    root = tree.root
    if root is None or (root.start == root.end and not isinstance(root, Mapping)):
        raise Trouble("DRM005", 0, 0, "the file is empty", "expected 'dream: 1'", "write a starter with: dreamc init")
    if not isinstance(root, Mapping):
        message = "the file must be a mapping (key: value) at its top level"
        raise Trouble("DRM013", root.start, root.end, message, "expected a key such as 'dream: 1'")
    builder = Builder(lines)
    value = builder.value(root)
    ignores, comments = find_ignores(source.text, root, lines)
    sources = (*(Source("", ""),) * lines.source, source)
    unused = (
        Diagnostic(
            "DRM019", (), f"nothing repeats '&{anchor.name}'", "unused", span=lines.span(anchor.start, anchor.end)
        )
        for anchor in tree.unused
    )
    found = {(item.code, item.span): item for item in (*builder.found, *unused, *comments)}
    return Document(value, Places(builder.entries), sources, ignores), tuple(found.values())
