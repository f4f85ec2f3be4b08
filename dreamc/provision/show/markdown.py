"""A plan as Markdown for a pull request: a table of hosts, a section for each that changes, diffs folded away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dreamc.provision.plan.types import FileChange, HostPlan, Plan
from dreamc.provision.show.words import (
    KINDS,
    away,
    bars,
    card,
    disk,
    download,
    download_sum,
    duration,
    money,
    summary,
    title,
    told,
    verdict,
)

LONGEST = 60_000
"""Characters; GitHub takes 65,536 in a comment (docs.github.com/rest/issues/comments), so diffs beyond are left out."""

BAR = 40


def markdown(plan: Plan) -> str:
    """Ends with a line end; the same plan gives the same text."""
    found = "".join(f"{line}\n" for line in _plan(plan, True))
    return found if len(found) <= LONGEST else "".join(f"{line}\n" for line in _plan(plan, False))


def _plan(plan: Plan, diffs: bool) -> Iterator[str]:
    yield f"### dreamc plan for {_cell(plan.stack)}: {summary(plan)}"
    yield ""
    yield "| host | from -> to | result | interruption | download | clouds a month |"
    yield "|---|---|---|---|---|---|"
    for host in plan.hosts:
        most = f"up to {duration(host.interruption.most)}" if host.interruption.most else "none"
        numbers = (most, download_sum(host), money(host.month) or "none") if host.state else ("", "", "")
        cells = (host.host, title(host), verdict(host), *numbers)
        yield f"| {' | '.join(map(_cell, cells))} |"
    for host in plan.hosts:
        if host.changed or host.blockers or host.warnings:
            yield from _host(host, diffs)


def _host(host: HostPlan, diffs: bool) -> Iterator[str]:
    yield ""
    yield f"#### {_cell(host.host)}"
    if host.blockers or host.warnings:
        yield ""
    for word, findings in (("Blocked", host.blockers), ("Warning", host.warnings)):
        for one in findings:
            remedy = f" Remedy: {_cell(one.remedy)}." if one.remedy else ""
            yield f"- **{word}** `{one.id}`: {_cell(one.what)}.{remedy}"
    if host.changed:
        yield from _services(host)
        yield from _facts(host)
        yield from _files(told(host.files), diffs)


def _services(host: HostPlan) -> Iterator[str]:
    yield ""
    yield "| service | what | why |"
    yield "|---|---|---|"
    for one in host.services:
        yield f"| {_cell(one.name)} | {one.action} | {'<br>'.join(map(_cell, one.why))} |"


def _facts(host: HostPlan) -> Iterator[str]:
    yield ""
    yield f"- Interruption: {_cell(away(host))}"
    if host.downloads:
        yield f"- Download: {', '.join(_cell(download(one)) for one in host.downloads)}"
        yield from (f"- Disk of {_cell(', '.join(one.paths))}: {_cell(disk(one))}" for one in host.disks)
    moved = [f"`{one.variable}` {one.change}" for one in host.secrets if one.change not in ("same", "kept")]
    if moved:
        yield f"- Secrets: {', '.join(moved)}"
    if host.cards:
        lines = [line for one in host.cards for line in (card(one), *(" ".join(row).strip() for row in bars(one, BAR)))]
        yield from ("", "```text", *lines, "```")
    yield from _folded("Steps", "".join(f"{number}. {_cell(step)}\n" for number, step in enumerate(host.steps, 1)))


def _files(files: tuple[FileChange, ...], diffs: bool) -> Iterator[str]:
    if not files:
        return
    names = "".join(f"{KINDS[one.kind].replace('~', '!')} {one.path}\n" for one in files)
    yield from _folded(f"Files: {len(files)}", _fenced(names, "diff"))
    for one in files:
        if diffs and one.diff and one.kind != "added":
            yield from _folded(f"<code>{_cell(one.path)}</code>", _fenced(one.diff, "diff"))
    if not diffs:
        yield ""
        yield "The diffs are too long for a comment: `dreamc plan --diff` shows them."


def _folded(head: str, body: str) -> Iterator[str]:
    yield from ("", f"<details><summary>{head}</summary>", "", body.rstrip("\n"), "", "</details>")


def _fenced(body: str, language: str) -> str:
    """A fence that is longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{body.rstrip()}\n{fence}"


def _cell(value: str) -> str:
    """Text that is shown as it is, in a table too."""
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_|\[\]])", r"\\\1", " ".join(escaped.split()))
