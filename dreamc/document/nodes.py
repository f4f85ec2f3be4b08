"""YAML text to a tree of nodes that know their offsets, from the events of the fastest parser at hand.

Events rather than PyYAML's `compose`: nesting is then bounded before anything recurses, aliases stay visible,
and no YAML 1.1 resolver runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple, cast

from dreamc.diagnostics.nearest import nearest

DEEPEST = 64
MOST_NODES = 500_000

# Only the pure parser lets the escapes "\\ud800" to "\\udfff" through.
_HALF = re.compile("[\ud800-\udfff]")
_PROPERTY = re.compile(r"(&[\w-]*|![^\s,\[\]{}]*)(\s|#[^\n]*)*")
_TAG = re.compile(r"![^\s,\[\]{}]*")

Range = tuple[int, int]
"""Offsets of what a tag is written with; both 0 where there is none."""


class Scalar(NamedTuple):
    """`plain` means written without quotes; offsets exclude anchor and tag, which stands at `tagged`."""

    start: int
    end: int
    text: str
    plain: bool
    tag: str
    tagged: Range


class Sequence(NamedTuple):
    start: int
    end: int
    items: tuple[Node, ...]
    tag: str
    tagged: Range


class Mapping(NamedTuple):
    start: int
    end: int
    pairs: tuple[tuple[Node, Node], ...]
    tag: str
    tagged: Range


class Alias(NamedTuple):
    start: int
    end: int
    target: Node


Node = Scalar | Sequence | Mapping | Alias


class Anchor(NamedTuple):
    name: str
    start: int
    end: int


class Tree(NamedTuple):
    """`root` is None for an empty file; `unused` are anchors that no alias names."""

    root: Node | None
    unused: tuple[Anchor, ...]


class Trouble(Exception):
    """Reading cannot go on at this place. Never leaves the front end."""

    def __init__(self, code: str, start: int, end: int, message: str, label: str = "", help: str = "") -> None:
        super().__init__(message)
        self.code, self.start, self.end = code, start, end
        self.message, self.label, self.help = message, label, help


class _Open:
    """A collection whose end has not been seen; `start` excludes anchor and tag."""

    __slots__ = ("anchor", "children", "event", "start", "tagged")

    def __init__(self, event: Any, start: int, anchor: Anchor | None, tagged: Range) -> None:
        self.event, self.start, self.anchor, self.tagged = event, start, anchor, tagged
        self.children: list[Node] = []


def parse(text: str) -> Tree:
    """The one document in `text`. Raises Trouble, or the parser's own `yaml.MarkedYAMLError` for a syntax error."""
    return _Composer(text).tree()


def _next_event(text: str) -> Callable[[], Any]:
    import yaml

    # libyaml is ten times faster; without it the pure parser gives the same events.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    return cast(Callable[[], Any], loader.get_event)


class _Composer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Anchor, Node]] = {}
        self.unused: dict[Anchor, None] = {}
        self.left = MOST_NODES

    def tree(self) -> Tree:
        next_event = _next_event(self.text)
        root: Node | None = None
        documents = 0
        while True:
            event = next_event()
            kind = type(event).__name__
            if kind == "ScalarEvent":
                node: Node = self._scalar(event)
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                self._begin(event)
                continue
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                node = self._finish(event)
            elif kind == "AliasEvent":
                node = self._alias(event)
            elif kind == "StreamEndEvent":
                return Tree(root, tuple(self.unused))
            else:
                documents += kind == "DocumentStartEvent"
                if documents > 1:
                    raise _second_document(event)
                continue
            if self.open:
                self.open[-1].children.append(node)
            else:
                root = node

    def _scalar(self, event: Any) -> Scalar:
        self._count(event)
        start, end = event.start_mark.index, event.end_mark.index
        anchor = self._anchor(event)
        if anchor or event.tag:
            start = self._after_properties(start, end)
        if event.style in ("|", ">"):
            # Such a scalar ends for the parser where the next token begins.
            end = start + len(self.text[start:end].rstrip())
        if not event.value.isascii() and _HALF.search(event.value):
            raise Trouble("DRM007", start, end, "an escape in this text stands for half a character")
        node = Scalar(start, end, event.value, not event.style, event.tag or "", self._tagged(event, start))
        if anchor:
            self.anchors[anchor.name] = anchor, node
        return node

    def _begin(self, event: Any) -> None:
        self._count(event)
        start = event.start_mark.index
        if len(self.open) >= DEEPEST:
            raise Trouble("DRM012", start, start + 1, f"more than {DEEPEST} levels of nesting", "one level too many")
        anchor = self._anchor(event)
        if anchor or event.tag:
            start = self._after_properties(start, len(self.text))
        self.open.append(_Open(event, start, anchor, self._tagged(event, start)))

    def _finish(self, event: Any) -> Node:
        done = self.open.pop()
        items, tag, start = tuple(done.children), done.event.tag or "", done.start
        # A block collection ends for the parser where the next token begins.
        end = event.end_mark.index if done.event.flow_style else max(start, items[-1].end) if items else start
        node: Node
        if type(event).__name__ == "MappingEndEvent":
            node = Mapping(start, end, tuple(zip(items[::2], items[1::2], strict=True)), tag, done.tagged)
        else:
            node = Sequence(start, end, items, tag, done.tagged)
        if done.anchor:
            self.anchors[done.anchor.name] = done.anchor, node
        return node

    def _alias(self, event: Any) -> Alias:
        self._count(event)
        start, end, name = event.start_mark.index, event.end_mark.index, event.anchor
        if any(outer.anchor and outer.anchor.name == name for outer in self.open):
            raise Trouble("DRM009", start, end, f"'*{name}' stands inside the value it repeats", "repeats itself")
        if name not in self.anchors:
            raise _unknown_alias(name, start, end, tuple(self.anchors))
        anchor, target = self.anchors[name]
        self.unused.pop(anchor, None)
        return Alias(start, end, target)

    def _anchor(self, event: Any) -> Anchor | None:
        if event.anchor is None:
            return None
        start = self.text.index("&", event.start_mark.index)
        anchor = Anchor(event.anchor, start, start + 1 + len(event.anchor))
        self.unused[anchor] = None
        return anchor

    def _tagged(self, event: Any, start: int) -> Range:
        found = _TAG.search(self.text, event.start_mark.index, start) if event.tag else None
        return found.span() if found else (0, 0)

    def _after_properties(self, start: int, end: int) -> int:
        while start < end and (found := _PROPERTY.match(self.text, start, end)):
            start = found.end()
        return start

    def _count(self, event: Any) -> None:
        self.left -= 1
        if self.left < 0:
            start = event.start_mark.index
            raise Trouble("DRM002", start, start + 1, f"the file holds more than {MOST_NODES:,} values")


def _second_document(event: Any) -> Trouble:
    start, end = event.start_mark.index, event.end_mark.index
    help = "keep one document in a file: remove '---' or split the file"
    return Trouble("DRM014", start, end, "a second document begins here", "expected the end of the file", help)


def _unknown_alias(name: str, start: int, end: int, known: tuple[str, ...]) -> Trouble:
    near = nearest(name, known)
    help = (
        f"did you mean '*{near}'?" if near else f"define it before with '&{name}', or quote a text that begins with '*'"
    )
    label = f"expected one of {', '.join(f'*{anchor}' for anchor in known)}" if known else "nothing has this anchor"
    return Trouble("DRM009", start, end, f"'*{name}' repeats a value that is not there", label, help)
