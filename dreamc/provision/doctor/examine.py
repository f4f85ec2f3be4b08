"""Examines a host: its facts and its drift, what a plan of its current release says, last words of containers."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from dreamc.artifact.release import ModeName, Release
from dreamc.provision.compare import Compared, Inside, compare, gateways
from dreamc.provision.doctor.types import Case, Witness
from dreamc.provision.operations import evidence
from dreamc.provision.plan.make import plan
from dreamc.provision.plan.types import Finding, Given
from dreamc.provision.sections import sections
from dreamc.provision.session import Session
from dreamc.provision.survey import Secrets, Wish
from dreamc.provision.types import HostFacts, Target

TAIL, MORE = 80, 500
"""Lines of a log for a look, and for a support archive."""
JOURNAL = "journal.jsonl"
MODES: tuple[ModeName, ...] = ("cloud", "local", "hybrid")


class Examined(Struct, frozen=True):
    """A case, and the texts for a support archive by their path in it."""

    case: Case
    files: Mapping[str, str] = {}


def examine(
    session: Session, wish: Wish, secrets: Secrets, inside: Inside, clock: float, whole: bool = False
) -> Examined:
    """Two to four round trips. With `whole` the logs of every container and the files for an archive come along."""
    compared = compare(session, wish, secrets, inside)
    facts = compared.facts
    names = tuple(one.name for one in facts.containers) if whole else suspects(facts, compared.release)
    files, tail, lines = (_files(compared), MORE, evidence.LINES) if whole else ((JOURNAL,), TAIL, 1)
    said = session.run(evidence.look(wish.root, names, tail, files, lines), timeout=60.0 + 30 * len(names))
    found = sections(said.out, facts.host, "evidence")
    witnesses = tuple(_witness(name, found.get(f"container {name}", ())) for name in names)
    findings = _findings(compared, session.address.become, clock)
    blind = said.out.lstrip().startswith("blind\n")
    kernel = _marked(found.get("kernel", ()), "L")
    last = _marked(found.get(f"file {JOURNAL}", ()), "L")[-1:]
    facts = replace(facts, journal="".join(last))  # without what .env holds, unlike the one of the facts
    case = Case(facts, compared.release, compared.differences, findings, witnesses, kernel, blind)
    return Examined(case, _texts(found, witnesses) if whole else {})


def suspects(facts: HostFacts, release: Release | None) -> tuple[str, ...]:
    """Containers whose last words may say why: those that do not serve, and the gateway, which hears the clouds."""
    ill = [one.name for one in facts.containers if one.state != "running" or one.health not in ("", "healthy")]
    again = [one.name for one in facts.containers if one.restarts]
    return tuple(dict.fromkeys((*ill, *again, *(one.name for one in gateways(facts, release)))))


def _findings(compared: Compared, become: bool, clock: float) -> tuple[Finding, ...]:
    """What would be in the way of what runs, were it to start now."""
    facts, release = compared.facts, compared.release
    mode = next((one for one in MODES if one == facts.mode), None)
    if release is None or mode is None or release.host != facts.host:
        return ()
    wanted = release.mode(mode).secrets
    there = {name for name, _ in facts.env}
    missing = {one.variable: "it is not in .env" for one in wanted if one.variable not in there}
    kept = tuple(one.variable for one in wanted if one.variable in there)
    given = Given(kept=kept, unresolved=missing, clock=clock, become=become)
    made = plan(Target(facts.host, facts.release, mode), release, None, facts, given)
    return (*made.blockers, *made.warnings)


def _files(compared: Compared) -> tuple[str, ...]:
    """Below the root. `.env` is none of them."""
    modes = compared.release.modes if compared.release else ()
    compiled = (f"current/docker-compose.{one.mode}.yml" for one in modes if not one.reason)
    return (JOURNAL, "transaction", "lock/owner", *compiled)


def _witness(name: str, lines: tuple[str, ...]) -> Witness:
    state, killed, code, restarts, error = (_marked(lines, "S")[:1] or ("||||",))[0].split("|", 4)
    return Witness(
        container=name,
        state=state,
        killed=killed == "true",
        exit_code=int(code) if code.isdigit() else 0,
        restarts=int(restarts) if restarts.isdigit() else 0,
        error=error,
        health=_marked(lines, "H"),
        log=_marked(lines, "L"),
    )


def _marked(lines: tuple[str, ...], mark: str) -> tuple[str, ...]:
    return tuple(line[1:] for line in lines if line.startswith(mark))


def _texts(found: Mapping[str, tuple[str, ...]], witnesses: tuple[Witness, ...]) -> dict[str, str]:
    logs = {f"logs/{one.container}.log": _text(one.log) for one in witnesses}
    files = {
        name.removeprefix("file "): _text(_marked(lines, "L"))
        for name, lines in found.items()
        if name.startswith("file ")
    }
    texts = {**logs, **files, "kernel.log": _text(_marked(found.get("kernel", ()), "L"))}
    return {path: text for path, text in texts.items() if text}


def _text(lines: tuple[str, ...]) -> str:
    return "".join(f"{line}\n" for line in lines)
