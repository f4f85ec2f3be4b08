"""The phrases of a plan that a terminal and a pull request share."""

from __future__ import annotations

from dreamc.artifact.release import Part
from dreamc.artifact.strip import FILLS, FREE, strip
from dreamc.provision.plan.changes import DERIVED
from dreamc.provision.plan.types import CardChange, DiskChange, Download, FileChange, HostPlan, Month, Plan

SIGNS = {"create": "+", "recreate": "~", "start": ">", "remove": "-", "keep": "."}
KINDS = {"added": "+", "changed": "~", "removed": "-", "mode": "~"}
GIB = 2**30


def size(bytes_: int) -> str:
    """GiB from a tenth of one on, else MiB."""
    return f"{bytes_ / GIB:.1f} GiB" if bytes_ >= GIB / 10 else f"{bytes_ / 2**20:.0f} MiB"


def title(host: HostPlan) -> str:
    """From what to what."""
    now = f"{host.before_release} in {host.before_mode or 'no recorded'} mode" if host.before_release else "nothing"
    if not host.state:
        return "not reached"
    if not host.target.release:
        return f"{now} -> nothing (data is kept)"
    if (host.before_release, host.before_mode) == (host.target.release, host.target.mode):
        return now
    if host.before_release == host.target.release:
        return f"{now} -> {host.target.mode} mode"
    return f"{now} -> {host.target.release} in {host.target.mode} mode"


def verdict(host: HostPlan) -> str:
    """In one word or two."""
    if host.blockers:
        return "blocked"
    return "changes" if host.changed else "nothing to do"


def summary(plan: Plan) -> str:
    """How many hosts of which verdict."""
    found = [verdict(host) for host in plan.hosts]
    parts = [f"{found.count(one)} {word}" for one, word in _COUNTED if found.count(one)]
    return f"{len(found)} host{'s' * (len(found) != 1)}: {', '.join(parts) or 'nothing'}"


_COUNTED = (("changes", "with changes"), ("nothing to do", "with nothing to do"), ("blocked", "blocked"))


def away(host: HostPlan) -> str:
    """For how long something that serves now does not."""
    if not host.target.release:
        return "all services stop"
    if host.interruption.services:
        return f"up to {duration(host.interruption.most)}, usually less: {', '.join(host.interruption.services)}"
    ready = f"; healthy within {duration(host.interruption.ready)}" if host.interruption.ready else ""
    return f"none{ready}"


def told(files: tuple[FileChange, ...]) -> tuple[FileChange, ...]:
    """Those that a reader cares for: without the ones that follow from the others."""
    return tuple(one for one in files if one.path not in DERIVED) or files


def duration(seconds: int) -> str:
    """Seconds below two minutes, else minutes, rounded up."""
    return f"{seconds} s" if seconds < 120 else f"{-(-seconds // 60)} min"


def download(one: Download) -> str:
    """Name and bytes."""
    if one.size is None:
        return f"{one.name} (size not pinned)"
    return f"{one.name} ({size(one.size - one.have)}{f' of {size(one.size)}' if one.have else ''})"


def download_sum(host: HostPlan) -> str:
    """Bytes in all; what is not known is said."""
    known = sum(one.size - one.have for one in host.downloads if one.size is not None)
    unknown = sum(one.size is None for one in host.downloads)
    if not host.downloads:
        return "nothing"
    if not unknown:
        return size(known)
    return f"{f'{size(known)} and ' if known else ''}{unknown} of unknown size"


def disk(one: DiskChange) -> str:
    """Free now and then."""
    if not one.takes and one.sure:
        return f"{size(one.free)} free"
    return f"{size(one.free)} free, {'at most ' * (not one.sure)}{_signed(one.left)} left"


def money(month: Month) -> str:
    """The expected month, where there is one, and the worst before and after; empty where no cloud is asked."""
    before = _dollars(month.before) if month.known else "unknown"
    after = _dollars(month.after)
    if before == after and month.after == 0:
        return ""
    worst = after if before == after else f"{before} -> {after}"
    return f"{_expected(month)}{worst}"


def _expected(month: Month) -> str:
    if month.expected_before is None and month.expected_after is None:
        return ""
    before, after = (_dollars_expected(one) for one in (month.expected_before, month.expected_after))
    return f"expected {after if before == after else f'{before} -> {after}'}; "


def _dollars_expected(amount: float | None) -> str:
    return "unknown" if amount is None else f"${amount:,.2f}"


def card(one: CardChange) -> str:
    """Name and the sum before and after."""
    after = f"{_used(one.after) / GIB:.1f}"
    before = "unknown" if one.before is None else f"{_used(one.before) / GIB:.1f}"
    change = after if before == after else f"{before} -> {after}"
    return f"GPU {one.index} {one.name}  {change} of {one.total / GIB:.1f} GiB"


def bars(one: CardChange, width: int) -> tuple[tuple[str, str, str], ...]:
    """(before | after, bar, legend) each; one row where nothing moves. A model keeps its fill in both."""
    rows = [("after", one.after)] if one.before is None else [("before", one.before), ("after", one.after)]
    if one.before == one.after:
        rows = [("", one.after)]
    names = list(dict.fromkeys(part.name for _, parts in rows for part in parts))
    fills = {name: FILLS[at % len(FILLS)] for at, name in enumerate(names)}
    return tuple((label, _bar(parts, one.total, fills, width), _legend(parts, fills)) for label, parts in rows)


def _bar(parts: tuple[Part, ...], total: int, fills: dict[str, str], width: int) -> str:
    shares = [(fills[part.name], part.size) for part in parts]
    return strip((*shares, (FREE, max(0, total - _used(parts)))), total, width)


def _legend(parts: tuple[Part, ...], fills: dict[str, str]) -> str:
    return ", ".join(f"{fills[part.name]} {part.name} {part.size / GIB:.1f}" for part in parts) or "empty"


def _used(parts: tuple[Part, ...]) -> int:
    return sum(part.size for part in parts)


def _signed(bytes_: int) -> str:
    return size(bytes_) if bytes_ >= 0 else f"-{size(-bytes_)}"


def _dollars(amount: float | None) -> str:
    if amount is None:
        return "without limit"
    return f"at most ${amount:,.2f}" if amount else "nothing"
