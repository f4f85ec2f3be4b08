"""What `dreamc lock` changed, a line per row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dreamc.hub.pins import ImagePin, Lock, ModelPin

SHORT = 12
"""Hex digits that are shown of a digest."""
GB = 10**9
"""Downloads are counted in decimal units, as registries and disks do."""


def table(old: Lock, new: Lock) -> str:
    """Aligned columns: what happened, what, from, to, bytes to fetch; then the sum."""
    rows = [*_rows(old.models, new.models), *_rows(old.images, new.images), *_places(old, new)]
    if not rows:
        return "nothing to lock\n"
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join(f"{cell:{'>' if index == 3 else '<'}{widths[index]}}" for index, cell in enumerate(row)).rstrip()
             for row in rows]  # fmt: skip
    total = sum(one.size for one in new.models.values()) + sum(one.size for one in new.images.values())
    return "\n".join((*lines, f"{_size(total)} in all, where nothing is there yet", ""))


def _rows(
    old: Mapping[str, ModelPin] | Mapping[str, ImagePin], new: Mapping[str, ModelPin] | Mapping[str, ImagePin]
) -> Iterator[tuple[str, str, str, str]]:
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if after is None:
            yield "removed", key, _short(before), ""
        elif before is None:
            yield "new", key, _short(after), _size(after.size)
        elif _short(before) != _short(after):
            yield "changed", key, f"{_short(before)} -> {_short(after)}", _size(after.size)
        else:
            yield "same", key, _short(after), _size(after.size)


def _places(old: Lock, new: Lock) -> Iterator[tuple[str, str, str, str]]:
    """Only what moves: a place that stays is nothing to read about."""
    for name in sorted({*old.placement, *new.placement}):
        before, after = _seats(old.placement.get(name)), _seats(new.placement.get(name))
        if before != after:
            yield "placed" if after else "removed", name, " -> ".join(part for part in (before, after) if part), ""


def _seats(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else ""


def _short(pin: ModelPin | ImagePin | None) -> str:
    if pin is None:
        return ""
    revision = pin.revision if isinstance(pin, ModelPin) else ""
    return (revision or pin.digest.removeprefix("sha256:"))[:SHORT]


def _size(size: int) -> str:
    return f"{size / GB:.2f} GB" if size >= GB // 100 else f"{size / 1000:,.1f} kB"
