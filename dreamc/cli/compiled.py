"""What a file comes to, for the verbs that reach hosts; kept between runs, so that it is compiled when it has changed.

What is kept is an optimisation and nothing else: it is named after a digest of all that decides the result, begins with
a digest of itself, and is passed over where that does not hold. A file that takes values from the environment is
compiled each time, since they may be secrets; so is one that names further files. It can be deleted at any moment.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import DecodeError, Struct, ValidationError, msgpack

import dreamc
from dreamc import resources
from dreamc.artifact.types import Bundle
from dreamc.cli.loading import load
from dreamc.cli.options import day, overlay_name, request

if TYPE_CHECKING:
    from dreamc.cli.findings import Whole
    from dreamc.stack.types import Stack

FORM = 1
"""Counts the changes of what is kept."""
LARGEST = 16 << 20
"""Bytes beyond which a result is not kept: reading it back would not be faster by much."""
NEWEST = 8
"""How many results are kept; older ones are removed."""
DIGEST = 64
"""Hex digits at the beginning of a kept result."""


class Compiled(Struct, frozen=True):
    """A stack by the names that hosts know it by; `addresses` by host in the order of the file, `bundles` likewise."""

    name: str
    root: str
    project: str
    input_sha256: str
    addresses: dict[str, str]
    bundles: tuple[Bundle, ...]


def compiled(ctx: click.Context, file: Path, overlay: str | None, today: str | None, otherwise: str) -> Compiled:
    """The file compiled, now or before; one with errors shows them, says `otherwise` and ends the command."""
    texts = _texts(file, overlay_name(overlay))
    place = _place(file, texts, day(today))
    kept = _read(place) if place else None
    if kept is not None:
        return kept
    load("dreamc.cli.findings")
    from dreamc.cli.findings import whole

    found = whole(ctx, request(file, overlay, today), otherwise)
    made = of(found.stack)
    if place and _is_all(found, tuple(texts.values())):
        _write(place, made)
    return made


def of(stack: Stack) -> Compiled:
    """A resolved stack with all its bundles."""
    from dreamc.backends.compose import project_name
    from dreamc.compiler import emit

    addresses = {host.name: host.address for host in stack.hosts}
    return Compiled(stack.name, stack.root, project_name(stack), stack.input_sha256, addresses, emit(stack))


def _texts(file: Path, overlay: str | None) -> dict[str, bytes | None]:
    """The file and what is looked for beside it, by name; None for what cannot be read or is not there."""
    if not file.name:
        return {}
    beside = (f".{overlay}" if overlay else None, ".lock", ".calibration")
    names = (file, *(file.with_name(f"{file.stem}{one}{file.suffix}") if one else None for one in beside))
    return {f"{number} {path}": _bytes(path) if path else None for number, path in enumerate(names)}


def _bytes(path: Path) -> bytes | None:
    """None also for a pipe, which can be read only once, and for what is larger than any file of ours."""
    try:
        known = path.stat()
        return path.read_bytes() if stat.S_ISREG(known.st_mode) and known.st_size <= LARGEST else None
    except OSError:
        return None


def _place(file: Path, texts: Mapping[str, bytes | None], today: date) -> Path | None:
    """Where the result is kept; None where there is no such place, or it cannot be told what decides the result."""
    try:
        folder = _folder() if texts else None
        return folder / _key(file, texts, today) if folder else None
    except OSError:  # a file of the program has gone between being listed and being looked at
        return None


def _key(file: Path, texts: Mapping[str, bytes | None], today: date) -> str:
    """Of the texts and their names, of the day, and of the program that reads them."""
    read = {name: None if text is None else sha256(text).hexdigest() for name, text in texts.items()}
    said = (FORM, sys.version, today.isoformat(), str(file), read, _program(), _distributions())
    return sha256(msgpack.encode(said)).hexdigest()


def _program() -> list[tuple[str, int, int]]:
    """Every file of this package and of what it ships, with its size and time."""
    places = (resources.folder("templates"), resources.folder("schemas"), resources.folder("profiles"))
    left = [str(place) for place in (Path(dreamc.__file__).parent, *places) if place]
    found: list[tuple[str, int, int]] = []
    while left:
        with os.scandir(left.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    left += [entry.path] if entry.name != "__pycache__" else []
                else:
                    known = entry.stat()
                    found.append((entry.path, known.st_size, known.st_mtime_ns))
    return sorted(found)


def _distributions() -> list[str]:
    """What is installed here, by name and version; of ourselves also the digests of all files, for images of containers
    whose files all have one time."""
    found: list[str] = []
    for folder in sys.path:
        with suppress(OSError):
            names = [name for name in os.listdir(folder or ".") if name.endswith(".dist-info")]
            ours = (_bytes(Path(folder, name, "RECORD")) for name in names if name.startswith("dreamc-"))
            found += [*names, *(sha256(record).hexdigest() for record in ours if record)]
    return sorted(found)


def _is_all(found: Whole, texts: tuple[bytes | None, ...]) -> bool:
    """Whether these texts are what was compiled, and nothing else had a say in it."""
    from dreamc.compiler import CALIBRATION, LOCK, MAIN, OVERLAY
    from dreamc.inputs import stands_alone

    sources = found.document.sources
    read = (sources[index].text for index in (MAIN, OVERLAY, LOCK, CALIBRATION))
    same = all(one == (given or b"").decode("utf-8", "replace") for one, given in zip(read, texts, strict=True))
    return same and stands_alone(found.dream) and not any("${" in one.text for one in sources)


def _folder() -> Path | None:
    """A directory of this user alone; None where there is none to be had."""
    home, given = os.environ.get("HOME", ""), os.environ.get("XDG_CACHE_HOME", "")
    cache = Path(given) if Path(given).is_absolute() else Path(home, ".cache")
    place = cache / "dreamc" / "compiled"
    if not place.is_absolute():
        return None
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = place.lstat()
    mine = stat.S_ISDIR(known.st_mode) and known.st_uid == os.getuid() and stat.S_IMODE(known.st_mode) == 0o700
    return place if mine else None


def _read(place: Path) -> Compiled | None:
    """What was kept there, if it is whole."""
    data = _bytes(place) or b""
    if data[:DIGEST] != _digest(place.name, data[DIGEST:]):
        return None
    try:
        return msgpack.decode(data[DIGEST:], type=Compiled)
    except (DecodeError, ValidationError):
        return None


def _write(place: Path, made: Compiled) -> None:
    """Keeps it; a disk that does not take it is no reason to stop."""
    data = msgpack.encode(made)
    if len(data) + DIGEST > LARGEST:
        return
    fresh = place.with_name(f"{place.name}.{os.getpid()}")
    with suppress(OSError):
        fresh.write_bytes(_digest(place.name, data) + data)
        fresh.replace(place)
        by_age = sorted(place.parent.iterdir(), key=lambda one: one.stat().st_mtime_ns, reverse=True)
        for old in by_age[NEWEST:]:
            old.unlink(missing_ok=True)


def _digest(key: str, data: bytes) -> bytes:
    return sha256(key.encode() + data).hexdigest().encode()
