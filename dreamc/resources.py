"""Finds the templates, schemas and profiles that travel with the program, in a wheel or in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from dreamc.errors import DreamError

Kind = Literal["templates", "schemas", "profiles"]

_PACKAGE = Path(__file__).resolve().parent


def names(kind: Kind) -> tuple[str, ...]:
    """Relative posix paths of all files of this kind, suffix included, sorted."""
    place = folder(kind)
    if place is None:
        return ()
    found = (path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())
    return tuple(sorted(name for name in found if not _is_hidden(name)))


def text(kind: Kind, name: str) -> str:
    """The file's text; raises DreamError when it is not among `names(kind)`."""
    place = folder(kind)
    if place is None or name not in names(kind):
        raise DreamError(f"{kind}/{name} is not part of this installation", "nothing was written", "reinstall dreamc")
    return (place / name).read_text(encoding="utf-8")


def folder(kind: Kind) -> Path | None:
    """Where the files of this kind lie; None in an installation that is damaged."""
    # A wheel carries the folders inside the package, a checkout beside it.
    for place in (_PACKAGE / kind, _PACKAGE.parent / kind):
        if place.is_dir():
            return place
    return None


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__")) for part in name.split("/"))
