"""What an explanation is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from dreamc.artifact.types import Bundle
from dreamc.diagnostics.types import Path
from dreamc.document.types import Document
from dreamc.stack.types import Stack

Kind = Literal["written", "default", "table", "chosen", "source", "found"]
Key = str | int


class Scene(Struct, frozen=True):
    """One resolved file and everything that came out of it."""

    stack: Stack
    document: Document
    bundles: tuple[Bundle, ...]


class Spot(Struct, frozen=True):
    """A place in an emitted file. `flag` names the option where the place is its value inside a command line."""

    host: str
    path: str
    keys: tuple[Key, ...]
    value: object
    root: object
    flag: str = ""

    def above(self, count: int) -> object:
        """The value that the first `count` keys lead to."""
        found: object = self.root
        for key in self.keys[:count]:
            found = found[key] if isinstance(found, dict | list) else None  # type: ignore[index]
        return found

    def text(self, count: int) -> str:
        """The key number `count` as text."""
        return str(self.keys[count])


class Origin(Struct, frozen=True):
    """One thing that the value comes from.

    `where` is a place (`dream.yaml:12:5`), a row of a table, or the module that chose; `text` is the line, the row's
    content or the reason. `source`, `checked` and `confidence` belong to rows.
    """

    kind: Kind
    where: str
    text: str
    source: str = ""
    checked: str = ""
    confidence: str = ""


class Input(Struct, frozen=True):
    """One number that went into a formula."""

    name: str
    value: str
    confidence: str = ""
    source: str = ""


class Told(Struct, frozen=True):
    """What a rule says. `paths` lead into dream.yaml; those that are not written there are shown as defaults."""

    why: str
    paths: tuple[Path, ...] = ()
    origins: tuple[Origin, ...] = ()
    formula: str = ""
    inputs: tuple[Input, ...] = ()
    notes: tuple[str, ...] = ()


class Explanation(Struct, frozen=True):
    """A value and where it comes from. `by` is `rule`, `parts` (a mapping or list: ask for what is in it) or
    `experiment` (nobody wrote it down; found by changing the file)."""

    host: str
    path: str
    pointer: str
    value: object
    by: Literal["rule", "parts", "experiment", "nothing"]
    why: str
    origins: tuple[Origin, ...] = ()
    formula: str = ""
    inputs: tuple[Input, ...] = ()
    notes: tuple[str, ...] = ()


class Unknown(Struct, frozen=True):
    """There is no such thing; `near` are the things that were probably meant."""

    what: str
    near: tuple[str, ...] = ()


Explain = Callable[[Scene, Spot], "Told | None"]


class Rule(Struct, frozen=True):
    """Which places a rule speaks of. `file` is a glob over the path; in `keys`, `*` is any one key, `disable_*`
    one that begins so, and a last `**` any number of them. After a rule that returns None the next one is asked."""

    file: str
    keys: tuple[str, ...]
    explain: Explain
