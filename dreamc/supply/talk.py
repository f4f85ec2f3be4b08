"""Scripts for hosts: a file of `host/` with its values in front, and what its answer means when it is a refusal."""

from __future__ import annotations

import shlex
from functools import cache
from importlib.resources import files

from dreamc.errors import DreamError
from dreamc.provision.session import Answer, Reader, Session, Step

__all__ = ["Answer", "Locked", "Reader", "Session", "Step", "marks", "raise_refusal", "script", "step"]


class Locked(DreamError):
    """Someone else writes to the store."""


@cache
def script(name: str) -> str:
    """The text of a file of `host/`."""
    return (files("dreamc.supply") / "host" / name).read_text(encoding="utf-8")


def step(name: str, parts: tuple[str, ...], size: int = 0, **values: str) -> Step:
    """A step that runs some files of `host/` as one script, with variables of the shell before them."""
    given = "".join(f"{key}={shlex.quote(value)}\n" for key, value in values.items())
    return Step(name, given + "".join(script(part) for part in parts), size)


def marks(answer: Answer, word: str) -> tuple[tuple[str, ...], ...]:
    """The words after `@word` on each line that begins so."""
    lines = (line.split() for line in answer.out.splitlines())
    return tuple(tuple(line[1:]) for line in lines if line and line[0] == f"@{word}")


def raise_refusal(answer: Answer, host: str, store: str) -> None:
    """DreamError for what the scripts of `host/` say when they cannot go on; nothing for an answer that says none."""
    for who, since in (line[:2] for line in marks(answer, "locked") if len(line) >= 2):
        raise Locked(
            f"{host}: {who} writes to {store} since {since}", "nothing was changed", "wait for it, then repeat"
        )
    for need, free in marks(answer, "full"):
        raise DreamError(
            f"{host}: {gib(int(need))} are needed in {store}, {gib(int(free))} are free",
            "nothing was written",
            "make room there, or dreamc models gc removes what no release uses",
        )
    if marks(answer, "denied"):
        raise DreamError(f"{host}: {store} cannot be written", "nothing was changed", _ALLOW)
    if answer.code:
        _raise_other(answer, host, store)


_ALLOW = "connect as a user who may, or with ansible_become: true"


def _raise_other(answer: Answer, host: str, store: str) -> None:
    """What the host itself said last: a full disk in the middle, no permission, a tool that is not there."""
    last = next((line for line in reversed(answer.err.splitlines()) if line.strip()), f"exit code {answer.code}")
    kept = "what arrived is kept, the next run goes on from there"
    if "No space left" in answer.err:
        raise DreamError(f"{host}: the disk of {store} is full", kept, "make room there, then repeat")
    if "Permission denied" in answer.err:
        raise DreamError(f"{host}: {store} cannot be written", "nothing was changed", _ALLOW)
    raise DreamError(f"{host}: {last.strip()}", kept, "repeat the command")


def gib(count: int) -> str:
    """A size for people: 1.5 GiB, 20.0 MiB, 12 B."""
    for unit, bits in (("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if count >= 1 << bits:
            return f"{count / (1 << bits):.1f} {unit}"
    return f"{count} B"
