"""What a doctor finds, and what it finds it from."""

from __future__ import annotations

from msgspec import Struct

from dreamc.artifact.release import ModeFacts, Release
from dreamc.provision.drift import Difference
from dreamc.provision.plan.types import Finding
from dreamc.provision.types import Container, HostFacts


class Cause(Struct, frozen=True):
    """One cause. `id` is stable, `rank` its place (1: look here first), `remedy` the command that mends it."""

    id: str
    rank: int
    what: str
    remedy: str
    evidence: tuple[str, ...] = ()


class Sign(Struct, frozen=True):
    """A message in a log and what it means; as the knowledge of the world has it."""

    id: str
    rank: int
    pattern: str
    of: str
    what: str
    remedy: str


class Witness(Struct, frozen=True):
    """What one container says of itself. `killed`: the kernel took it for want of memory; `health` are the last words
    of its health check, `error` those of Docker."""

    container: str
    state: str = ""
    killed: bool = False
    exit_code: int = 0
    restarts: int = 0
    error: str = ""
    health: tuple[str, ...] = ()
    log: tuple[str, ...] = ()


class Case(Struct, frozen=True):
    """All that is known of a host. `blind`: its logs could not be read without showing secrets.

    `findings` are what a plan of the current release in its mode says; `witnesses` come by container.
    """

    facts: HostFacts
    release: Release | None
    differences: tuple[Difference, ...] = ()
    findings: tuple[Finding, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    kernel: tuple[str, ...] = ()
    blind: bool = False

    @property
    def mode(self) -> ModeFacts | None:
        """The current release in the recorded mode."""
        modes = self.release.modes if self.release else ()
        return next((one for one in modes if one.mode == self.facts.mode), None)

    def witness(self, container: Container) -> Witness:
        """What that container says; nothing where it was not asked."""
        return next((one for one in self.witnesses if one.container == container.name), Witness(container.name))
