"""dream.yaml to a bundle per host. Open this file first: it tells the whole story.

    read -> interpolate -> merge -> validate -> lower -> check -> emit

Each phase reports everything it finds, and a phase runs only on what the one before left whole.
Nothing here knows the clock, the environment or the network: they come in as arguments.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from dreamc.diagnostics.codes import severity
from dreamc.diagnostics.types import Diagnostic, Source
from dreamc.document.interpolate import interpolate
from dreamc.document.load import load
from dreamc.document.merge import merge
from dreamc.document.read import read
from dreamc.document.types import Document
from dreamc.document.validate import validate
from dreamc.inputs import configs, profile
from dreamc.knowledge.secrets import written_secrets
from dreamc.spec import RENAMED, Dream
from dreamc.stack.checks import check
from dreamc.stack.inputs import Inputs
from dreamc.stack.lower import lower
from dreamc.stack.types import Stack

if TYPE_CHECKING:
    from dreamc.artifact.types import Bundle

Found = tuple[Diagnostic, ...]


class Request(Struct, frozen=True):
    """What to compile: `file`, the overlay `dream.<overlay>.yaml` beside it, and the world as it is to be seen."""

    file: Path
    overlay: str | None
    environment: Mapping[str, str]
    today: date


class Result(Struct, frozen=True):
    """How far the file got. `stack` is None when errors stand in its way."""

    document: Document | None
    sources: tuple[Source, ...]
    dream: Dream | None
    stack: Stack | None
    findings: Found

    @property
    def failed(self) -> bool:
        """Whether there is an error among the findings."""
        return _failed(self.findings)


def resolve(request: Request) -> Result:
    """Everything up to the checked Stack."""
    document, sources, findings = front(request)
    if document is None or _failed(findings):
        return Result(document, sources, None, None, findings)
    dream, shape = validate(Dream, _without_extensions(document), RENAMED)
    findings = _once((*findings, *written_secrets(document.value)), shape)
    if dream is None or _failed(findings):
        return Result(document, sources, dream, None, findings)
    stack, meaning = _stack(dream, request, document)
    return Result(document, sources, dream, stack, (*findings, *meaning))


def front(request: Request) -> tuple[Document | None, tuple[Source, ...], Found]:
    """The file, with its profile underneath and its overlay on top, every value knowing its place."""
    main, sources, findings = _document(request.file, request.file.as_posix(), 0, request.environment)
    if main is None:
        return None, sources, findings
    over: Document | None = None
    if request.overlay is not None:
        path = request.file.with_name(f"{request.file.stem}.{request.overlay}{request.file.suffix}")
        over, more, problems = _document(path, path.as_posix(), 2, request.environment)
        sources, findings = _padded(sources, more), (*findings, *problems)
        if over is None:
            return None, sources, findings
    under, more, problems = profile(over or main, main, request.file.parent, 1)
    sources, findings = _padded(sources, more), (*findings, *problems)
    if under is not None:
        under, problems = interpolate(under, request.environment)
        findings = (*findings, *problems)
        main = merge(under, main)
    document = merge(main, over) if over is not None else main
    return replace(document, sources=_padded(document.sources, sources)), sources, findings


def emit(stack: Stack) -> tuple[Bundle, ...]:
    """A bundle for every host."""
    from dreamc.backends.emit import emit as write_all

    return write_all(stack)


def _document(
    path: Path, name: str, index: int, environment: Mapping[str, str]
) -> tuple[Document | None, tuple[Source, ...], Found]:
    source, problems = load(path, name, index)
    sources = (*(Source("", ""),) * index, source)
    if problems:
        return None, sources, problems
    document, problems = read(source, index)
    if document is None:
        return None, sources, problems
    document, more = interpolate(document, environment)
    return document, sources, (*problems, *more)


def _padded(first: tuple[Source, ...], second: tuple[Source, ...]) -> tuple[Source, ...]:
    """Sources by index; each tuple is empty where the other one has its text."""
    longest = max(len(first), len(second))
    empty = Source("", "")
    both = zip(first + (empty,) * (longest - len(first)), second + (empty,) * (longest - len(second)), strict=True)
    return tuple(one if one.name else other for one, other in both)


def _without_extensions(document: Document) -> Document:
    """Top-level keys that begin with `x-` are the user's own: a home for anchors."""
    if not isinstance(document.value, dict):
        return document
    kept = {key: value for key, value in document.value.items() if not key.startswith("x-")}
    return replace(document, value=kept)


def _stack(dream: Dream, request: Request, document: Document) -> tuple[Stack | None, Found]:
    files, problems = configs(dream, request.file.parent)
    if problems:
        return None, problems
    inputs = Inputs(request.today, _digest(document, files), files)
    stack, findings = lower(dream, inputs)
    if stack is None:
        return None, findings
    findings = (*findings, *check(stack, dream, inputs))
    if dream.tests and not _failed(findings):
        from dreamc.backends.rehearsal import rehearse

        findings = (*findings, *rehearse(stack, dream))
    return stack, findings


def _digest(document: Document, configs: Mapping[str, Mapping[str, object]]) -> str:
    """Of everything that decides the output: the texts, values taken from the environment, and config.json files.
    For one file alone it is what sha256sum prints."""
    taken = [f"{'.'.join(map(str, one.path))}={one.value}" for one in document.from_environment]
    further = [f"{name}={json.dumps(value, sort_keys=True)}" for name, value in sorted(configs.items())]
    texts = [source.text for source in document.sources if source.text]
    return sha256("\x00".join((*texts, *taken, *further)).encode()).hexdigest()


def _once(secrets: Found, shape: Found) -> Found:
    """A written secret is one finding, not also a value of the wrong form."""
    told = {finding.path for finding in secrets if finding.secret}
    return (*secrets, *(finding for finding in shape if finding.path not in told))


def _failed(findings: Found) -> bool:
    return any(severity(finding.code) == "error" for finding in findings)
