"""What a host answered, as HostFacts."""

from __future__ import annotations

import re

from dreamc.errors import DreamError
from dreamc.provision.facts.question import END
from dreamc.provision.facts.types import Fact, Found, Lines
from dreamc.provision.types import HostFacts

_HEAD = re.compile(r"== ([a-z]+)")


def parse(text: str, host: str, facts: tuple[Fact, ...]) -> HostFacts:
    """The facts of `host`; DreamError for an answer that was cut short or is none. Never raises anything else."""
    sections = _sections(text, {END, *(fact.name for fact in facts)})
    missing = [name for name in (*(fact.name for fact in facts), END) if name not in sections]
    if missing:
        raise DreamError(
            f"the answer of {host} to the question for its facts is cut short: nothing about {', '.join(missing)}",
            "nothing was changed",
            f"try again; if it stays so, look at what a login shell prints with: ssh {host} true",
        )
    found: Found = {}
    for fact in facts:
        found |= fact.parse(sections[fact.name])
    return _facts(host, found)


def _sections(text: str, names: set[str]) -> dict[str, Lines]:
    """Lines by section. A second section of a name is not believed, nor is a head that nobody asked for."""
    found: dict[str, list[str]] = {}
    here: list[str] = []
    for line in text.split("\n"):
        head = _HEAD.fullmatch(line)
        if head and head[1] in names and head[1] not in found:
            here = found.setdefault(head[1], [])
        elif line:
            here.append(line.rstrip("\r"))
    return {name: tuple(lines) for name, lines in found.items()}


def _facts(host: str, found: Found) -> HostFacts:
    """What only several facts together say: the toolkit, the disk of Docker, ports that Docker keeps unheard."""
    tools, runtimes = found.pop("_toolkit"), found.pop("_runtimes")
    if found.pop("_unlisted") and not found["engine_problem"]:
        found["engine_problem"] = "Docker did not list its containers"
    disk = found.pop("_docker_disk")
    disks = (*found.pop("disks"), *((disk,) if disk else ()))
    ports = tuple(dict.fromkeys((*found.pop("ports"), *found.pop("_taken"))))
    return HostFacts(host=host, toolkit=tools or "nvidia" in runtimes, disks=disks, ports=ports, **found)
