"""Many hosts, in waves: a gateway after the hosts that it asks, a canary first, and no further after a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from dreamc.provision.events import Outcome

SKIPPED = 1


class Pace(Struct, frozen=True):
    """`parallel` hosts at once; `canary` hosts alone before all others; then `batch` at a time, 0 for all."""

    parallel: int = 16
    canary: int = 0
    batch: int = 0


def waves(hosts: Sequence[str], after: Mapping[str, tuple[str, ...]], pace: Pace) -> tuple[tuple[str, ...], ...]:
    """The hosts in the order in which they are worked on: those that others ask first, a canary before the rest.

    Hosts that wait for each other in a circle go together: neither can be first.
    """
    levels = _levels(hosts, after)
    found: list[tuple[str, ...]] = []
    for number, level in enumerate(levels):
        alone = pace.canary if number == 0 else 0
        rest = level[alone:]
        size = pace.batch or max(len(rest), 1)
        found += [level[:alone]] if alone else []
        found += [rest[at : at + size] for at in range(0, len(rest), size)]
    return tuple(wave for wave in found if wave)


def run(waves_: Sequence[Sequence[str]], work: Callable[[str], Outcome], parallel: int) -> tuple[Outcome, ...]:
    """Works through the waves; after one in which a host failed, the hosts of later ones are left as they are."""
    from concurrent.futures import ThreadPoolExecutor

    done: list[Outcome] = []
    for number, wave in enumerate(waves_):
        with ThreadPoolExecutor(max_workers=max(1, min(parallel, len(wave)))) as pool:
            done += pool.map(work, wave)
        if any(outcome.failed for outcome in done):
            done += [_left(host) for later in waves_[number + 1 :] for host in later]
            break
    return tuple(done)


def _left(host: str) -> Outcome:
    return Outcome(host, SKIPPED, "not begun, because another host failed", "nothing was changed", "apply again")


def _levels(hosts: Sequence[str], after: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    left, found = list(hosts), []
    while left:
        waiting = set(left)
        ready = [host for host in left if not waiting.intersection(after.get(host, ())) - {host}] or list(left)
        found.append(tuple(ready))
        left = [host for host in left if host not in ready]
    return tuple(found)
