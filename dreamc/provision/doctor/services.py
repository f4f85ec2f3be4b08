"""Services that do not serve, one cause each, with their last words."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.artifact.release import ModeFacts
from dreamc.provision.doctor.types import Case, Cause, Witness
from dreamc.provision.types import Container

WORDS = 3
"""Lines of a log that stand as evidence."""
LONGEST = 240
KILLED = 137
"""128 + SIGKILL: without Docker's word that memory was the reason, `docker stop` may have been."""


def services(case: Case) -> Iterator[Cause]:
    """Nothing where Docker does not answer: then nobody knows."""
    mode, facts = case.mode, case.facts
    if mode is None or facts.engine_problem:
        return
    if any(one.id == "DRIFT-DOWN" for one in case.differences):
        yield Cause("DOC-DOWN", 6, "it was stopped on purpose", f"dreamc apply --host {facts.host}")
        return
    there = {one.service: one for one in facts.containers}
    for service in mode.services:
        found = there.get(service.name)
        if found is None:
            what = f"{service.name} has no container"
            yield Cause(f"DOC-UNHEALTHY-{service.name}", 35, what, f"dreamc apply --host {facts.host}")
        else:
            yield from _service(case, found)
    yield from _gateway(case, mode)


def _service(case: Case, one: Container) -> Iterator[Cause]:
    witness, host = case.witness(one), case.facts.host
    if witness.killed:
        what = f"{one.service} was killed for want of memory (it may have what mem_limit in the compose file says)"
        yield Cause(
            "DOC-KILLED", 20, what, f"a smaller model or more memory; dreamc apply --host {host}", _last(witness)
        )
    if one.state == "running" and one.health in ("", "healthy"):
        return
    if one.state == "running" and one.health == "starting" and not (witness.restarts or one.restarts):
        what = f"{one.service} is still starting"
        yield Cause("DOC-STARTING", 64, what, f"dreamc status --watch --host {host}", _last(witness))
        return
    remedy = f"dreamc apply --host {host} starts it anew; dreamc logs {one.service} --host {host} shows more"
    yield Cause(f"DOC-UNHEALTHY-{one.service}", 35, f"{one.service} {_state(one, witness)}", remedy, _last(witness))


def _state(one: Container, witness: Witness) -> str:
    restarts = max(witness.restarts, one.restarts)
    again = f", started again {restarts} times" if restarts else ""
    if one.state == "running":
        return f"is {one.health}{again}"
    code = f" with code {one.exit_code}" if one.state in ("exited", "restarting") else ""
    return f"is {one.state}{code}{again}"


def _gateway(case: Case, mode: ModeFacts) -> Iterator[Cause]:
    """A gateway that runs and says nothing."""
    silent = [one.what for one in case.differences if one.id == "DRIFT-UNKNOWN" and "has loaded" in one.what]
    if silent and case.release and any(one.name == case.release.gateway for one in mode.services):
        remedy = f"dreamc logs gateway --host {case.facts.host}"
        yield Cause("DOC-GATEWAY-SILENT", 33, "the gateway runs and does not answer", remedy, tuple(silent))


def _last(witness: Witness) -> tuple[str, ...]:
    checked = witness.health[-1:] if witness.state == "running" else ()
    words = [line for line in (*witness.log[-WORDS:], *checked, witness.error) if line.strip()]
    return tuple(line.strip()[:LONGEST] for line in words)
