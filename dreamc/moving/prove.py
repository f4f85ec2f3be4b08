"""Reads what was written as `dreamc check` would, and compiles it to compare with what it came from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path as FilePath

from msgspec import Struct

from dreamc.diagnostics.codes import has_error
from dreamc.diagnostics.types import Diagnostic, Source
from dreamc.document.merge import merge
from dreamc.document.read import read
from dreamc.document.types import Document
from dreamc.document.validate import validate
from dreamc.inputs import profile
from dreamc.knowledge.secrets import written_secrets
from dreamc.spec import RENAMED, Dream
from dreamc.stack.checks import check
from dreamc.stack.inputs import Inputs
from dreamc.stack.lower import lower
from dreamc.stack.types import Stack

NAME = "dream.yaml"
NO_DIGEST = "0" * 64
_CHANGING = re.compile(rb"\"?[0-9a-f]{64}\"?|dreamc \d+[\w.]*")


class Proof(Struct, frozen=True):
    """How far the text got; `stack` None: errors stand in its way."""

    document: Document | None
    dream: Dream | None
    stack: Stack | None
    findings: tuple[Diagnostic, ...]

    @property
    def failed(self) -> bool:
        """Whether `check` would refuse it."""
        return has_error(self.findings)


def alone(today: date) -> Inputs:
    """Nothing lies beside the text."""
    return Inputs(today, NO_DIGEST, {})


def prove(text: str, inputs: Inputs) -> Proof:
    """Everything that `check` says of the text. `inputs` are the day and what lies beside it."""
    document, found = read(Source(NAME, text))
    if document is None or has_error(found):
        return Proof(document, None, None, found)
    under, _, problems = profile(document, document, FilePath(), 1)
    dream, more = validate(Dream, merge(under, document) if under else document, RENAMED)
    found = (*found, *problems, *written_secrets(document.value), *more)
    if dream is None or has_error(found):
        return Proof(document, dream, None, found)
    stack, lowered = lower(dream, inputs)
    found = (*found, *lowered)
    if stack is None or has_error(found):
        return Proof(document, dream, None, found)
    return Proof(document, dream, stack, (*found, *check(stack, dream, inputs)))


def compiled(stack: Stack) -> dict[str, bytes]:
    """Every file that compile would write, by `host/path`."""
    from dreamc.backends.emit import emit

    return {f"{one.host}/{each.path}": each.content for one in emit(stack) for each in one.artifacts}


def differing(written: Mapping[str, bytes], made: Mapping[str, bytes]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Paths that are not the same in both: those that dream.yaml decides, and those that are the compiler's own.

    Where another version wrote the bundle, its programs and its prose are others, and so are all digests of them.
    """
    unlike = [path for path in sorted({*written, *made}) if written.get(path) != made.get(path)]
    own = [path for path in unlike if _is_own(path)]
    if not own:
        return tuple(unlike), ()
    decided = [path for path in unlike if not _is_own(path) and not path.endswith("/MANIFEST.json")]
    return tuple(path for path in decided if _blind(written.get(path)) != _blind(made.get(path))), tuple(own)


def _is_own(path: str) -> bool:
    inside = path.partition("/")[2]
    return inside.startswith("config/runtime/dream_runtime/") or inside in {"dream", "README.md"}


def _blind(content: bytes | None) -> bytes | None:
    """Without digests and without the version in the first line."""
    return None if content is None else _CHANGING.sub(b"", content)
