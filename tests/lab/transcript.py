"""The story of tests/lab/test_fleet.py as a page: what was typed, what was said, how it ended."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.stack.fleet import Ran

_HEAD = """\
# Three hosts, from nothing to torn down

What `make lab` runs: real sshd, systemd, Docker, Redis and LiteLLM on three hosts of the lab; vLLM, Ollama and the
cloud are stand-ins. `front` has the gateway and small models, `gpu-a` and `gpu-b` serve models. Written by
`DREAM_LAB_DOCS=1 make lab`; times are those of that run, on two cores for everything.
"""


@dataclass(slots=True)
class Transcript:
    """`hidden` are texts of this machine and what stands for them."""

    hidden: dict[str, str]
    parts: list[str] = field(default_factory=list)

    def command(self, title: str, ran: Ran) -> None:
        """A command with its whole output and its exit code."""
        code = f"\n[exit code {ran.code}]" if ran.code else ""
        shown = " ".join(f"'{word}'" if re.search(r"[^\w./:=-]", word) else word for word in ran.words)
        self.parts.append(f"## {title}\n\n```console\n$ dreamc {shown}\n{ran.text.rstrip()}{code}\n```\n")

    def note(self, text: str) -> None:
        """Something that happened meanwhile."""
        self.parts.append(f"*{text}*\n")

    def write(self, path: Path) -> None:
        """The page."""
        text = "\n".join((_HEAD, *self.parts))
        for found, stands in self.hidden.items():
            text = text.replace(found, stands)
        path.write_text(text)
