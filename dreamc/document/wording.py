"""One pydantic error as one finding: what was expected in words, what was written instead, and the corrected text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from dreamc.diagnostics.nearest import nearest
from dreamc.diagnostics.types import Diagnostic
from dreamc.document.branches import MISMATCHES, Issue
from dreamc.document.words import quote

_CHOICE = re.compile(r"'((?:[^'\\]|\\.)*)'|([0-9.]+|True|False|None)")
_BOUNDS = {
    "greater_than": ("more than", "gt"), "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"), "less_than_equal": ("at most", "le"),
    "multiple_of": ("a multiple of", "multiple_of"),
}  # fmt: skip
LENGTHS = {
    "string_too_short": ("at least", "min_length", "character"), "too_short": ("at least", "min_length", "entry"),
    "string_too_long": ("at most", "max_length", "character"), "too_long": ("at most", "max_length", "entry"),
}  # fmt: skip
_YES = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_MANY = 16


class Got(NamedTuple):
    """What was written: `words` for a message, `text` as it stands in the file; both hide what must be hidden."""

    words: str
    text: str
    hidden: bool


def diagnostic(issue: Issue, got: Got) -> Diagnostic:
    """The finding for `issue`; unknown, misplaced and missing keys are worded elsewhere."""
    for kinds, word in _WORDINGS:
        if issue.kind in kinds:
            return word(issue, got)
    if issue.kind.startswith("DRM"):
        return _own(issue, got)
    message = issue.text[:1].lower() + issue.text[1:]
    return _finding("DRM115", issue, "this value is not accepted" if got.hidden else message)


def listing(words: tuple[str, ...], last: str = "or") -> str:
    """'a', 'a or b', 'a, b or c'; a long list is cut."""
    if len(words) > _MANY:
        return ", ".join(words[:_MANY]) + f" and {len(words) - _MANY} more"
    return f" {last} ".join(part for part in (", ".join(words[:-1]), words[-1]) if part) if words else ""


def _finding(
    code: str, issue: Issue, message: str, label: str = "", help: str = "", secret: bool = False
) -> Diagnostic:
    return Diagnostic(code, issue.path, message, label, help, on_key=issue.on_key, secret=secret)


def _own(issue: Issue, got: Got) -> Diagnostic:
    said = issue.context
    expected, secret, help = str(said.get("expected", "")), bool(said.get("secret")), str(said.get("help", ""))
    if not expected:
        return _finding(issue.kind, issue, str(said.get("message", issue.text)), str(said.get("label", "")), help)
    if said.get("exact") and not got.hidden:
        return _finding(issue.kind, issue, str(said["message"]), f"expected {expected}")
    shown = "a value that is not shown" if secret else got.words
    also = listing((expected, *issue.alternatives))
    help = "" if got.hidden else help
    return _finding(issue.kind, issue, f"expected {also}; got {shown}", f"expected {also}", help, secret)


def _kind(issue: Issue, got: Got) -> Diagnostic:
    expected = listing(tuple(dict.fromkeys((MISMATCHES[issue.kind], *issue.alternatives))))
    help = "" if got.hidden else _kind_help(issue, got)
    return _finding("DRM105", issue, f"expected {expected}; got {got.words}", f"expected {expected}", help)


def _kind_help(issue: Issue, got: Got) -> str:
    wanted, value = MISMATCHES[issue.kind], issue.value
    if wanted == "true or false" and isinstance(value, str) and value.lower() in {**_YES, "true": "", "false": ""}:
        return f"write {_YES.get(value.lower(), value.lower())}"
    if wanted == "text" and isinstance(value, (int, float)) and got.text:
        return f'write "{got.text}"'
    if wanted.endswith("number") and isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", value):
        return f"write {value} without quotes"
    if wanted == "a list" and isinstance(value, (str, int, float)) and got.text and "\n" not in got.text:
        return f"write [{got.text}]"
    if wanted.startswith("a mapping") and isinstance(value, list) and value and all(map(_is_name, value)):
        return f"write {{{', '.join(f'{name}: {{}}' for name in value[:_MANY])}}}"
    return ""


def _is_name(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value) is not None


def _choice(issue: Issue, got: Got) -> Diagnostic:
    found = tuple(_CHOICE.finditer(str(issue.context.get("expected", ""))))
    choices = tuple(one[1] or one[2] for one in found)
    label = f"expected {listing((*(quote(one[1]) if one[1] else one[2] for one in found), *issue.alternatives))}"
    near = nearest(issue.value, choices) if isinstance(issue.value, str) else None
    help = f"did you mean {quote(near)}?" if near and not got.hidden else ""
    if not help and "a list" in issue.alternatives and isinstance(issue.value, str) and got.text and not got.hidden:
        help = f"write [{got.text}]"
    if isinstance(issue.value, (list, dict)) or issue.value is None:
        return _finding("DRM105", issue, f"{label}; got {got.words}", label, help)
    return _finding("DRM106", issue, f"unknown value {got.words.removeprefix('the number ')}", label, help)


def _tag(issue: Issue, got: Got) -> Diagnostic:
    choices = tuple(found[1] or found[2] for found in _CHOICE.finditer(str(issue.context.get("expected_tags", ""))))
    key = str(issue.context.get("discriminator", "")).strip("'")
    label = f"expected {listing(tuple(quote(choice) for choice in choices))}" if choices else ""
    written = issue.context.get("tag")
    if written is None:
        return _finding("DRM105", issue, f"this does not say its {quote(key)}", label)
    near = nearest(str(written), choices)
    help = f"did you mean {quote(near)}?" if near and not got.hidden else ""
    return _finding(
        "DRM106", issue, f"unknown {quote(key)}" + ("" if got.hidden else f": {quote(str(written))}"), label, help
    )


def _bound(issue: Issue, got: Got) -> Diagnostic:
    words, key = _BOUNDS[issue.kind]
    expected = f"{words} {issue.context[key]:.15g}"
    return _finding("DRM107", issue, f"expected {expected}; got {got.words}", f"expected {expected}")


def _length(issue: Issue, _got: Got) -> Diagnostic:
    words, key, noun = LENGTHS[issue.kind]
    count = issue.context[key]
    plural = noun if count == 1 else {"entry": "entries"}.get(noun, noun + "s")
    actual = issue.context.get("actual_length", len(str(issue.value)))
    expected = f"{words} {count} {plural}"
    return _finding("DRM111", issue, f"expected {expected}; got {actual}", f"expected {expected}")


def _pattern(issue: Issue, got: Got) -> Diagnostic:
    name = "this key" if issue.on_key else got.words
    return _finding("DRM110", issue, f"{name} cannot be used here", f"must match {issue.context['pattern']}")


def _rule(issue: Issue, got: Got) -> Diagnostic:
    said = str(issue.context.get("error", issue.text))
    return _finding("DRM115", issue, "this value is not accepted" if got.hidden else said)


_WORDINGS: tuple[tuple[tuple[str, ...], Callable[[Issue, Got], Diagnostic]], ...] = (
    (tuple(MISMATCHES), _kind),
    (("literal_error", "enum"), _choice),
    (("union_tag_invalid", "union_tag_not_found"), _tag),
    (tuple(_BOUNDS), _bound),
    (tuple(LENGTHS), _length),
    (("string_pattern_mismatch",), _pattern),
    (("value_error", "assertion_error"), _rule),
)
