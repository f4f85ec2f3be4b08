"""The nouns of a finding: sources, spans, paths and the Diagnostic itself. Plain data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Path = tuple[str | int, ...]
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Source:
    """A text as the user knows it: `name` is what they typed to name it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one source. Lines and columns start at 1, columns count characters, the end is exclusive."""

    source: int
    start_line: int
    start_column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands. `via` is the alias or merge key that brought it in, when it was written elsewhere."""

    key: Span | None
    value: Span
    via: Span | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """A second marked place that explains the first."""

    path: Path
    label: str
    on_key: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
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


@dataclass(frozen=True, slots=True)
class Ignore:
    """A `# dreamc: ignore[CODE] reason` comment: `line` is the line it speaks of, `span` the comment itself."""

    code: str
    line: int
    reason: str
    span: Span


@dataclass(frozen=True, slots=True)
class FromEnvironment:
    """A value that holds text from the environment, so it is never shown; `shown` (`${NAME}`) stands in for it."""

    path: Path
    value: str
    shown: str
