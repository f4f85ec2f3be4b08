"""The last resort: change one key of dream.yaml after the other, compile again, and see what follows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher

from msgspec import Struct
from msgspec.structs import replace

from dreamc.artifact.types import Bundle
from dreamc.backends.emit import emit
from dreamc.diagnostics.types import Path
from dreamc.document.types import Document
from dreamc.document.validate import validate
from dreamc.explain import places
from dreamc.explain.files import tree
from dreamc.explain.types import Origin, Spot
from dreamc.spec import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.lower import lower

MOST = 60
"""Keys tried at most, the likeliest first."""

_NUMBER = re.compile(r"[0-9]+")
_WORD = re.compile(r"[a-z0-9]+")
_MISSING = object()


class Lab(Struct, frozen=True):
    """A file that may be compiled again. `going_on` says whether there is time for another try."""

    document: Document
    inputs: Inputs
    going_on: Callable[[], bool]


def depends(lab: Lab, place: Spot) -> tuple[tuple[Origin, ...], str]:
    """The keys that a value depends on, and a sentence that says how this was found."""
    tried, found = 0, []
    for path in _likeliest(lab.document.value, place):
        if not lab.going_on():
            break
        moved = _moves(lab, path, place)
        tried += moved is not None
        if moved:
            found.append(path)
    says = (
        "no rule explains this value. Found by experiment: "
        f"{tried} keys were changed one at a time and the file was compiled again; "
        + (f"the value changed with {len(found)} of them" if found else "the value never changed")
    )
    marked = (
        replace(one, kind="found") if one.kind == "written" else one
        for one in places.origins(lab.document, tuple(found))
    )
    return tuple(marked), says


def leaves(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every value of the file that holds no others."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if pairs is None:
        yield path, value
        return
    for key, inner in pairs:
        yield from leaves(inner, (*path, key))


def _likeliest(value: object, place: Spot) -> list[Path]:
    """Paths whose words resemble those of the place come first."""
    wanted = set(_WORD.findall(" ".join(map(str, (place.path, *place.keys, place.flag, place.value))).lower()))
    paths = [
        path
        for path, _ in leaves(value)
        if path and not str(path[0]).startswith("x-") and path[0] not in ("tests", "dream")
    ]

    def rank(path: Path) -> tuple[int, float]:
        words = set(_WORD.findall(" ".join(map(str, path)).lower()))
        return -len(words & wanted), -SequenceMatcher(None, str(path[-1]), str(place.keys[-1:])).ratio()

    return sorted(paths, key=rank)[:MOST]


def _moves(lab: Lab, path: Path, place: Spot) -> bool | None:
    """Whether the value changes with the key; None where no change of the key compiles."""
    answers = []
    for changed in _changes(lab.document.value, path):
        found = _again(lab, changed, place)
        if found is not None:
            answers.append(found is _MISSING or found != place.value)
    return any(answers) if answers else None


def _changes(value: object, path: Path) -> Iterator[object]:
    """The file without the key, and with another value for it."""
    for new in (*_others(_get(value, path)), *_choices(path, _get(value, path))):
        yield _put(value, path, new)
    yield _put(value, path, _MISSING)


def _others(old: object) -> tuple[object, ...]:
    match old:
        case bool():
            return (not old,)
        case int() | float():
            return (old + 1, old / 2)
        case str() if number := _NUMBER.search(old):
            return (old[: number.start()] + str(int(number[0]) + 1) + old[number.end() :],)
        case str() if old:
            return (f"{old}x",)
        case _:
            return ()


def _choices(path: Path, old: object) -> tuple[object, ...]:
    """Another of the words that the language allows there."""
    allowed = (places.field(path) or {}).get("enum", ())
    return tuple(one for one in allowed if one != old)[:1]


def _again(lab: Lab, value: object, place: Spot) -> object | None:
    """The value at the same place of the file compiled again; None where it does not compile."""
    kept = {key: one for key, one in value.items() if not key.startswith("x-")} if isinstance(value, dict) else value
    dream, _ = validate(Dream, replace(lab.document, value=kept))
    stack = lower(dream, lab.inputs)[0] if dream else None
    try:
        return _look(emit(stack), place) if stack else None
    except (KeyError, ValueError):  # a change that only a check forbids
        return None


def _look(bundles: tuple[Bundle, ...], place: Spot) -> object:
    artifacts = (one for bundle in bundles if bundle.host == place.host for one in bundle.artifacts)
    artifact = next((one for one in artifacts if one.path == place.path), None)
    found = tree(artifact) if artifact else _MISSING
    for key in place.keys:
        try:
            found = found[key]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return _MISSING
    shown = f"{place.flag}={place.value}"
    return place.value if place.flag and found == shown else found


def _get(value: object, path: Path) -> object:
    for key in path:
        value = value[key]  # type: ignore[index]
    return value


def _put(value: object, path: Path, new: object) -> object:
    """A copy with another value at `path`, or without it."""
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, dict):
        inner = _put(value[key], rest, new)
        return {k: inner if k == key else v for k, v in value.items() if not (k == key and inner is _MISSING)}
    assert isinstance(value, list)
    inner = _put(value[int(key)], rest, new)
    return [*value[: int(key)], *(() if inner is _MISSING else (inner,)), *value[int(key) + 1 :]]
