"""The plan of one host: a target and its release against the facts. Pure: nothing is asked, nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable

from dreamc.artifact.release import ModeFacts, Release
from dreamc.artifact.types import Bundle
from dreamc.errors import DreamError
from dreamc.provision.plan.cards import cards, current, mode_of, month
from dreamc.provision.plan.changes import files
from dreamc.provision.plan.data import at_risk
from dreamc.provision.plan.noticed import noticed
from dreamc.provision.plan.preflight import Case, blockers, engine, locked, warnings
from dreamc.provision.plan.reasons import reasons
from dreamc.provision.plan.services import Before, services
from dreamc.provision.plan.state import state
from dreamc.provision.plan.steps import Work, steps, unit_wanted
from dreamc.provision.plan.supplies import disks, downloads
from dreamc.provision.plan.timing import interruption
from dreamc.provision.plan.types import (
    VERSION,
    Finding,
    Given,
    HostPlan,
    Interruption,
    Month,
    Plan,
    SecretChange,
    ServiceChange,
)  # fmt: skip
from dreamc.provision.types import HostFacts, Target


def plan(target: Target, release: Release | None, bundle: Bundle | None, facts: HostFacts, given: Given) -> HostPlan:
    """What would happen. `release` is the target's and None for a tear-down; `bundle` is None where its files are only
    on the host (mode, rollback). ValueError where release and target contradict each other."""
    if (release is None) != (target.release == "") or (release and release.host != target.host):
        raise ValueError(f"the release given is not that of the target {target}")
    old = current(facts)
    now, wanted = mode_of(old, facts.mode), mode_of(release, target.mode)
    if release is not None and wanted is None:
        wanted = ModeFacts(target.mode, reason="the release does not know it")
    known = {one.name: one for one in now.services} if now else {}
    changed = files(bundle, facts, given.texts, given.mask)
    secrets = _secrets(wanted, facts, given)
    before = Before(facts, known, {one.variable: one for one in secrets})
    definitions = {one.name: one.definition for one in wanted.services} if wanted else {}
    words = reasons(bundle, target.mode, definitions, facts, given.texts, changed)
    acts = services(wanted, before, words)
    lost = at_risk(release, wanted, old, known, facts)
    brought = downloads(release, wanted, facts) if release and wanted else ()
    room = disks(release, wanted, facts, brought) if release and wanted else ()
    found = Case(release, old, wanted, facts, given, room, lost) if release and wanted else None
    upload = _upload(target, bundle, facts, bool(changed))
    kept = sum(one.keep for one in old.directories) if old else 0
    aliases = len(wanted.aliases) if wanted else 0
    work = Work(target, facts, given, brought, upload, secrets, acts, aliases, kept)
    moves = _moves(target, facts, given, bool(changed), secrets, acts)
    return HostPlan(
        host=target.host,
        target=target,
        before_release=facts.release,
        before_mode=facts.mode,
        changed=moves,
        state=state(facts),
        blockers=tuple(blockers(found)) if found else (*locked(facts, given), *engine(facts)),
        warnings=(*noticed(facts, acts, brought, lost), *(warnings(found) if found else ())),
        files=changed,
        services=acts,
        secrets=secrets,
        steps=steps(work) if moves else (),
        interruption=interruption(acts, wanted),
        cards=cards(now, wanted, facts),
        downloads=brought,
        disks=room,
        month=month(now, wanted, facts),
        data_at_risk=lost,
        after=release.after if release else (),
    )


def unreachable(target: Target, error: DreamError) -> HostPlan:
    """The plan of a host that cannot be asked: nothing is known, so nothing is done."""
    blocker = Finding("unreachable", error.what, error.remedy)
    return HostPlan(
        target.host, target, "", "", False, "", (blocker,), (), (), (), (), (), Interruption(), (), (), (),
        Month(None, None, known=False), (),
    )  # fmt: skip


def together(tool: str, stack: str, input_sha256: str, hosts: Iterable[HostPlan]) -> Plan:
    """The plan of a fleet, hosts in the order given."""
    found = tuple(hosts)
    return Plan(VERSION, tool, stack, input_sha256, any(one.changed for one in found), found)


def _secrets(wanted: ModeFacts | None, facts: HostFacts, given: Given) -> tuple[SecretChange, ...]:
    there = dict(facts.env)
    return tuple(_secret(one.variable, there, given) for one in wanted.secrets) if wanted else ()


def _secret(name: str, there: dict[str, str], given: Given) -> SecretChange:
    if name in given.env:
        same = there.get(name) == given.env[name]
        return SecretChange(name, "same" if same else "changed" if name in there else "new")
    if name in given.kept or name in given.generated:
        return SecretChange(name, "kept" if name in there else "generated" if name in given.generated else "unknown")
    return SecretChange(name, "unknown")


def _upload(target: Target, bundle: Bundle | None, facts: HostFacts, changed: bool) -> int:
    """A release that is on the host is sent again only where its files were edited."""
    if bundle is None or (target.release == facts.release and not changed):
        return 0
    return 0 if target.release in facts.releases and target.release != facts.release else len(bundle.artifacts)


def _moves(
    target: Target, facts: HostFacts, given: Given, changed: bool, secrets: tuple[SecretChange, ...],
    acts: tuple[ServiceChange, ...],
) -> bool:  # fmt: skip
    """Whether anything would be done. A download alone is no change: what runs has what it needs."""
    if any(one.action != "keep" for one in acts):
        return True
    if not target.release:
        return bool(facts.release or facts.unit)
    new = any(one.change in ("new", "changed", "generated") for one in secrets)
    other = (target.release, target.mode) != (facts.release, facts.mode)
    return other or changed or new or bool(facts.transaction) or unit_wanted(facts, given)
