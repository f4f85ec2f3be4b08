"""Emitted files by name, and their text as a tree: YAML and JSON as they are, everything else as lines."""

from __future__ import annotations

import json
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from itertools import islice

from dreamc.artifact.types import Artifact, Bundle
from dreamc.explain import pointer
from dreamc.explain.types import Scene, Spot, Unknown

TREES = (".yaml", ".yml")
MOST_NEAR = 5
MOST_COMPARED = 2_000


def spot(scene: Scene, thing: str) -> Spot | Unknown:
    """`host/path:pointer`, where the host may be left out if only one host has the file."""
    name, _, place = thing.partition(":")
    found = _artifact(scene.bundles, name)
    if isinstance(found, Unknown):
        return found
    host, artifact = found
    root = tree(artifact)
    step = pointer.find(root, place)
    if step is None:
        what = f"{host}/{artifact.path} has no {place}"
        return Unknown(what, tuple(f"{host}/{artifact.path}:{near}" for near in _near(root, place)))
    return Spot(host, artifact.path, step.keys, step.value, root, step.flag)


def tree(artifact: Artifact) -> object:
    """The parsed file. `.args` and other texts are lists of lines, `.env.example` maps names to values."""
    return _tree(artifact.path, artifact.text)


@lru_cache(maxsize=32)
def _tree(path: str, text: str) -> object:
    if path.endswith(TREES):
        return _yaml(text)
    if path.endswith(".json"):
        return json.loads(text)
    if path.endswith(".env.example"):
        pairs = (line.partition("=") for line in text.splitlines() if line and not line.startswith("#"))
        return {name: value for name, _, value in pairs}
    return text.splitlines()


def _yaml(text: str) -> object:
    import yaml

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader


def _artifact(bundles: tuple[Bundle, ...], name: str) -> tuple[str, Artifact] | Unknown:
    """The file whose name the given one ends with: `build/desk/…`, `desk/…` and, if it is one host's alone, `…`."""
    everything = {f"{one.host}/{artifact.path}": (one.host, artifact) for one in bundles for artifact in one.artifacts}
    given = name.removeprefix("./").strip("/")
    whole = [full for full in everything if given == full or given.endswith(f"/{full}")]
    short = [full for full, (_, artifact) in everything.items() if given == artifact.path]
    if whole or len(short) == 1:
        return everything[max(whole, key=len) if whole else short[0]]
    if short:
        return Unknown(f"{len(short)} hosts have {name}; say which", tuple(short[:MOST_NEAR]))
    near = get_close_matches(given, everything, MOST_NEAR, 0.4)
    return Unknown(f"no file {name} is written", tuple(near))


def _near(root: object, wanted: str) -> tuple[str, ...]:
    """Pointers most like the one given: those below the part that exists first, then any of the file."""
    base = pointer.deepest(root, wanted)
    below = [pointer.written(root, step.keys, step.flag) for step in pointer.children(base)]
    first = islice(pointer.scalars(root), MOST_COMPARED)
    everything = [pointer.written(root, step.keys, step.flag) for step in first]
    close = (*get_close_matches(wanted, below, 3, 0.3), *get_close_matches(wanted, everything, 3, 0.6))
    ranked = sorted(dict.fromkeys(close), key=lambda one: -SequenceMatcher(None, one, wanted).ratio())
    return tuple(dict.fromkeys((*ranked, *below)))[:MOST_NEAR]
