"""A plan on a terminal: what is in the way first, then what changes, then the numbers."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.provision.plan.types import Finding, HostPlan, Plan
from dreamc.provision.show.words import (
    KINDS,
    SIGNS,
    away,
    bars,
    card,
    disk,
    download,
    money,
    summary,
    title,
    told,
    verdict,
)

BAR = 40
FILES = 12
"""Files that are named; of more only the number is told."""

_CODES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "bold": "1", "dim": "2"}
_COLOURS = {"+": "green", "~": "yellow", ">": "green", "-": "red", ".": "dim"}


class Paint:
    """Colours, or none."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, style: str, text: str) -> str:
        """The text in a style."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self._colour else text


def text(plan: Plan, colour: bool = False, diffs: bool = False) -> str:
    """All hosts; those with nothing to do in one line each. Ends with a line end."""
    paint = Paint(colour)
    lines = [line for host in plan.hosts for line in _host(host, paint, diffs)]
    if len(plan.hosts) != 1:
        lines.append(summary(plan))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _host(host: HostPlan, paint: Paint, diffs: bool) -> Iterator[str]:
    colour = {"blocked": "red", "changes": "yellow"}.get(verdict(host), "green")
    yield f"{paint('bold', host.host)}  {title(host)}  {paint(colour, verdict(host))}"
    yield from _findings(host.blockers, "error", "red", paint)
    yield from _findings(host.warnings, "warning", "yellow", paint)
    if host.changed:
        yield ""
        yield from _services(host, paint)
        yield from _files(host, paint)
        yield from _secrets(host)
        yield from _cards(host)
        yield from _numbers(host)
        yield from _steps(host)
        yield from _diffs(host, paint) if diffs else ()
        yield ""


def _findings(found: tuple[Finding, ...], word: str, colour: str, paint: Paint) -> Iterator[str]:
    for one in found:
        yield f"  {paint(colour, word)}[{one.id}]: {one.what}"
        if one.remedy:
            yield f"    {paint('dim', one.remedy)}"


def _services(host: HostPlan, paint: Paint) -> Iterator[str]:
    moving = [one for one in host.services if one.action != "keep"]
    width = max((len(one.name) for one in moving), default=0)
    for one in moving:
        sign = paint(_COLOURS[SIGNS[one.action]], SIGNS[one.action])
        first, *more = one.why or ("",)
        yield f"  {sign} {one.name:<{width}}  {one.action:<8}  {first}"
        yield from (f"    {'':<{width}}  {'':<8}  {why}" for why in more)
    kept = [one.name for one in host.services if one.action == "keep"]
    if kept:
        yield paint("dim", f"  . unchanged: {', '.join(kept)}")


def _files(host: HostPlan, paint: Paint) -> Iterator[str]:
    files = told(host.files)
    if files:
        counts = [(kind, sum(one.kind == kind for one in files)) for kind in KINDS]
        yield f"  files: {', '.join(f'{count} {kind}' for kind, count in counts if count)}"
    if len(files) <= FILES:
        for one in files:
            yield f"    {paint(_COLOURS[KINDS[one.kind]], KINDS[one.kind])} {one.path}"


def _secrets(host: HostPlan) -> Iterator[str]:
    moved = [f"{one.variable} {one.change}" for one in host.secrets if one.change not in ("same", "kept")]
    if moved:
        yield f"  secrets: {', '.join(moved)}"


def _cards(host: HostPlan) -> Iterator[str]:
    for one in host.cards:
        yield f"  {card(one)}"
        for label, bar, legend in bars(one, BAR):
            yield f"    {f'{label:<6} ' if label else ''}{bar}  {legend}"


def _numbers(host: HostPlan) -> Iterator[str]:
    yield f"  interruption: {away(host)}"
    if host.downloads:
        yield f"  download: {', '.join(map(download, host.downloads))}"
        yield from (f"  disk of {', '.join(one.paths)}: {disk(one)}" for one in host.disks)
    if money(host.month):
        yield f"  clouds in a month: {money(host.month)}"


def _steps(host: HostPlan) -> Iterator[str]:
    yield "  steps"
    yield from (f"    {number}. {step}" for number, step in enumerate(host.steps, 1))


def _diffs(host: HostPlan, paint: Paint) -> Iterator[str]:
    for one in host.files:
        if one.diff and one.kind != "added":
            yield ""
            yield from (_line(line, paint) for line in one.diff.removesuffix("\n").split("\n"))


def _line(line: str, paint: Paint) -> str:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    return paint(styles[line[0]], line) if line[:1] in styles else line
