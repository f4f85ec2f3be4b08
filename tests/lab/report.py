"""What the tests of the lab have seen, as a page of the documentation: written by the run itself, never by hand."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

_FAULTS = """\
# What goes wrong during an apply, and what is left of it

Each row is a test of `make lab` that has run: a fault at a step of `dreamc apply`, on a host with systemd, sshd and
Docker. After each the test looks at the host from inside: one release is current, every container is made from it and
is healthy, and nothing of the apply is under way; every file below `data/` and `models/` has the sha256 it had before
(of what LiteLLM and Redis write as they run, a canary beside it). Then the apply is repeated without the fault and ends
with the new release; where the fault came before anything was touched, the plan is made again, and an apply after all
of these ends with the new release.

Written by `DREAM_LAB_DOCS=1 make lab`.

| step | fault | host afterwards | data | exit code | what dreamc says |
|---|---|---|---|---|---|
"""
STEPS = (
    "connect", "facts", "lock", "images", "weights", "upload", "secrets", "activate: handed over", "activate: begun",
    "activate: stopping for VRAM", "activate: half of the switch", "activate: starting", "activate: gate",
    "activate: recording the mode",
)  # fmt: skip
"""The steps of an apply, in their order."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fault and how it ended."""

    step: str
    fault: str
    state: str
    data: str
    code: int
    message: str


@dataclass(slots=True)
class Report:
    """Rows of one worker. `folder` is shared by the workers of a run; `hidden` are texts that no reader needs."""

    folder: Path
    worker: str
    rows: list[Row] = field(default_factory=list)
    hidden: dict[str, str] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        self.rows.append(row)

    def write(self, page: Path) -> None:
        """The table of all rows that workers of this run have written so far, and ours."""
        self.folder.mkdir(parents=True, exist_ok=True)
        shown = [asdict(row) | {"message": self._cell(row.message)} for row in self.rows]
        (self.folder / f"{self.worker}.json").write_text(json.dumps(shown))
        found = [Row(**row) for file in self.folder.glob("*.json") for row in json.loads(file.read_text())]
        found.sort(key=lambda row: (STEPS.index(row.step), row.fault))
        page.write_text(_FAULTS + "".join(f"{_line(row)}\n" for row in found))

    def _cell(self, text: str) -> str:
        for found, stands in self.hidden.items():
            text = text.replace(found, stands)
        text = re.sub(r" \(\d+\.\d s\)", "", text)
        return re.sub(r"([|<>\\*_`])", r"\\\1", text) or "nothing: it was killed"


def _line(row: Row) -> str:
    code = "killed" if row.code < 0 else row.code
    return f"| {row.step} | {row.fault} | {row.state} | {row.data} | {code} | {row.message} |"
