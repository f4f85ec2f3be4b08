"""The nouns of a finding: sources, spans, paths and the Diagnostic itself. Plain data, no behaviour."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Path = tuple[str | int, ...]
Severity = Literal["error", "warning", "note"]


class Source(Struct, frozen=True):
    """A text as the user knows it: `name` is what they typed to name it."""

    name: str
    text: str


class Span(Struct, frozen=True):
    """A stretch of one source. Lines and columns start at 1, columns count characters, the end is exclusive."""

    source: int
    start_line: int
    start_column: int
    end_line: int
    end_column: int


class Place(Struct, frozen=True):
    """Where a value stands. `via` is the alias or merge key that brought it in, when it was written elsewhere."""

    key: Span | None
    value: Span
    via: Span | None = None


class Related(Struct, frozen=True):
    """A second marked place that explains the first."""

    path: Path
    label: str
    on_key: bool = False
    span: Span | None = None


class Diagnostic(Struct, frozen=True):
    """One finding. `path` names the place; `span` only where no path can (a syntax error, a duplicate key).

    `secret` says that the value at the place must not be shown: renderers blot it out.
    """

    code: str
    path: Path
    message: str
    label: str = ""
    help: str = ""
    on_key: bool = False
    related: tuple[Related, ...] = ()
    span: Span | None = None
    secret: bool = False


class Ignore(Struct, frozen=True):
    """A `# dreamc: ignore[CODE] reason` comment: `line` is the line it speaks of, `span` the comment itself."""

    code: str
    line: int
    reason: str
    span: Span


class FromEnvironment(Struct, frozen=True):
    """A value that holds text from the environment, so it is never shown; `shown` (`${NAME}`) stands in for it."""

    path: Path
    value: str
    shown: str
