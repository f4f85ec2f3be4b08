"""What is installed below the root: releases, the current one with all its files, the mode, an activation cut off."""

from __future__ import annotations

import json
import re
from typing import Any

from dreamc.artifact.types import MANIFEST
from dreamc.provision.facts.types import Fact, Found, Lines, pairs

# Files beyond 32 MiB are none of ours; they are named, but not read.
LIST = r"""
limit find . -type l -printf 'F %P\n' -o -type f -size +32M -printf 'F %P\n' \
    -o -type f -printf 'F%m %P\n' -exec sha256sum {} +
"""
SCRIPT = r"""
cd -- "$root" || exit 0
[ ! -L current ] || printf 'current=%s\n' "$(readlink current)"
if [ -r mode ]; then IFS= read -r line <mode; printf 'mode=%s\n' "$line"; fi
for one in releases/*/; do
    [ ! -d "$one" ] || { one=${one%/}; printf 'release=%s\n' "${one#releases/}"; }
done
if [ -r transaction ]; then
    while IFS= read -r line || [ -n "$line" ]; do printf 'T%s\n' "$line"; done <transaction
elif [ -e transaction ]; then
    echo T
fi
if [ -s journal.jsonl ]; then printf 'J%s\n' "$(tail -n 1 journal.jsonl)"; fi
cd current/ || exit 0
@list@
[ ! -r release.json ] || { sed 's/^/R/' release.json; echo; }
[ ! -r MANIFEST.json ] || { sed 's/^/M/' MANIFEST.json; echo; }
""".replace("@list@", LIST.strip())

_MODE = re.compile(r"F([0-7]{0,4}) (.+)")
_SUM = re.compile(r"([0-9a-f]{64})  \./(.+)")


def parse(lines: Lines) -> Found:
    """A current release that is not one of `releases/` counts as none."""
    said = pairs(lines)
    current = said.get("current", "")
    manifest = listed(lines)
    expected = _expected(_file(lines, "M"))
    now = {path: (mode, digest) for path, mode, digest in manifest}
    return {
        "release": current.removeprefix("releases/") if current.startswith("releases/") else "",
        "mode": said["mode"] if said.get("mode") in ("cloud", "local", "hybrid") else "",
        "releases": tuple(sorted(line.removeprefix("release=") for line in lines if line.startswith("release="))),
        "transaction": "\n".join(line[1:] for line in lines if line.startswith("T")) or ("?" if "T" in lines else ""),
        "journal": next((line[1:] for line in lines if line.startswith("J")), ""),
        "release_json": _file(lines, "R"),
        "manifest": manifest,
        "edited": tuple(sorted(path for path, wanted in expected.items() if now.get(path) != wanted)),
        "strangers": tuple(sorted(path for path in now if path not in expected and path != MANIFEST)),
    }


def listed(lines: Lines) -> tuple[tuple[str, str, str], ...]:
    """What LIST says: (path, mode, sha256), sorted; the last two are empty for links and files that were not read."""
    modes = {match[2]: match[1].zfill(4) if match[1] else "" for match in map(_MODE.fullmatch, lines) if match}
    sums = {match[2]: match[1] for match in map(_SUM.fullmatch, lines) if match}
    return tuple((path, mode, sums.get(path, "")) for path, mode in sorted(modes.items()))


def _file(lines: Lines, mark: str) -> str:
    return "".join(f"{line[1:]}\n" for line in lines if line.startswith(mark))


def _expected(text: str) -> dict[str, tuple[str, str]]:
    """Mode and sha256 by path as MANIFEST.json has them; nothing where it is damaged."""
    try:
        files: Any = json.loads(text)["files"]
        return {str(one["path"]): (str(one["mode"]), str(one["sha256"])) for one in files}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}


RELEASES = Fact("releases", SCRIPT, parse)
