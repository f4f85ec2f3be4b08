"""A Document against a pydantic model: every finding at its exact path, one per path, in the words of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from dreamc.diagnostics.nearest import nearest
from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.document.branches import Issue, choose, issue
from dreamc.document.fields import Fields, dotted
from dreamc.document.lines import written
from dreamc.document.types import Document
from dreamc.document.wording import LENGTHS, Got, diagnostic, listing
from dreamc.document.words import describe, quote

M = TypeVar("M", bound=BaseModel)


def validate(
    model: type[M], document: Document, renamed: Mapping[Path, str] | None = None
) -> tuple[M | None, tuple[Diagnostic, ...]]:
    """The document as `model`, or every reason why it is none.

    `renamed` maps the path of a key of an earlier version (`*` stands for any segment) to its new name, or to a phrase
    that completes 'write ...' where no other name replaces it.
    """
    try:
        return model.model_validate(document.value), ()
    except ValidationError as error:
        raw = error.errors(include_url=False)
    issues = _without_echoes(choose([issue(one, document.places) for one in raw]))
    words = _Findings(Fields(model), document, renamed or {})
    unknown = [words.unknown_key(one) for one in issues if one.kind == "extra_forbidden"]
    # A misspelt key is one mistake, not an unknown key and a missing one.
    meant = {item.meant for item in unknown}
    missing = (words.missing_key(one) for one in issues if one.key is not None and (*one.path, one.key) not in meant)
    other = (words.other(one) for one in issues if one.key is None and one.kind != "extra_forbidden")
    found = {item.path: item for item in (*(item.diagnostic for item in unknown), *missing, *other)}
    return None, tuple(found.values())


def _without_echoes(issues: list[Issue]) -> list[Issue]:
    # pydantic counts only the entries that are right: one wrong entry would be 'too few' as well.
    holders = {one.path[:length] for one in issues for length in range(len(one.path))}
    return [one for one in issues if one.kind not in LENGTHS or one.path not in holders]


class _Unknown(NamedTuple):
    diagnostic: Diagnostic
    meant: Path | None


class _Findings:
    def __init__(self, fields: Fields, document: Document, renamed: Mapping[Path, str]) -> None:
        self.fields, self.document, self.renamed = fields, document, renamed
        self.hidden = {item.path: item.shown for item in document.from_environment}

    def other(self, one: Issue) -> Diagnostic:
        return diagnostic(one, self._got(one))

    def missing_key(self, one: Issue) -> Diagnostic:
        label = f"expected a key {quote(one.key or '')} in here"
        return Diagnostic("DRM102", (*one.path, one.key or ""), f"the key {quote(one.key or '')} is missing", label)

    def unknown_key(self, one: Issue) -> _Unknown:
        parent, key = one.path[:-1], str(one.path[-1])
        new = next((name for pattern, name in self.renamed.items() if _matches(pattern, one.path)), None)
        if new is not None:
            return _renamed(one.path, new)
        known = self.fields.keys_at(parent, frozenset(tag for path, tag in one.tags if path == parent))
        unwritten = tuple(name for name in known if (*parent, name) not in self.document.places)
        label = f"expected {listing(unwritten)}"
        near = nearest(key, unwritten) or nearest(key, known)
        homes = self.fields.homes(key) if near is None else ()
        if homes:
            message = f"the key {quote(key)} does not belong here"
            return _Unknown(Diagnostic("DRM104", one.path, message, label, _home_help(homes), True), None)
        help = f"did you mean {quote(near)}?" if near else ""
        found = Diagnostic("DRM101", one.path, f"unknown key {quote(key)}", label, help, True)
        return _Unknown(found, (*parent, near) if near else None)

    def _got(self, one: Issue) -> Got:
        if one.path in self.hidden:
            return Got(f"the value of {self.hidden[one.path]}", "", True)
        value = str(one.path[-1]) if one.on_key and one.path else one.value
        text = written(self.document, one.path)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return Got(f"the number {text}" if number and text else describe(value), text, False)


def _renamed(path: Path, new: str) -> _Unknown:
    key = quote(str(path[-1]))
    if not re.fullmatch(r"[\w-]+", new):
        return _Unknown(
            Diagnostic("DRM103", path, f"the key {key} is no longer used", "old key", f"write {new}", True), None
        )
    found = Diagnostic("DRM103", path, f"the key {key} is now called {quote(new)}", "old name", f"write {new}:", True)
    return _Unknown(found, (*path[:-1], new))


def _matches(pattern: Path, path: Path) -> bool:
    return len(pattern) == len(path) and all(want in ("*", have) for want, have in zip(pattern, path, strict=True))


def _home_help(homes: tuple[Path, ...]) -> str:
    places = tuple(dotted(home) or "the top level" for home in homes[:2])
    return f"it belongs {'at' if places[0] == 'the top level' else 'under'} {listing(places)}"
