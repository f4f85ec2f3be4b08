"""`${NAME}` and `${NAME:-default}` in text values, filled from a mapping that the caller passes in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec.structs import replace

from dreamc.diagnostics.nearest import nearest
from dreamc.diagnostics.types import Diagnostic, Path, Span
from dreamc.document.core_schema import is_finite, plain_scalar
from dreamc.document.lines import Offsets, Places, written
from dreamc.document.types import Document, FromEnvironment

_EXPRESSION = re.compile(r"\$\$|\$\{(?P<inside>[^}]*)(?P<closed>\}?)")
_INSIDE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?", re.DOTALL)


def interpolate(document: Document, environment: Mapping[str, str]) -> tuple[Document, tuple[Diagnostic, ...]]:
    """The document with its variables filled in; keys and `env://NAME` references stay as they are.

    An unquoted value that held a variable gets its YAML type anew, so `${PORT:-8001}` is a number. `$$` is a dollar.
    A variable that is unset and has no default is an error at its `${...}`. Values are never shown.
    """
    filling = _Filling(document, environment)
    value = filling.walk(document.value, ())
    filled = replace(document, value=value, from_environment=(*document.from_environment, *filling.filled))
    return filled, tuple(filling.found)


class _Filling:
    def __init__(self, document: Document, environment: Mapping[str, str]) -> None:
        self.document, self.environment = document, environment
        self.filled: list[FromEnvironment] = []
        self.found: list[Diagnostic] = []

    def walk(self, value: object, path: Path) -> object:
        if isinstance(value, str):
            return self._fill(value, path) if "$" in value else value
        if isinstance(value, dict):
            return {key: self.walk(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.walk(item, (*path, position)) for position, item in enumerate(value)]
        return value

    def _fill(self, text: str, path: Path) -> object:
        parts: list[str] = []
        position, variables, taken = 0, 0, False
        for number, expression in enumerate(_EXPRESSION.finditer(text)):
            parts.append(text[position : expression.start()])
            position = expression.end()
            if expression[0] == "$$":
                parts.append("$")
                continue
            part, is_taken = self._part(expression, number, path)
            if part is None:
                return text
            variables += 1
            taken = taken or is_taken
            parts.append(part)
        result = "".join((*parts, text[position:]))
        if taken:
            self.filled.append(FromEnvironment(path, result, text))
        if not variables or not result or written(self.document, path)[:1] in ('"', "'", "|", ">"):
            return result
        value = plain_scalar(result)
        return value if is_finite(value) else result

    def _part(self, expression: re.Match[str], number: int, path: Path) -> tuple[str | None, bool]:
        """What stands in for one `${...}`, and whether it came from the environment."""
        inside = _INSIDE.fullmatch(expression["inside"])
        if inside is None or not expression["closed"] or "${" in expression["inside"]:
            self._malformed(expression, number, path)
            return None, False
        name, default = inside["name"], inside["default"]
        value = self.environment.get(name)
        if value or (value is not None and default is None):
            return value, True
        if default is None:
            self._unset(name, number, path)
        return default, False

    def _malformed(self, expression: re.Match[str], number: int, path: Path) -> None:
        help = "write $$ for a dollar sign"
        message = "this variable is never closed"
        if "${" in expression["inside"]:
            message, help = "a default cannot hold another variable", "give the variable a plain default"
        elif expression["closed"]:
            message = "this is not the name of a variable"
        label = "expected ${NAME} or ${NAME:-default}"
        self.found.append(Diagnostic("DRM031", path, message, label, help, span=self._span(number, path)))

    def _unset(self, name: str, number: int, path: Path) -> None:
        near = nearest(name, sorted(self.environment))
        help = f"set it, or give it a default: ${{{name}:-value}}"
        if near:
            help = f"did you mean ${{{near}}}? Otherwise set it, or give it a default: ${{{name}:-value}}"
        if path and path[-1] == "key":
            help = f"a secret is read on the host, not here: write env://{name}"
        message = f"the variable {name} is not set"
        self.found.append(Diagnostic("DRM030", path, message, "has no default", help, span=self._span(number, path)))

    def _span(self, number: int, path: Path) -> Span | None:
        """The span of the expression of this number in the source text of the value."""
        places = self.document.places
        entry = places.entries.get(path) if isinstance(places, Places) else None
        expressions = list(_EXPRESSION.finditer(written(self.document, path)))
        if not isinstance(entry, Offsets) or number >= len(expressions):
            return None
        start, end = expressions[number].span()
        return entry.lines.span(entry.start + start, entry.start + end)
