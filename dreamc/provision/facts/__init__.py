"""All that is known of a host, from one script and one answer."""

from __future__ import annotations

from dreamc.provision.facts import answer, question
from dreamc.provision.facts.containers import CONTAINERS
from dreamc.provision.facts.directories import DIRECTORIES
from dreamc.provision.facts.disks import DISKS
from dreamc.provision.facts.docker import DOCKER
from dreamc.provision.facts.env import ENV
from dreamc.provision.facts.gpus import GPUS
from dreamc.provision.facts.images import IMAGES
from dreamc.provision.facts.lock import LOCK
from dreamc.provision.facts.ports import PORTS
from dreamc.provision.facts.question import Asked, Question
from dreamc.provision.facts.releases import RELEASES
from dreamc.provision.facts.system import SYSTEM
from dreamc.provision.facts.texts import texts
from dreamc.provision.facts.types import Fact
from dreamc.provision.facts.weights import WEIGHTS
from dreamc.provision.session import Session, Step
from dreamc.provision.types import HostFacts

FACTS: tuple[Fact, ...] = (
    SYSTEM, DISKS, GPUS, DOCKER, CONTAINERS, IMAGES, RELEASES, ENV, WEIGHTS, DIRECTORIES, PORTS, LOCK,
)  # fmt: skip

__all__ = ["FACTS", "Asked", "Fact", "Question", "ask", "gather", "parse", "script", "texts"]

ask = question.question


def script(asked: Question) -> str:
    """The one POSIX sh script that answers the question; it changes nothing."""
    return question.script(asked, FACTS)


def parse(text: str, host: str) -> HostFacts:
    """The facts that the script's output says of `host`; DreamError where it was cut short."""
    return answer.parse(text, host, FACTS)


def gather(session: Session, asked: Question) -> HostFacts:
    """Asks a host: one step, one round trip."""
    step = Step("gather", script(asked))
    return parse(session.run(step, timeout=60.0).out, session.address.name)
