"""Of the errors that pydantic reports for every branch of a union, those of the branch that was meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from dreamc.diagnostics.types import Path, Place

MISMATCHES = {
    "string_type": "text", "int_type": "a whole number", "int_parsing": "a whole number",
    "int_parsing_size": "a whole number", "int_from_float": "a whole number", "float_type": "a number",
    "float_parsing": "a number", "decimal_type": "a number", "decimal_parsing": "a number",
    "bool_type": "true or false", "bool_parsing": "true or false", "list_type": "a list", "tuple_type": "a list",
    "set_type": "a list", "frozen_set_type": "a list", "dict_type": "a mapping (key: value)",
    "mapping_type": "a mapping (key: value)", "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)", "dataclass_type": "a mapping (key: value)",
    "none_required": "nothing",
}  # fmt: skip
"""pydantic's error types that say 'another kind of value', and the kind they want."""

_CHOICES = ("literal_error", "enum")


class Issue(Struct, frozen=True):
    """One pydantic error: `path` holds what was written only, `tags` the union branches that led to it."""

    path: Path
    kind: str
    context: Mapping[str, Any]
    value: object
    text: str
    tags: tuple[tuple[Path, str], ...] = ()
    key: str | None = None
    on_key: bool = False
    alternatives: tuple[str, ...] = ()


def issue(error: Mapping[str, Any], places: Mapping[Path, Place]) -> Issue:
    """One entry of `ValidationError.errors()`. Segments of `loc` that name no place are branches of unions."""
    path: Path = ()
    tags: list[tuple[Path, str]] = []
    location = error["loc"]
    missing = str(location[-1]) if error["type"] == "missing" else None
    on_key = bool(location) and location[-1] == "[key]"
    for segment in location[: len(location) - (missing is not None or on_key)]:
        if (*path, segment) in places:
            path = (*path, segment)
        elif isinstance(segment, str):
            tags.append((path, segment))
    context = error.get("ctx", {})
    return Issue(path, error["type"], context, error.get("input"), error["msg"], tuple(tags), missing, on_key)


def choose(issues: list[Issue], level: int = 0) -> list[Issue]:
    """The issues worth showing: of each union only the branch that fits what was written best."""
    kept = [one for one in issues if len(one.tags) <= level]
    unions: dict[Path, dict[str, list[Issue]]] = {}
    for one in issues:
        if len(one.tags) > level:
            path, tag = one.tags[level]
            unions.setdefault(path, {}).setdefault(tag, []).append(one)
    for path, branches in unions.items():
        kept.extend(_best(path, [choose(branch, level + 1) for branch in branches.values()]))
    return kept


def _best(path: Path, branches: list[list[Issue]]) -> list[Issue]:
    fitting = [branch for branch in branches if not _is_other_kind(path, branch)]
    if fitting:
        return min(fitting, key=len)
    issues = [one for branch in branches for one in branch]
    if len(branches) == 1:
        return issues
    # Nothing fits: say all that would, beginning with what has the most to say.
    first = min(issues, key=lambda one: (one.kind in MISMATCHES, one.kind not in _CHOICES))
    others = dict.fromkeys(MISMATCHES[one.kind] for one in issues if one.kind in MISMATCHES and one is not first)
    return [
        Issue(first.path, first.kind, first.context, first.value, first.text, first.tags, alternatives=tuple(others))
    ]


def _is_other_kind(path: Path, branch: list[Issue]) -> bool:
    """Whether this branch wanted another kind of value altogether."""
    return any(one.path == path and one.key is None and _wants_another(one) for one in branch)


def _wants_another(one: Issue) -> bool:
    if one.kind in MISMATCHES:
        return True
    # A choice of words or a scalar of ours says nothing about a list or a mapping, and little about a wrong word.
    return one.kind in _CHOICES or (one.kind.startswith("DRM") and isinstance(one.value, (list, dict)))
