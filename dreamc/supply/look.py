"""Asks a host what it has of its models: one round trip for all of them."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from dreamc.artifact.release import Release, Weights
from dreamc.supply.talk import Session, raise_refusal, step
from dreamc.supply.types import Gap, Seen
from dreamc.supply.want import folder_of, gap

PARTIAL = ".dreamc.incomplete"


def missing(session: Session, release: Release, mode: str) -> tuple[Gap, ...]:
    """What the host has and lacks of each model of a mode, in the order of the release; complete ones included."""
    return gaps(session, release.mode(mode).weights)


def gaps(session: Session, weights: tuple[Weights, ...]) -> tuple[Gap, ...]:
    """The same for any models."""
    return tuple(gap(one) for one in look(session, weights))


def look(session: Session, weights: tuple[Weights, ...]) -> tuple[Seen, ...]:
    """What lies on the host: names and sizes."""
    if not weights:
        return ()
    asked = "".join(f"{one.kind}|{folder_of(one)}|{one.revision}|{one.path}\n" for one in weights).encode()
    answer = session.run(step("look for models", ("look.sh",), len(asked)), (asked,))
    raise_refusal(answer, session.address.name, weights[0].store)
    sections = answer.out.split("\n== ")
    sections[0] = sections[0].removeprefix("== ")
    return tuple(_seen(one, text.splitlines()[1:]) for one, text in zip(weights, sections, strict=True))


def _seen(weights: Weights, lines: Iterable[str]) -> Seen:
    files: dict[str, dict[str, int]] = {"blob": {}, "file": {}}
    commit, manifest, broken = "", "", []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word in files:
            size, _, path = rest.partition(" ")
            files[word][path.removeprefix("./")] = int(size)
        elif word == "commit":
            commit = rest
        elif word == "manifest":
            manifest += rest
        elif word == "broken":
            broken.append(rest.rpartition("/")[2])
    whole = {name: size for name, size in files["blob"].items() if not name.endswith(".incomplete")}
    partial = {name.removesuffix(PARTIAL): size for name, size in files["blob"].items() if name.endswith(PARTIAL)}
    return Seen(weights, commit, whole, partial, files["file"], base64.b64decode(manifest), tuple(broken))
