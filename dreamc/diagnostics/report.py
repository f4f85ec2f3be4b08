"""All findings of a run in the order of the file, with their spans, and without those that a comment ignores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from dreamc.diagnostics.blot import blotted
from dreamc.diagnostics.codes import codes, severity, title
from dreamc.diagnostics.locate import Locator
from dreamc.diagnostics.types import Diagnostic, FromEnvironment, Ignore, Path, Place, Severity, Source, Span

_SHORTEST_BARE = 6


class Located(Protocol):
    """What a report needs of a Document."""

    @property
    def places(self) -> Mapping[Path, Place]: ...
    @property
    def sources(self) -> tuple[Source, ...]: ...
    @property
    def ignores(self) -> tuple[Ignore, ...]: ...
    @property
    def from_environment(self) -> tuple[FromEnvironment, ...]: ...


class Mark(Struct, frozen=True):
    """A second marked span and what it says."""

    span: Span
    label: str


class Finding(Struct, frozen=True):
    """A diagnostic with its place. `reason` is that of the comment which ignores it, None where none does."""

    diagnostic: Diagnostic
    severity: Severity
    title: str
    span: Span | None
    marks: tuple[Mark, ...] = ()
    reason: str | None = None


class Report(Struct, frozen=True):
    """`findings` count, `ignored` do not. `secrets` are the spans that no renderer may show."""

    sources: tuple[Source, ...]
    findings: tuple[Finding, ...]
    ignored: tuple[Finding, ...] = ()
    secrets: tuple[Span, ...] = ()

    def count(self, wanted: Severity) -> int:
        """How many findings of this severity there are."""
        return sum(finding.severity == wanted for finding in self.findings)

    @property
    def has_errors(self) -> bool:
        """Whether anything found keeps the file from being compiled."""
        return self.count("error") > 0


def make_report(
    diagnostics: Iterable[Diagnostic], document: Located | None = None, sources: tuple[Source, ...] = ()
) -> Report:
    """The report on `diagnostics`. Without a document (it could not be read) the `sources` say what the spans index."""
    locator = Locator(document.places if document else {})
    hidden = document.from_environment if document else ()
    found = _ordered(_finding(_without_values(item, hidden), locator) for item in diagnostics)
    ignores = document.ignores if document else ()
    kept, ignored, used = _apply(found, ignores)
    complaints = (_finding(item, locator) for item in _complaints(ignores, used, kept))
    secrets = tuple(finding.span for finding in found if finding.diagnostic.secret and finding.span)
    return Report(document.sources if document else sources, _ordered((*kept, *complaints)), ignored, secrets)


def _finding(diagnostic: Diagnostic, locator: Locator) -> Finding:
    span, via = diagnostic.span, None
    if span is None:
        span, via = locator.span(diagnostic.path, diagnostic.on_key)
    marks = [] if via is None else [Mark(via, "brought in here")]
    for related in diagnostic.related:
        where = related.span or locator.span(related.path, related.on_key)[0]
        if where is not None:
            marks.append(Mark(where, related.label))
    graded = severity(diagnostic.code)
    if graded != "note" and not diagnostic.help:
        diagnostic = replace(diagnostic, help=f"`dreamc explain {diagnostic.code}` says what to do")
    return Finding(diagnostic, graded, title(diagnostic.code), span, tuple(marks))


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    once: dict[tuple[Span | None, str, str], Finding] = {}
    for item in findings:
        # What an alias repeats is found again for every alias; the first is where it was written.
        once.setdefault((item.span, item.diagnostic.code, item.diagnostic.message), item)
    return tuple(sorted(once.values(), key=_position))


def _position(finding: Finding) -> tuple[int, int, int, str, str]:
    span, diagnostic = finding.span, finding.diagnostic
    if span is None:
        return -1, 0, 0, diagnostic.code, diagnostic.message
    return span.source, span.start_line, span.start_column, diagnostic.code, diagnostic.message


def _apply(
    found: tuple[Finding, ...], ignores: tuple[Ignore, ...]
) -> tuple[list[Finding], tuple[Finding, ...], dict[Ignore, bool]]:
    """What stays, what is ignored, and for each ignore that met a finding whether it could silence it."""
    by_place = {(ignore.code, ignore.span.source, ignore.line): ignore for ignore in ignores}
    kept: list[Finding] = []
    ignored: list[Finding] = []
    used: dict[Ignore, bool] = {}
    for finding in found:
        span = finding.span
        ignore = by_place.get((finding.diagnostic.code, span.source, span.start_line)) if span else None
        if ignore is None:
            kept.append(finding)
            continue
        used[ignore] = not _is_fatal(finding)
        if used[ignore]:
            ignored.append(replace(finding, reason=ignore.reason))
        else:
            kept.append(finding)
    return kept, tuple(ignored), used


def _is_fatal(finding: Finding) -> bool:
    """Errors of reading and shape leave no value to go on with."""
    return finding.severity == "error" and finding.diagnostic.code.startswith(("DRM0", "DRM1"))


def _complaints(ignores: tuple[Ignore, ...], used: dict[Ignore, bool], kept: list[Finding]) -> Iterable[Diagnostic]:
    # After a fatal error the later phases did not run: an ignore of theirs may well have something to silence.
    complete = not any(_is_fatal(finding) for finding in kept)
    for ignore in ignores:
        if ignore.code not in codes():
            yield Diagnostic("DRM041", (), f"there is no code {ignore.code}", span=ignore.span)
        elif not used.get(ignore, True):
            yield Diagnostic("DRM044", (), f"{ignore.code} cannot be ignored", span=ignore.span)
        elif ignore not in used and complete:
            message = f"{ignore.code} does not occur here"
            yield Diagnostic("DRM042", (), message, help="remove the comment", span=ignore.span)
        elif not ignore.reason:
            message = f"the ignore of {ignore.code} gives no reason"
            help = f"write why: # dreamc: ignore[{ignore.code}] because ..."
            yield Diagnostic("DRM040", (), message, help=help, span=ignore.span)


def _without_values(diagnostic: Diagnostic, hidden: tuple[FromEnvironment, ...]) -> Diagnostic:
    """The diagnostic without any value that came from the environment, or that looks like a secret."""
    related = tuple(replace(one, label=_scrubbed(one.label, hidden)) for one in diagnostic.related)
    message, label = _scrubbed(diagnostic.message, hidden), _scrubbed(diagnostic.label, hidden)
    return replace(diagnostic, message=message, label=label, help=_scrubbed(diagnostic.help, hidden), related=related)


def _scrubbed(text: str, hidden: tuple[FromEnvironment, ...]) -> str:
    for item in hidden:
        for quoted in (repr(item.value), f"'{item.value}'", f'"{item.value}"', f"`{item.value}`"):
            text = text.replace(quoted, item.shown)
        if len(item.value) >= _SHORTEST_BARE:
            text = text.replace(item.value, item.shown)
    return blotted(text)
