"""A case to its causes: those of the machine, of what was applied, of single services, and what logs mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import join

from dreamc.provision import journal
from dreamc.provision.doctor.services import services
from dreamc.provision.doctor.types import Case, Cause, Sign, Witness
from dreamc.provision.operations.hiding import BLIND
from dreamc.provision.plan.supplies import image_there
from dreamc.provision.types import Disk

FULL = 256 * 2**20
"""Bytes; with less than that Docker and journals fail in odd ways."""
LONGEST = 240
"""Characters of a line that is shown as evidence."""

# What a plan calls it, what it is called here, and how likely it is the cause rather than a consequence.
_FINDINGS = (
    ("other-stack", "DOC-OTHER-HOST", 1),
    ("other-host", "DOC-OTHER-HOST", 1),
    ("engine-missing", "DOC-ENGINE-MISSING", 2),
    ("engine-silent", "DOC-ENGINE-SILENT", 2),
    ("engine-permission", "DOC-ENGINE-PERMISSION", 2),
    ("engine-old", "DOC-ENGINE-OLD", 3),
    ("compose-missing", "DOC-COMPOSE-MISSING", 3),
    ("root-not-writable", "DOC-ROOT-READONLY", 4),
    ("disk", "DOC-DISK-FULL", 5),
    ("transaction", "DOC-TRANSACTION", 8),
    ("port", "DOC-PORT-TAKEN", 11),
    ("gpu-none", "DOC-GPU-MISSING", 12),
    ("gpu-count", "DOC-GPU-MISSING", 12),
    ("toolkit", "DOC-GPU-TOOLKIT", 12),
    ("driver", "DOC-DRIVER-OLD", 13),
    ("gpu-mig", "DOC-GPU-MIG", 14),
    ("gpu-memory", "DOC-GPU-SMALL", 14),
    ("gpu-capability", "DOC-GPU-OLD", 14),
    ("mode", "DOC-MODE", 15),
    ("secret", "DOC-SECRET-MISSING", 16),
    ("release-unknown", "DOC-RELEASE-UNKNOWN", 17),
    ("clock", "DOC-CLOCK", 18),
    ("gpu-occupied", "DOC-GPU-OCCUPIED", 19),
    ("owner", "DOC-FILE-PERMISSION", 26),
    ("disk-low", "DOC-DISK-LOW", 50),
    ("memory", "DOC-RAM-SHORT", 52),
    ("lock-stale", "DOC-LOCK-STALE", 55),
    ("locked", "DOC-LOCK-HELD", 60),
)

_REMEDIES = {
    "transaction": "{root}/current/dream recover, on {host}; or dreamc apply --host {host}",
    "lock-stale": "dreamc apply --host {host} removes it; so does rm -r {root}/lock, on {host}",
}
"""Where a plan says what an apply does about it by itself."""


def causes(case: Case, signs: tuple[Sign, ...]) -> tuple[Cause, ...]:
    """All of them, the likeliest first; of one id and text only one."""
    found = [*_applied(case), *_plan(case), *_supply(case), *_kernel(case), *services(case)]
    found += [cause for witness in case.witnesses for cause in told(case, witness, signs)]
    found += _drift(case)
    unique = {(one.id, one.what): one for one in reversed(found)}
    return tuple(sorted(unique.values(), key=lambda one: (one.rank, one.id, one.what)))


def unreachable(what: str, remedy: str) -> Cause:
    """A host that cannot be asked."""
    return Cause("DOC-UNREACHABLE", 1, what, remedy)


def told(case: Case, witness: Witness, signs: tuple[Sign, ...]) -> Iterator[Cause]:
    """What the last words of a container mean: of each kind of cause once, with the last line that says so."""
    one = next((each for each in case.facts.containers if each.name == witness.container), None)
    service, image = (one.service, one.image) if one else (witness.container, "")
    words = (*witness.log, *witness.health, witness.error)
    seen: set[str] = set()
    for sign in signs:
        lines = [line for line in words if re.search(sign.pattern, line)]
        if not lines or sign.id in seen or sign.of not in f"{service} {image}":
            continue
        seen.add(sign.id)
        remedy = sign.remedy.format(host=case.facts.host, service=service, container=witness.container)
        evidence = tuple(line.strip()[:LONGEST] for line in lines[-2:])
        yield Cause(sign.id, sign.rank, f"{service}: {sign.what}", remedy, evidence)


def _applied(case: Case) -> Iterator[Cause]:
    facts = case.facts
    if not facts.release:
        yield Cause("DOC-NOT-APPLIED", 9, "nothing was applied to it yet", f"dreamc apply --host {facts.host}")
    last = journal.entry(facts.journal)
    if last and last.outcome in ("stuck", "rolled-back"):
        id_, rank = ("DOC-STUCK", 7) if last.outcome == "stuck" else ("DOC-ROLLED-BACK", 62)
        what = f"the last change ({last.action} of {last.release or 'nothing'}, {last.time}) ended {last.outcome}"
        yield Cause(id_, rank, what, f"dreamc apply --host {facts.host}", (last.message,) if last.message else ())
    if case.blind:
        remedy = "run as root or as the owner of .env (ansible_become: true), and have awk there"
        yield Cause("DOC-LOGS-HIDDEN", 65, BLIND, remedy)


def _plan(case: Case) -> Iterator[Cause]:
    known = {name: (id_, rank) for name, id_, rank in _FINDINGS}
    for one in case.findings:
        if one.id in known and not (one.id == "disk-low" and _full(case)):
            id_, rank = known[one.id]
            own = _REMEDIES.get(one.id, "").format(root=case.facts.root, host=case.facts.host)
            yield Cause(id_, rank, one.what, own or one.remedy)


def _supply(case: Case) -> Iterator[Cause]:
    host, mode = case.facts.host, case.mode
    for disk in _full(case):
        what = f"{disk.free // 2**20} MiB are free on the disk of {disk.path}"
        yield Cause("DOC-DISK-FULL", 5, what, f"df -h on {host}; docker image prune; dreamc models gc --host {host}")
    for image in mode.images if mode and not case.facts.engine_problem else ():
        if not image_there(image, case.facts):
            remedy = f"dreamc apply --host {host} brings it; or {case.facts.root}/current/dream pull, on {host}"
            yield Cause("DOC-IMAGE-MISSING", 23, f"the image {image.name} is not on the host", remedy)
    there = {path: (size, whole) for path, size, whole in case.facts.weights}
    for one in mode.weights if mode and case.release else ():
        size, whole = there.get(join(case.facts.root, one.path), (0, True))
        if not whole:
            id_, word = ("DOC-WEIGHTS-DAMAGED", "not whole") if size else ("DOC-WEIGHTS-MISSING", "not on the host")
            yield Cause(id_, 22, f"the files of {one.name} are {word}", f"dreamc models pull --host {host}")


def _full(case: Case) -> tuple[Disk, ...]:
    """One of each file system, that of the root first."""
    full = {one.device or one.path: one for one in reversed(case.facts.disks) if one.total and one.free < FULL}
    return tuple(reversed(full.values()))


def _kernel(case: Case) -> Iterator[Cause]:
    """Faults of a card, and processes that the kernel killed."""
    faults = tuple(line for line in case.kernel if "NVRM: Xid" in line)
    if faults:
        remedy = f"look the number up at docs.nvidia.com/deploy/xid-errors; often a reboot of {case.facts.host}"
        yield Cause("DOC-GPU-FAULT", 10, "the NVIDIA driver reported a fault of a card", remedy, faults[-2:])


def _drift(case: Case) -> Iterator[Cause]:
    """What containers show already, and a file that has gone on, are no causes of their own."""
    left_out = ("DRIFT-RELEASE", "DRIFT-UNKNOWN", "DRIFT-DOWN", "DRIFT-CONTAINER-MISSING", "DRIFT-CONTAINER-STOPPED")
    found = tuple(one.what for one in case.differences if one.id not in left_out)
    if found:
        what = f"{len(found)} thing{'s are' if len(found) > 1 else ' is'} not as applied"
        yield Cause("DOC-DRIFT", 45, what, f"dreamc drift --host {case.facts.host}", found[:5])
