"""A Document is plain values plus the place of each of them in the text they were read from."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from dreamc.diagnostics.types import FromEnvironment, Ignore, Path, Place, Source, Span

__all__ = ["Document", "FromEnvironment", "Ignore", "Path", "Place", "Source", "Span"]


class Document(Struct, frozen=True):
    """`value` holds only dict (insertion ordered, text keys), list, str, int, float, bool and None.

    `Span.source` of every place is an index into `sources`.
    """

    value: object
    places: Mapping[Path, Place]
    sources: tuple[Source, ...]
    ignores: tuple[Ignore, ...] = ()
    from_environment: tuple[FromEnvironment, ...] = ()
