"""What the host itself says: an activation cut off, files edited by hand, services still starting, data left behind."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.provision.plan.types import Data, Download, Finding, ServiceChange
from dreamc.provision.types import HostFacts


def noticed(
    facts: HostFacts, acts: tuple[ServiceChange, ...], brought: tuple[Download, ...], lost: tuple[Data, ...]
) -> Iterator[Finding]:
    """Warnings that need no release."""
    if facts.transaction:
        lines = [line for line in facts.transaction.splitlines() if not line.startswith(("token=", "boot="))]
        what = f"an activation was cut off ({' '.join(lines)})"
        yield Finding("transaction", what, "an apply puts it back first; dream recover does it alone")
    if facts.lock and facts.lock.stale:
        what = f"the lock of {facts.lock.who} is left over; its holder is gone"
        yield Finding("lock-stale", what, "an apply removes it")
    yield from _files(facts)
    starting = [one.service for one in facts.containers if one.health == "starting"]
    if any(one.action == "keep" and one.name in starting for one in acts):
        yield Finding(
            "starting", f"still starting: {', '.join(starting)}", "dreamc status --host shows when it is healthy"
        )
    missing = [one.name for one in brought]
    if missing and acts and all(one.action == "keep" for one in acts):
        what = f"not, or not completely, on the host: {_some(tuple(missing))}; what runs now could not start again"
        yield Finding("supply", what, "dreamc models pull --host brings it")
    for one in lost:
        if not one.lost_to:
            yield Finding("data-kept", f"{one.path}: {one.what}", "remove it by hand once nobody needs it")


def _files(facts: HostFacts) -> Iterator[Finding]:
    if facts.edited:
        what = f"edited by hand or missing on the host: {_some(facts.edited)}"
        remedy = "an apply puts the release's own files in their place; change dream.yaml instead"
        yield Finding("edited", what, remedy)
    if facts.strangers:
        what = f"files in the release that are not part of it: {_some(facts.strangers)}"
        yield Finding("strangers", what, "an apply takes them away; keep such files elsewhere")
    if facts.release and not facts.release_json:
        what = "the current release does not describe itself, so what it holds is not known"
        yield Finding("release-unknown", what, "an apply replaces it")


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
