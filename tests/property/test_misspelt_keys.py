"""A key of an example that is misspelt in any one letter is an error that names the right key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath

import pytest

from dreamc.diagnostics.types import Path
from tests.property.examples import FREE, TEXTS, document, errors, inside, matches, replaced, resolved
from tests.property.test_wrong_values import at as schema_at
from tests.property.test_wrong_values import branches

SHORTEST = 3
"""Of shorter keys (`id`) a letter is half the word; they are errors, too, but need not be recognised."""


def misspelt(key: str) -> Iterator[str]:
    for index in range(len(key)):
        yield key[:index] + key[index + 1 :]
        yield key[:index] + key[index] + key[index:]
        yield key[:index] + ("x" if key[index] != "x" else "k") + key[index + 1 :]
    for index in range(len(key) - 1):
        yield key[:index] + key[index + 1] + key[index] + key[index + 2 :]


def one_slip(one: str, other: str) -> bool:
    """Whether one letter too many, too few, wrong or moved makes the one the other."""
    differ = sum(a != b for a, b in zip(one, other, strict=False))
    return one in misspelt(other) or other in misspelt(one) or (len(one) == len(other) and differ == 1)


def known(path: Path) -> set[str]:
    """Keys that may stand beside this one."""
    return {key for node in schema_at(path[:-1]) for one in branches(node) for key in one.get("properties", {})}


def field_keys() -> dict[tuple[str, ...], tuple[str, Path]]:
    """An example and a place for each key of the language that any of them writes; names of the user are free."""
    found: dict[tuple[str, ...], tuple[str, Path]] = {}
    for name, text in TEXTS.items():
        for path, place in document(text).places.items():
            if path and place.key is not None and not any(matches(pattern, path[:-1]) for pattern in FREE):
                found.setdefault(tuple(segment(path, at) for at in range(len(path))), (name, path))
    return found


def segment(path: Path, at: int) -> str:
    """The key at this depth; `*` for a name of the user and for an entry of a list."""
    key = path[at]
    return "*" if isinstance(key, int) or any(matches(free, path[:at]) for free in FREE) else key


KEYS = field_keys()


@pytest.mark.parametrize("name", TEXTS)
def test_a_misspelt_key_gets_the_right_suggestion(name: str, tmp_path: FilePath) -> None:
    text = TEXTS[name]
    missed: list[object] = []
    for path in (path for example, path in KEYS.values() if example == name):
        key, place = str(path[-1]), document(text).places[path]
        assert place.key is not None
        others = known(path) - {key}
        unwritten = {other for other in others if (*path[:-1], other) not in document(text).places}
        for wrong in sorted(set(misspelt(key)) - {key, ""} - others):
            if any(one_slip(wrong, other) for other in unwritten):
                continue  # `modes` is as near to `mode` as to `models`, and the file has neither
            changed = replaced(text, place.key, wrong)
            found = errors(resolved(changed, tmp_path))
            if not found or not inside(found[0].span, document(changed).places[*path[:-1], wrong].key):
                missed.append((path, wrong, "the caret is elsewhere", found[:1]))
            elif len(key) > SHORTEST and f"'{key}'" not in found[0].diagnostic.help:
                missed.append((path, wrong, found[0].diagnostic.help))
    assert missed == []


def test_the_examples_write_most_keys_of_the_language() -> None:
    assert len(KEYS) > 60
