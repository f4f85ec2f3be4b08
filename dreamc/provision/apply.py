"""One host from its plan to its outcome. Open this file first: it tells the whole story of an apply.

    lock -> facts again -> images and weights -> upload -> secrets -> activate, followed -> unit -> unlock

Until `activate` the old release serves untouched, and a failure leaves it so. From there on the host's own script is in
charge: it ends with the new release, proven, or with the old one, whatever becomes of this process or the connection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from dreamc.artifact.release import Release
from dreamc.artifact.types import Bundle
from dreamc.errors import DreamError
from dreamc.provision.events import DONE, LOCKED, NOTHING_CHANGED, ROLLED_BACK, STUCK, Event, Outcome, Tell
from dreamc.provision.operations import activate, base, environment, lock, teardown, upload
from dreamc.provision.phases import Said, event, heard
from dreamc.provision.session import Answer, Session, Step
from dreamc.provision.types import HostFacts, Target
from dreamc.provision.unreachable import Lost, Unreachable

PATIENCE, PAUSE = 180.0, 2.0
"""Seconds for which a lost connection is tried again while an activation goes on, and between two tries."""


class Intent(Struct, frozen=True):
    """Who applies what, and why; all of it ends up in the host's journal."""

    token: str
    who: str
    why: str
    git: str = ""
    lock_timeout: int = 0
    steal: bool = False
    keep: int = 5
    action: str = "apply"


class Job(Struct, frozen=True):
    """What one host is to become. `bundle` is None where the release is on the host already; `release` is None where
    nothing is to run.

    `env` is the content of `.env` without the values that stay on the host (`kept`) or are made up there (`generated`);
    None leaves `.env` alone. `facts` are those that the plan was made from, `state` their digest.
    """

    target: Target
    root: str
    release: Release | None
    bundle: Bundle | None
    facts: HostFacts
    state: str
    env: str | None = None
    kept: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    recreate: tuple[str, ...] = ()
    allow_data_loss: bool = False


class World(Struct, frozen=True):
    """What an apply needs of the rest: the host's facts anew, and the supply of images and model files."""

    facts: Callable[[Session], HostFacts]
    state: Callable[[HostFacts], str]
    supply: Callable[[Session, HostFacts, Tell], None]
    mask: Callable[[str], str]


def apply_host(job: Job, intent: Intent, session: Session, world: World, tell: Tell) -> Outcome:
    """Does what was planned, or leaves the host as it was. Never raises for what the world does wrong."""
    began = time.monotonic()
    try:
        outcome = _locked(job, intent, session, world, tell)
    except DreamError as error:
        outcome = Outcome(job.target.host, NOTHING_CHANGED, error.what, _untouched(job, error.state), error.remedy)
    seconds = round(time.monotonic() - began, 1)
    what, state, remedy = (world.mask(part) for part in (outcome.what, outcome.state, outcome.remedy))
    return Outcome(job.target.host, outcome.code, what, state, remedy, job.target.release, job.target.mode, seconds)


def _locked(job: Job, intent: Intent, session: Session, world: World, tell: Tell) -> Outcome:
    if job.release is None:
        return _changed_since(job, session, world) or _torn_down(job, session, tell)
    host = job.target.host
    _must(session, base.base(job.root))
    held = session.run(lock.take(job.root, intent.token, intent.who, intent.why, intent.lock_timeout, intent.steal))
    if held.code == lock.HELD:
        return _held(host, held.out)
    _done(session, held, "lock")
    tell(Event(host, "lock", "held"))
    try:
        return _changed_since(job, session, world) or _work(job, intent, session, world, tell)
    finally:
        _unlock(session, job.root, intent.token)


def _work(job: Job, intent: Intent, session: Session, world: World, tell: Tell) -> Outcome:
    if job.facts.transaction:
        tell(Event(job.target.host, "back", "an activation that was cut off is put back first", warning=True))
    world.supply(session, job.facts, tell)
    if job.bundle is not None:
        tell(Event(job.target.host, "upload", f"release {job.target.release}"))
        step, data = upload.upload(job.root, intent.token, job.target.release, job.bundle)
        _must(session, step, (data,))
    if job.env is not None:
        step, data = environment.write(job.root, job.env, job.kept, job.generated)
        _must(session, step, (data,))
    return _activated(job, intent, session, world, tell)


def _torn_down(job: Job, session: Session, tell: Tell) -> Outcome:
    """The host script takes the lock itself; what it did is in the journal."""
    tell(Event(job.target.host, "stop", "taking the stack down; data is kept"))
    answer = session.run(teardown.teardown(job.root))
    if answer.code == lock.HELD:
        return _held(job.target.host, "")
    _done(session, answer, "teardown")
    return Outcome(job.target.host, DONE, f"nothing of the stack runs; data is kept below {job.root}")


