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

from dreamc.diagnostics.codes import has_error
from dreamc.diagnostics.types import Diagnostic, Source
from dreamc.document.anchor import anchored
from dreamc.document.interpolate import interpolate
from dreamc.document.load import STARTER, load
from dreamc.document.merge import merge
from dreamc.document.read import read
from dreamc.document.types import Document
from dreamc.document.validate import validate
from dreamc.hub.lock import stale
from dreamc.hub.pins import Lock
from dreamc.inputs import NO_TEXT, configs, headers, lock, own_checks, own_rows, profile
from dreamc.knowledge.secrets import written_secrets
from dreamc.sizing.types import Measured
from dreamc.spec import RENAMED, Dream
from dreamc.stack.checks import check
from dreamc.stack.image_names import references
from dreamc.stack.inputs import Inputs
from dreamc.stack.lower import lower
from dreamc.stack.remembered import unused
from dreamc.stack.types import Stack

if TYPE_CHECKING:
    from dreamc.artifact.types import Bundle

Found = tuple[Diagnostic, ...]
MAIN, PROFILE, OVERLAY, LOCK, CALIBRATION = range(5)
"""Which source a span speaks of."""


class Request(Struct, frozen=True):
    """What to compile: `file`, the overlay `dream.<overlay>.yaml` beside it, and the world as it is to be seen.

    `text` stands for what the file holds: a change is proven by it before it is written.
    """

    file: Path
    overlay: str | None
    environment: Mapping[str, str]
    today: date
    text: str | None = None


class Result(Struct, frozen=True):
    """How far the file got. `stack` is None when errors stand in its way; `sources` are MAIN, PROFILE,
    OVERLAY, LOCK and CALIBRATION."""

    document: Document | None
    sources: tuple[Source, ...]
    dream: Dream | None
    stack: Stack | None
    findings: Found

    @property
    def failed(self) -> bool:
        """Whether there is an error among the findings."""
        return has_error(self.findings)


def resolve(request: Request) -> Result:
    """Everything up to the checked Stack."""
    document, sources, findings = front(request)
    if document is None or has_error(findings):
        return Result(document, sources, None, None, findings)
    dream, shape = validate(Dream, _without_extensions(document), RENAMED)
    findings = _once((*findings, *written_secrets(document.value)), shape)
    if dream is None or has_error(findings):
        return Result(document, sources, dream, None, findings)
    pins, locked, source, problems = lock(request.file, LOCK)
    measured, logged, wrong = own_rows(request.file, CALIBRATION)
    problems = (*problems, *wrong)
    document = replace(document, sources=(*sources, source, logged))
    if has_error(problems):
        return Result(document, document.sources, dream, None, (*findings, *problems))
    stack, meaning = _stack(dream, request, document, pins, measured)
    if pins is not None and locked is not None:
        meaning = (*meaning, *anchored(_useless(pins, dream), locked))
    return Result(document, document.sources, dream, stack, (*findings, *problems, *meaning))


def _useless(pins: Lock, dream: Dream) -> Found:
    """Rows of the lock file that nothing in dream.yaml follows."""
    sources = frozenset(one.source for one in dream.models.values())
    return (*stale(pins, sources, frozenset(references(dream).values())), *unused(pins.placement, dream))


def front(request: Request) -> tuple[Document | None, tuple[Source, ...], Found]:
    """The file, with its profile underneath and its overlay on top, every value knowing its place."""
    main, own, findings = _document(request.file, MAIN, request.environment, request.text)
    if main is None:
        return None, (own,), findings
    over, overlaid = None, NO_TEXT
    if request.overlay is not None:
        path = request.file.with_name(f"{request.file.stem}.{request.overlay}{request.file.suffix}")
        over, overlaid, problems = _document(path, OVERLAY, request.environment)
        findings += problems
        if over is None:
            return None, (own, NO_TEXT, overlaid), findings
    under, beneath, problems = profile(over or main, main, request.file.parent, PROFILE)
    findings += problems
    if under is not None:
        under, problems = interpolate(under, request.environment)
        findings += problems
        main = merge(under, main)
    document = merge(main, over) if over is not None else main
    sources = (own, beneath, overlaid)
    return replace(document, sources=sources), sources, findings


def emit(stack: Stack) -> tuple[Bundle, ...]:
    """A bundle for every host."""
    from dreamc.backends.emit import emit as write_all

    return write_all(stack)


def _document(
    path: Path, index: int, environment: Mapping[str, str], text: str | None = None
) -> tuple[Document | None, Source, Found]:
    remedy = "--env NAME lays dream.NAME.yaml over the file: write it, or leave --env and DREAMC_ENV out"
    source, problems = load(path, path.as_posix(), index, remedy if index == OVERLAY else STARTER)
    if text is not None:
        source, problems = Source(path.as_posix(), text), ()
    if problems:
        return None, source, problems
    document, problems = read(source, index)
    if document is None:
        return None, source, problems
    document, more = interpolate(document, environment)
    return document, source, (*problems, *more)


def _without_extensions(document: Document) -> Document:
    """Top-level keys that begin with `x-` are the user's own: a home for anchors."""
    if not isinstance(document.value, dict):
        return document
    kept = {key: value for key, value in document.value.items() if not key.startswith("x-")}
    return replace(document, value=kept)


def _stack(
    dream: Dream, request: Request, document: Document, pins: Lock | None, measured: tuple[Measured, ...]
) -> tuple[Stack | None, Found]:
    files, problems = configs(dream, request.file.parent)
    beside, damaged = headers(dream, request.file.parent)
    if problems or damaged:
        return None, (*problems, *damaged)
    own = own_checks(dream, request.file.parent)
    inputs = Inputs(request.today, _digest(document, {**files, **own}), files, pins, beside, measured, own)
    stack, findings = lower(dream, inputs)
    if stack is None:
        return None, findings
    findings = (*findings, *check(stack, dream, inputs))
    if any(host.ram for host in stack.hosts) and not has_error(findings):
        from dreamc.workloads.memory import findings as memory

        findings = (*findings, *memory(stack))
    if dream.tests and not has_error(findings):
        from dreamc.backends.rehearsal import rehearse

        findings = (*findings, *rehearse(stack, dream))
    return stack, findings


def _digest(document: Document, files: Mapping[str, object]) -> str:
    """Of everything that decides the output: the texts, values taken from the environment, and the files named.
    For one file alone it is what sha256sum prints."""
    taken = [f"{'.'.join(map(str, one.path))}={one.value}" for one in document.from_environment]
    further = [f"{name}={json.dumps(value, sort_keys=True)}" for name, value in sorted(files.items())]
    texts = [source.text for source in document.sources if source.text]
    return sha256("\x00".join((*texts, *taken, *further)).encode()).hexdigest()


def _once(secrets: Found, shape: Found) -> Found:
    """A written secret is one finding, not also a value of the wrong form."""
    told = {finding.path for finding in secrets if finding.secret}
    return (*secrets, *(finding for finding in shape if finding.path not in told))
