"""The file systems on which the root and the models lie, and what is free on them."""

from __future__ import annotations

import re

from dreamc.provision.facts.types import Fact, Found, Lines
from dreamc.provision.types import Disk

SCRIPT = r"""
set -f
IFS=$nl
list=
for path in $root $stores; do
    printf 'for=%s\n' "$path"
    near "$path"
    list="$list$near$nl"
done
# shellcheck disable=SC2086  # one word a line
limit df -Pk $list
"""

_LINE = re.compile(r"(\S.*?) +(\d+) +(-?\d+) +(-?\d+) +(?:\d+%|-) +(/.*)", re.ASCII)


def parse(lines: Lines) -> Found:
    """df answers in the order of the question; where it left one out, the longest mount point decides."""
    asked = [line.removeprefix("for=") for line in lines if line.startswith("for=")]
    rows = [row for row in map(row_of, lines) if row is not None]
    if len(asked) == len(rows):
        return {"disks": tuple(disk(path, row) for path, row in zip(asked, rows, strict=True))}
    found = [(path, _holder(path, rows)) for path in asked]
    return {"disks": tuple(disk(path, row) for path, row in found if row is not None)}


def row_of(line: str) -> tuple[str, int, int, str] | None:
    """Device, total, free and mount point of a line of `df -Pk`; None for its head and for anything else."""
    match = None if line.startswith("for=") else _LINE.fullmatch(line)
    if match is None:
        return None
    return match[1], int(match[2]) * 1024, max(0, int(match[4])) * 1024, match[5]


def disk(path: str, row: tuple[str, int, int, str]) -> Disk:
    """A device file tells file systems apart; names such as `overlay` or `tmpfs` do only with their mount point."""
    device, total, free, mount = row
    return Disk(path, total, free, device if device.startswith("/") else f"{device} {mount}")


def _holder(path: str, rows: list[tuple[str, int, int, str]]) -> tuple[str, int, int, str] | None:
    above = [row for row in rows if f"{path}/".startswith(f"{row[3].rstrip('/')}/")]
    return max(above, key=lambda row: len(row[3]), default=None)


DISKS = Fact("disks", SCRIPT, parse)
