"""One emitted value: by rule where there is one, by its parts where it has some, else by experiment."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from dreamc.explain import (
    catalogue,
    compose,
    litellm,
    litellm_settings,
    places,
    plain,
    pointer,
    policies,
    released,
    vllm_args,
)
from dreamc.explain.files import spot
from dreamc.explain.types import Explanation, Key, Origin, Rule, Scene, Spot, Told, Unknown

RULES: tuple[Rule, ...] = (
    *compose.RULES,
    *litellm.RULES,
    *litellm_settings.RULES,
    *policies.RULES,
    *catalogue.RULES,
    *vllm_args.RULES,
    *plain.RULES,
    *released.RULES,
)
"""Families of files in turn; within a family the first rule that answers wins."""

SHOWN_PARTS = 40

Try = Callable[[Spot], tuple[tuple[Origin, ...], str]]


def explain(scene: Scene, thing: str, experiment: Try) -> Explanation | Unknown:
    """Where `host/path:pointer` comes from; `experiment` is asked only when no rule knows."""
    place = spot(scene, thing)
    if isinstance(place, Unknown):
        return place
    return at(scene, place) or tried(place, experiment)


def at(scene: Scene, place: Spot) -> Explanation | None:
    """What the rules say of a place, or what stands below it."""
    if isinstance(place.value, dict | list) and place.value:
        return _parts(place)
    told = by_rule(scene, place)
    return _explained(scene, place, told) if told else None


def by_rule(scene: Scene, place: Spot) -> Told | None:
    """The first rule's answer."""
    for rule in RULES:
        if fnmatchcase(place.path, rule.file) and matches(rule.keys, place.keys):
            told = rule.explain(scene, place)
            if told is not None:
                return told
    return None


def matches(pattern: tuple[str, ...], keys: tuple[Key, ...]) -> bool:
    """Whether keys fit a rule's pattern."""
    if pattern and pattern[-1] == "**":
        head = pattern[:-1]
        return len(keys) >= len(head) and matches(head, keys[: len(head)])
    return len(pattern) == len(keys) and all(_fits(one, str(key)) for one, key in zip(pattern, keys, strict=True))


def _fits(pattern: str, key: str) -> bool:
    """`*`, a word, or the beginning of one before a `*`."""
    return key.startswith(pattern[:-1]) if pattern.endswith("*") else key == pattern


def tried(place: Spot, experiment: Try) -> Explanation:
    """The last resort."""
    origins, says = experiment(place)
    return Explanation(place.host, place.path, _pointer(place), place.value, "experiment", says, origins)


def _explained(scene: Scene, place: Spot, told: Told) -> Explanation:
    origins = (*places.origins(scene.document, told.paths), *told.origins)
    kept = _without_needless_defaults(origins)
    return Explanation(
        place.host,
        place.path,
        _pointer(place),
        place.value,
        "rule",
        told.why,
        kept,
        told.formula,
        told.inputs,
        told.notes,
    )


def _without_needless_defaults(origins: tuple[Origin, ...]) -> tuple[Origin, ...]:
    """A default that has nothing to say is left out beside something that has."""
    kept = tuple(one for one in origins if not (one.kind == "default" and one.text.endswith("nothing is the default")))
    return kept or origins


def _parts(place: Spot) -> Explanation:
    step = pointer.Step(place.keys, place.value)
    names = [pointer.written(place.root, one.keys, one.flag) for one in pointer.children(step)]
    shown = tuple(f"{place.host}/{place.path}:{name}" for name in names[:SHOWN_PARTS])
    more = (f"… and {len(names) - SHOWN_PARTS} more",) if len(names) > SHOWN_PARTS else ()
    why = f"holds {len(names)} values; ask for one of them"
    return Explanation(place.host, place.path, _pointer(place), None, "parts", why, notes=(*shown, *more))


def _pointer(place: Spot) -> str:
    return pointer.written(place.root, place.keys, place.flag)
