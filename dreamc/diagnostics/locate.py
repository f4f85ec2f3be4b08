"""From the path a finding names to the span that is marked."""

from __future__ import annotations

from collections.abc import Mapping

from dreamc.diagnostics.types import Path, Place, Span


class Locator:
    """Finds spans in one set of places."""

    def __init__(self, places: Mapping[Path, Place]) -> None:
        self.places = places
        self._parents: frozenset[Path] | None = None

    def span(self, path: Path, on_key: bool = False) -> tuple[Span | None, Span | None]:
        """The span to mark for `path`, and the alias that brought it there, if one did.

        A path that was not written (a missing key, a default, the inside of a shorthand) is marked at the nearest
        thing that was: the key of the mapping it is missing from, or the shorthand itself.
        """
        place = self.places.get(path)
        if place is not None:
            return self._first_key(path, place) or _grip(place, on_key), place.via
        above = path
        while above and above not in self.places:
            above = above[:-1]
        place = self.places.get(above)
        if place is None:
            return None, None
        return self._first_key(above, place) or _grip(place, self._holds_keys(above)), place.via

    def _first_key(self, path: Path, place: Place) -> Span | None:
        """For a mapping of several lines that has no key of its own (a list item, the file): its first key."""
        if place.key is not None or place.value.start_line == place.value.end_line:
            return None
        start = place.value.start_line, place.value.start_column
        keys = (self.places[child].key for child in self.places if len(child) == len(path) + 1 and child[:-1] == path)
        return next((key for key in keys if key and (key.start_line, key.start_column) == start), None)

    def _holds_keys(self, path: Path) -> bool:
        if self._parents is None:
            self._parents = frozenset(place[:-1] for place in self.places if place)
        return path in self._parents


def _grip(place: Place, on_key: bool) -> Span:
    """The key where it is meant, and where the value is empty or a block below: that is too long to mark."""
    value, key = place.value, place.key
    if key is None:
        return value
    is_empty = (value.start_line, value.start_column) == (value.end_line, value.end_column)
    is_below = key.source == value.source and key.end_line < value.start_line and place.via is None
    return key if on_key or is_empty or is_below else value
