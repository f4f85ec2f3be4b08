"""The nouns of an import: a source and its keys, what became of each, and what is claimed for dream.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from dreamc.diagnostics.blot import blotted
from dreamc.diagnostics.types import Path

Kind = Literal["vllm", "compose", "litellm", "mappings", "providers", "tiers", "profile", "whitelist", "env", "bundle"]
PRECEDENCE: tuple[Kind, ...] = (
    "vllm", "compose", "litellm", "mappings", "providers", "tiers", "profile", "whitelist", "env", "bundle",
)  # fmt: skip
"""Which kind is believed where two say different things, the first one most: what is started before what is written
about it, and what answers clients before what describes it."""

TITLES: Mapping[Kind, str] = {
    "vllm": "vLLM command line",
    "compose": "docker compose file",
    "litellm": "LiteLLM configuration",
    "mappings": "model-mappings",
    "providers": "providers",
    "tiers": "tiers of a router (llm_config)",
    "profile": "routing profile",
    "whitelist": "whitelist",
    "env": ".env",
    "bundle": "bundle of dreamc",
}

Verdict = Literal["taken", "corrected", "left"]
VERDICTS: Mapping[Verdict, str] = {"taken": "taken", "corrected": "corrected", "left": "not expressible"}


class Given(Struct, frozen=True):
    """One source that was read: `value` is plain, `lines` say where its keys stand, from 1."""

    index: int
    name: str
    kind: Kind
    value: object
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of a key, else of the nearest thing above it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


class Origin(Struct, frozen=True):
    """A key of a source."""

    given: Given
    path: Path

    def __str__(self) -> str:
        return blotted(f"{self.place} {dotted(self.path)}".rstrip())

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.given.name}:{self.given.line(self.path)}"

    @property
    def rank(self) -> int:
        """How little it is believed beside others."""
        return PRECEDENCE.index(self.given.kind)


class Claim(Struct, frozen=True):
    """`value` is to stand at `path` in dream.yaml, because of `origin`."""

    path: Path
    value: object
    origin: Origin | None
    note: str = ""


class Row(Struct, frozen=True):
    """What became of one key. `target` is where it went in dream.yaml; no row ever holds a value."""

    file: str
    line: int
    key: str
    verdict: Verdict
    target: str
    reason: str


class Conflict(Struct, frozen=True):
    """Two sources say different things of one path of dream.yaml."""

    path: str
    kept: str
    dropped: str
    why: str


def dotted(path: Path) -> str:
    """`services.vllm.command[3]`; only for people."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
