"""One host before anything is done: its facts, what it is to become, and the plan between the two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from dreamc.artifact.release import RELEASE, ModeName, Release, read_release, release_of
from dreamc.artifact.types import Bundle, digest
from dreamc.errors import DreamError
from dreamc.provision import facts as asking
from dreamc.provision import journal
from dreamc.provision.operations import environment, look
from dreamc.provision.session import Session
from dreamc.provision.types import HostFacts, Target

if TYPE_CHECKING:
    from dreamc.provision.plan.types import Given, HostPlan

MODES: tuple[ModeName, ...] = ("cloud", "local", "hybrid")
JOURNAL = 500
"""Lines of the journal among which the previous release is looked for."""
PREVIOUS = "previous"
"""The release that was current before this one, by name of a wish."""


class Wish(Struct, frozen=True):
    """What a host is to become.

    `bundle`: a compiled release; else `release` names one that is on the host (its id, `previous`, or "" for the
    current one), and `gone` wants nothing of ours to run. `mode` "" keeps the host's own, or the release's default on
    a host that has none. `root` and `project` say where to look.
    """

    root: str
    project: str
    bundle: Bundle | None = None
    release: str = ""
    mode: str = ""
    gone: bool = False
    steal: bool = False
    allow_data_loss: bool = False


class Secrets(Struct, frozen=True):
    """Values by variable and, for those without one, why. Never printed: `mask` hides them in every text of ours."""

    values: Mapping[str, str]
    unresolved: Mapping[str, str]
    mask: Callable[[str], str]


class Survey(Struct, frozen=True):
    """A host and its plan; `release` is the target's, None when nothing is to run."""

    wish: Wish
    facts: HostFacts
    release: Release | None
    given: Given
    plan: HostPlan


def survey(session: Session, wish: Wish, secrets: Secrets, clock: float, with_diffs: bool = True) -> Survey:
    """Asks the host and plans: one round trip, more for diffs of files that differ and for a release that is there.

    DreamError where the host cannot be asked, or has no release such as is wanted.
    """
    named = release_of(wish.bundle) if wish.bundle else None
    facts = gather(session, wish, named)
    from dreamc.provision.plan import plan, texts_wanted  # the host is being asked before they are loaded

    release, identity = _release(session, wish, named, facts)
    if release is not None and named is None:  # what it needs could not be asked for before it was known
        facts = gather(session, wish, release)
    target = Target(facts.host, identity, _mode(wish, facts, release))
    known = _given(wish, secrets, facts, release, session.address.become, clock)
    if with_diffs and facts.release and (paths := texts_wanted(wish.bundle, facts)):
        known = replace(known, texts=asking.texts(session, wish.root, paths))
    return Survey(wish, facts, release, known, plan(target, release, wish.bundle, facts, known))


def gather(session: Session, wish: Wish, release: Release | None) -> HostFacts:
    """The facts that matter for a wish."""
    releases = (release,) if release else ()
    return asking.gather(session, asking.ask(wish.root, wish.project, salt(wish), releases))


def salt(wish: Wish) -> str:
    """The same for a plan and for the apply that checks it; it only keeps digests of secrets from being compared
    between stacks."""
    return sha256(f"dreamc {wish.project} {wish.root}".encode()).hexdigest()[:16]


def _release(session: Session, wish: Wish, named: Release | None, facts: HostFacts) -> tuple[Release | None, str]:
    if wish.gone:
        return None, ""
    if wish.bundle is not None:
        return named, digest(wish.bundle)
    identity = wish.release or facts.release
    if identity == PREVIOUS:
        identity = _previous(session, wish, facts)
    if not identity or identity not in facts.releases:
        raise _no_release(facts, identity)
    text = asking.texts(session, wish.root, (RELEASE,), f"releases/{identity}").get(RELEASE)
    if text is None:
        raise DreamError(f"release {identity} on {facts.host} has no {RELEASE}", "nothing was changed", "dreamc apply")
    return read_release(text), identity


def _previous(session: Session, wish: Wish, facts: HostFacts) -> str:
    """The release that the last change of releases has left."""
    lines = session.run(look.journal(wish.root, JOURNAL)).out.splitlines()
    for entry in reversed([entry for line in lines if (entry := journal.entry(line))]):
        if entry.outcome == "done" and entry.release == facts.release and entry.from_release != entry.release:
            return entry.from_release
    return ""


def _no_release(facts: HostFacts, identity: str) -> DreamError:
    there = ", ".join(facts.releases) or "none"
    if not facts.release and not identity:
        return DreamError(f"nothing was applied to {facts.host} yet", "nothing was changed", "dreamc apply")
    what = f"{facts.host} has no release {identity}" if identity else f"{facts.host} knows no release before this one"
    return DreamError(what, f"nothing was changed; there are {there}", "name one of them, or apply an older dream.yaml")


def _mode(wish: Wish, facts: HostFacts, release: Release | None) -> ModeName:
    for name in (wish.mode, facts.mode, release.default_mode if release else ""):
        found = next((mode for mode in MODES if mode == name), None)
        if found is not None:
            return found
    return "local"


def _given(
    wish: Wish, secrets: Secrets, facts: HostFacts, release: Release | None, become: bool, clock: float
) -> Given:
    """Which variables get a value from here, which keep the host's, and which are made up there."""
    from dreamc.provision.plan.types import Given

    wanted = {one.variable: one for mode in release.modes for one in mode.secrets} if release else {}
    there = {name for name, _ in facts.env}
    sent = {} if wish.bundle is None else {name: secrets.values[name] for name in wanted if name in secrets.values}
    made = tuple(sorted(name for name, one in wanted.items() if not one.reference and name not in sent))
    kept = tuple(sorted(name for name in wanted if name in there and name not in sent and name not in made))
    missing = {
        name: secrets.unresolved.get(name, "it is not in .env")
        for name in wanted
        if name not in sent and name not in kept and name not in made
    }
    if wish.bundle is None:
        missing |= {name: "it is not in .env" for name in made if name not in there}
    return Given(
        env=environment.digests(sent, salt(wish)),
        kept=kept,
        generated=made,
        unresolved=missing,
        clock=clock,
        steal=wish.steal,
        become=become,
        allow_data_loss=wish.allow_data_loss,
        mask=secrets.mask,
    )
