"""Which of the directories that the services need are there, and whose they are."""

from __future__ import annotations

import re

from dreamc.provision.facts.types import Fact, Found, Lines

SCRIPT = r"""
set -f
IFS=$nl
# shellcheck disable=SC2086  # one word a line
[ -z "$directories" ] || limit stat -L -c '%a %u %g %F|%n' $directories
"""

_LINE = re.compile(r"([0-7]{1,4}) (\d+) (\d+) directory\|(.+)", re.ASCII)


def parse(lines: Lines) -> Found:
    """Path -> "0750 1000 1000"; what is no directory counts as missing."""
    found = [match for match in map(_LINE.fullmatch, lines) if match]
    return {"directories": tuple((match[4], f"{match[1].zfill(4)} {match[2]} {match[3]}") for match in found)}


DIRECTORIES = Fact("directories", SCRIPT, parse)
