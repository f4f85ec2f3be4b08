"""The lines `@phase …` of the host script, as events and as the last word on an activation."""

from __future__ import annotations

from msgspec import Struct

from dreamc.provision.events import Event, Phase

PHASES: tuple[tuple[str, Phase], ...] = (
    ("check", "start"),
    ("begin", "switch"),
    ("stop", "stop"),
    ("switch", "switch"),
    ("up", "start"),
    ("healthy", "start"),
    ("gate", "gate"),
    ("data", "gate"),
    ("mode", "switch"),
    ("done", "done"),
    ("failed", "back"),
    ("back", "back"),
    ("rolled-back", "back"),
    ("stuck", "back"),
)
WORDS = {
    "check": "checking what the mode needs",
    "begin": "beginning",
    "switch": "putting the release in place",
    "up": "starting the services",
    "healthy": "all services are healthy",
}


class Said(Struct, frozen=True):
    """What an activation has said so far: why it failed, and in which state it left the host."""

    failure: str = ""
    state: str = ""
    begun: bool = False
    lines: tuple[str, ...] = ()


def heard(said: Said, line: str) -> Said:
    """What is known after one more line; lines that are not phases are kept, the last twenty of them."""
    word, _, rest = line.removeprefix("@").partition(" ")
    if not line.startswith("@"):
        return Said(said.failure, said.state, said.begun, (*said.lines, line)[-20:]) if line.strip() else said
    if word == "failed":
        return Said(rest, said.state, said.begun, said.lines)
    if word == "stuck":
        return Said(said.failure, rest, said.begun, said.lines)
    return Said(said.failure, said.state, said.begun or word == "begin", said.lines)


def event(host: str, line: str) -> Event | None:
    """The event of a line; None for what is only log."""
    word, _, rest = line.removeprefix("@").partition(" ")
    phase = dict(PHASES).get(word) if line.startswith("@") else None
    if phase is None:
        return None
    text = " ".join(part for part in (WORDS.get(word, "" if word == "gate" else word), rest) if part)
    bad = word in ("failed", "stuck") or (word == "gate" and " failed " in f" {rest} ") or "CHANGED" in rest
    return Event(host, phase, text, warning=bad)
