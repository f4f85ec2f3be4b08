"""What the tests of the lab have seen, as pages of the documentation: written by the run itself, never by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_FAULTS = """\
# What goes wrong during an apply, and what is left of it

Each row is a test of `make lab` that has run: a fault at a step of `dreamc apply`, on a host with systemd, sshd and
Docker. After each the test looks at the host from inside: one release is current, every container is made from it and
is healthy, and nothing of the apply is left; every file below `data/` and `models/` has the sha256 it had before. Then
the apply is repeated without the fault and ends with the new release.

Written by `DREAM_LAB_DOCS=1 make lab`.

| step | fault | host afterwards | data | exit code | what dreamc says |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One fault and how it ended."""

    step: str
    fault: str
    state: str
    data: str
    code: int | str
    message: str


@dataclass(slots=True)
class Report:
    """Rows of one run, in the order in which they were seen; `hidden` are texts that differ from run to run."""

    rows: list[Row] = field(default_factory=list)
    hidden: dict[str, str] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        self.rows.append(row)

    def write(self, path: Path) -> None:
        """The table of all rows."""
        lines = (
            f"| {row.step} | {row.fault} | {row.state} | {row.data} | {row.code} | {self._cell(row.message)} |\n"
            for row in self.rows
        )
        path.write_text(_FAULTS + "".join(lines))

    def _cell(self, text: str) -> str:
        for found, shown in self.hidden.items():
            text = text.replace(found, shown)
        text = re.sub(r" \(\d+\.\d s\)", "", text)
        return re.sub(r"([|<>\\*_`])", r"\\\1", text)
