"""Two documents as one: a profile underneath, the user's file or an overlay on top."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from dreamc.diagnostics.types import Path, Place, Source, Span
from dreamc.document.lines import Lines, Offsets, Places
from dreamc.document.types import Document

_EMPTY = Source("", "")

Entries = dict[Path, Offsets | Place]


def merge(under: Document, over: Document) -> Document:
    """Mappings merge key by key; everything else of `over` replaces what `under` says, and brings its place along.

    Sources that claim the same index are set side by side, those of `over` behind those of `under`.
    """
    over = _beside(under, over)
    below, above = _entries(under.places), _entries(over.places)
    merging = _Merging(below, above)
    value = merging.value(under.value, over.value, ())
    entries = merging.entries
    kept = (item for item in under.from_environment if entries.get(item.path) is below.get(item.path))
    return Document(
        value,
        Places(entries),
        _sources(under.sources, over.sources),
        (*under.ignores, *over.ignores),
        (*kept, *over.from_environment),
    )


class _Merging:
    def __init__(self, below: Entries, above: Entries) -> None:
        self.below, self.above = below, above
        self.entries: Entries = {}

    def value(self, under: object, over: object, path: Path) -> object:
        self._copy(self.above, path)
        if not (isinstance(under, dict) and isinstance(over, dict)):
            return self._whole(over, path, self.above)
        merged: dict[str, object] = {}
        for key, below in under.items():
            inner = (*path, key)
            if key in over:
                merged[key] = self.value(below, over[key], inner)
            else:
                self._copy(self.below, inner)
                merged[key] = self._whole(below, inner, self.below)
        for key, above in over.items():
            if key not in under:
                self._copy(self.above, (*path, key))
                merged[key] = self._whole(above, (*path, key), self.above)
        return merged

    def _whole(self, value: object, path: Path, side: Entries) -> object:
        """`value` as it is; the places of everything in it come along."""
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            self._copy(side, (*path, key))
            self._whole(item, (*path, key), side)
        return value

    def _copy(self, side: Entries, path: Path) -> None:
        if path in side:
            self.entries[path] = side[path]


def _entries(places: Mapping[Path, Place]) -> Entries:
    return places.entries if isinstance(places, Places) else dict(places)


def _sources(under: tuple[Source, ...], over: tuple[Source, ...]) -> tuple[Source, ...]:
    longest = max(len(under), len(over))
    pairs = zip(_padded(under, longest), _padded(over, longest), strict=True)
    return tuple(below if above == _EMPTY else above for below, above in pairs)


def _padded(sources: tuple[Source, ...], length: int) -> tuple[Source, ...]:
    return sources + (_EMPTY,) * (length - len(sources))


def _beside(under: Document, over: Document) -> Document:
    """`over` with its spans moved behind the sources of `under`, where both use the same index for another text."""
    shared = zip(under.sources, over.sources, strict=False)
    if not any(below != above and _EMPTY not in (below, above) for below, above in shared):
        return over
    by = len(under.sources)
    moved: dict[int, Lines] = {}
    entries: Entries = {path: _moved(entry, by, moved) for path, entry in _entries(over.places).items()}
    ignores = tuple(replace(ignore, span=_moved_span(ignore.span, by)) for ignore in over.ignores)
    return replace(over, places=Places(entries), sources=(_EMPTY,) * by + over.sources, ignores=ignores)


def _moved(entry: Offsets | Place, by: int, moved: dict[int, Lines]) -> Offsets | Place:
    if isinstance(entry, Offsets):
        lines = moved.get(id(entry.lines))
        if lines is None:
            lines = moved[id(entry.lines)] = entry.lines.moved(by)
        return entry._replace(lines=lines)
    key = _moved_span(entry.key, by) if entry.key else None
    via = _moved_span(entry.via, by) if entry.via else None
    return Place(key, _moved_span(entry.value, by), via)


def _moved_span(span: Span, by: int) -> Span:
    return replace(span, source=span.source + by)