def _activated(job: Job, intent: Intent, session: Session, world: World, tell: Tell) -> Outcome:
    target = job.target
    words = ["--who", intent.who, "--why", intent.why, "--git", intent.git]
    words += ["--keep", str(intent.keep), "--action", intent.action]
    words += ["--recreate", " ".join(job.recreate)] if job.recreate else []
    words += ["--allow-data-loss"] if job.allow_data_loss else []
    _must(session, activate.start(job.root, intent.token, target.release, target.mode, tuple(words)))
    code, said = _followed(job, intent, session, world, tell)
    if code == DONE:
        _unit(job, session, tell)
        return Outcome(target.host, DONE, f"release {target.release} in {target.mode} mode answers")
    return _failed(job, code, said)


def _followed(job: Job, intent: Intent, session: Session, world: World, tell: Tell) -> tuple[int, Said]:
    """Reads the activation's words to its end, over as many connections as it takes."""
    said, lines, host = Said(), 0, job.target.host

    def line(text: str) -> None:
        nonlocal said, lines
        lines += 1
        said = heard(said, text)
        if known := event(host, world.mask(text)):
            tell(known)

    until = time.monotonic() + PATIENCE
    while True:
        try:
            answer = session.run(activate.follow(job.root, intent.token, lines), on_line=line)
        except (Lost, Unreachable) as error:
            if time.monotonic() > until:
                raise _out_of_sight(job, error) from error
            tell(Event(host, "connect", "the connection is lost; the host goes on, trying again", warning=True))
            time.sleep(PAUSE)
        else:
            return answer.code, said


def _failed(job: Job, code: int, said: Said) -> Outcome:
    host, before = job.target.host, job.facts.release
    why = said.failure or next(iter(reversed(said.lines)), "the host said nothing")
    log = f"dreamc logs and dreamc doctor --host {host} show more"
    if code == ROLLED_BACK:
        state = f"release {before} in {job.facts.mode} mode serves again and answers" if before else "nothing runs"
        return Outcome(host, ROLLED_BACK, why, f"{state}; data is untouched", log)
    if code == LOCKED:
        return Outcome(host, LOCKED, why, "nothing was changed", "wait, or --steal-lock if its holder is gone")
    if code == activate.GONE:
        state = "the host was restarted or the activation killed; at its next start it goes back to what was before"
        return Outcome(host, STUCK, "the activation ended without a word", state, f"dreamc status --host {host}")
    if code == STUCK or said.begun:
        return Outcome(host, STUCK, why, said.state or "the host is between two releases", log)
    return Outcome(host, NOTHING_CHANGED, why, _untouched(job, ""), log)


def _unit(job: Job, session: Session, tell: Tell) -> None:
    """The unit is a comfort: a stack that answers is not put back because it cannot be installed."""
    if not job.facts.systemd or job.facts.uid != 0 or (job.facts.unit and job.facts.release == job.target.release):
        return
    answer = session.run(base.unit(job.root, "install"))
    if answer.code:
        why = f"no systemd unit: {_last(answer)}; Docker restarts the services, but an activation cut off stays so"
        tell(Event(job.target.host, "unit", why, warning=True))


def _changed_since(job: Job, session: Session, world: World) -> Outcome | None:
    now = world.state(world.facts(session))
    if now == job.state:
        return None
    what = "the host is not what it was when the plan was made"
    return Outcome(job.target.host, NOTHING_CHANGED, what, "nothing was changed", "plan again")


def _held(host: str, owner: str) -> Outcome:
    fields = dict(line.partition("=")[::2] for line in owner.splitlines())
    who, since, why = (fields.get(name, "unknown") for name in ("who", "since", "why"))
    what = f"{who} holds the lock since {since}: {why}"
    return Outcome(host, LOCKED, what, "nothing was changed", "wait with --lock-timeout, or take it with --steal-lock")


def _unlock(session: Session, root: str, token: str) -> None:
    """A lock that cannot be given back expires with the session."""
    try:
        session.run(lock.release(root, token))
    except DreamError:
        session.close()


def _must(session: Session, step: Step, data: Iterable[bytes] = ()) -> Answer:
    return _done(session, session.run(step, data), step.name)


def _done(session: Session, answer: Answer, name: str) -> Answer:
    if answer.code:
        host = session.address.name
        raise DreamError(
            f"{name} failed on {host}: {_last(answer)}", "", f"dreamc doctor --host {host} looks for the cause"
        )
    return answer


def _last(answer: Answer) -> str:
    """What the step itself says stands on its standard output; what its tools say counts where it says nothing."""
    said = [line.strip() for text in (answer.err, answer.out) for line in text.splitlines() if line.strip()]
    return said[-1] if said else f"exit code {answer.code}"


def _untouched(job: Job, state: str) -> str:
    before = job.facts.release
    serving = f"release {before} in {job.facts.mode} mode is untouched" if before else "nothing was changed"
    return state or serving


def _out_of_sight(job: Job, error: Exception) -> DreamError:
    host = job.target.host
    return DreamError(
        f"the connection to {host} was lost while it activated {job.target.release} ({error})",
        "the host ends the activation by itself: with the new release if it answers, else with the old one",
        f"dreamc status --host {host}",
    )


def counts(outcomes: Iterable[Outcome]) -> Mapping[int, int]:
    """How many hosts ended with each exit code."""
    found: dict[int, int] = {}
    for outcome in outcomes:
        found[outcome.code] = found.get(outcome.code, 0) + 1
    return found
