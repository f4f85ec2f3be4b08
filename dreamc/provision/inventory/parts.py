"""What an inventory is read from: its files, and the group_vars and host_vars beside them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from dreamc.diagnostics.locate import Locator
from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.document.types import Document


class Part(Struct, frozen=True):
    """One file. `kind` says whether it holds groups or the variables of the group or host `name`; `encrypted` are the
    paths of values that are tagged `!vault`."""

    kind: Literal["groups", "group", "host"]
    name: str
    document: Document
    encrypted: frozenset[Path] = frozenset()


class Findings:
    """Collects what is wrong; each finding is put at its place in its own file, once."""

    def __init__(self) -> None:
        self.found: dict[Diagnostic, None] = {}

    def add(self, part: Part, finding: Diagnostic) -> None:
        """`finding` speaks of a path in the document of `part`."""
        if finding.span is None:
            span, _ = Locator(part.document.places).span(finding.path, finding.on_key)
            finding = replace(finding, span=span)
        self.found[finding] = None
