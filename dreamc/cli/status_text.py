"""A status as text: one paragraph per host."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.provision.journal import Entry
from dreamc.provision.show.text import Paint
from dreamc.provision.show.words import size
from dreamc.provision.spans import ago, span
from dreamc.provision.status import HostStatus, ServiceState


def text(hosts: tuple[HostStatus, ...], now: float, colour: bool) -> str:
    """All hosts; `now` in seconds since 1970."""
    paint = Paint(colour)
    return "\n".join("".join(f"{line.rstrip()}\n" for line in _host(one, now, paint)) for one in hosts)


def _host(host: HostStatus, now: float, paint: Paint) -> Iterator[str]:
    verdict = paint("green", "well") if host.healthy else paint("red", "NOT WELL")
    where = f"release {host.release} in {host.mode or 'no recorded'} mode" if host.release else "no release"
    yield f"{paint('bold', host.host)}  {where}  {verdict}"
    yield from (f"  {paint('red', '!')} {problem}" for problem in host.problems)
    if host.lock:
        stale = ", whose holder is gone" if host.lock.stale else ""
        yield f"  {paint('yellow', 'locked')} by {host.lock.who} since {host.lock.since}: {host.lock.why}{stale}"
    if host.transaction is not None:
        words = " ".join(f"{name}={value}" for name, value in host.transaction.items() if value and name != "token")
        yield f"  {paint('yellow', 'activation')} {words}"
    yield from _services(host, paint)
    if host.gateway.url:
        yield f"  gateway {host.gateway.url} {_answers(host)}"
    for gpu in host.gpus:
        yield f"  GPU {gpu.index} {gpu.name}  {size(gpu.used)} of {size(gpu.memory)} used"
    if host.last:
        yield f"  last: {last(host.last, now)}"


def _services(host: HostStatus, paint: Paint) -> Iterator[str]:
    width = max((len(one.name) for one in host.services), default=0)
    for one in host.services:
        style = "green" if one.is_well and one.wanted else "yellow" if one.health == "starting" else "red"
        extra = "" if one.wanted else "  (not of this mode)"
        word = "not known" if host.engine else _word(one)
        yield f"  {one.name:<{width}}  {paint(style, word)}{extra}"


def _word(one: ServiceState) -> str:
    return ", ".join(part for part in (one.state, one.health) if part) or "not there"


def _answers(host: HostStatus) -> str:
    if host.gateway.answers is None:
        return "was not asked" if host.engine else "is on another host: not asked"
    return "answers" if host.gateway.answers else "does not answer"


def last(entry: Entry, now: float) -> str:
    """An entry of the journal in one line."""
    what = f"{entry.action} {entry.outcome}"
    why = f": {entry.why}" if entry.why else ""
    return f"{what} {ago(entry.time, now)} by {entry.who or 'somebody'} ({span(entry.seconds)}){why}"
