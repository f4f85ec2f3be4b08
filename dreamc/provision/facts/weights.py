"""Which model files are there, by name and size; what they contain is for the verification.

Layouts: the Hugging Face cache (`models--ORG--NAME/{blobs,refs,snapshots}`, huggingface.co/docs/huggingface_hub,
"Understand caching"), and Ollama's store (`manifests/…`, `blobs/sha256-…`; ollama/ollama server/manifest.go).
"""

from __future__ import annotations

import json
import re

from dreamc.provision.facts.types import Fact, Found, Lines, number

SCRIPT = r"""
set -f
IFS=$nl
list=
seen=$nl
for line in $weights; do
    kind=${line%%|*}; rest=${line#*|}
    revision=${rest%%|*}; rest=${rest#*|}
    digest=${rest%%|*}; rest=${rest#*|}
    store=${rest%%|*}; path=${rest#*|}
    if [ "$kind" = hf ]; then
        commit=$revision
        if [ -r "$path/refs/$revision" ]; then read -r commit <"$path/refs/$revision"; fi
        printf 'hf\t%s\t%s\n' "$path" "$path/snapshots/$commit"
        list="$list$path/snapshots/$commit$nl$path/blobs$nl"
    else
        right=yes
        if [ -n "$digest" ]; then
            sum=$(sha256sum <"$path")
            [ "${sum%% *}" = "${digest#sha256:}" ] || right=no
        fi
        printf 'ollama\t%s\t%s\t%s\n' "$path" "$right" "$store/blobs"
        if [ -r "$path" ]; then
            printf 'manifest\t%s\t' "$path"
            while IFS= read -r text || [ -n "$text" ]; do printf '%s' "$text"; done <"$path"
            echo
        fi
        case $seen in
        *"$nl$store$nl"*) ;;
        *) seen=$seen$store$nl; list="$list$store/blobs$nl" ;;
        esac
    fi
done
# -L: a link that leads nowhere stays a link, and so a file that is missing
# shellcheck disable=SC2086  # one word a line
[ -z "$list" ] || limit find -L $list \( -type f -o -type l \) \
    \( ! -path '*/models--*/blobs/*' -o -name '*.incomplete' \) -printf 'file\t%y\t%s\t%H\t%P\n'
"""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
Files = dict[str, tuple[str, int]]


def parse(lines: Lines) -> Found:
    """Path -> (bytes that are there, complete)."""
    rows = [line.split("\t") for line in lines]
    below: dict[str, Files] = {}
    for row in rows:
        if row[0] == "file" and len(row) == 5:
            below.setdefault(row[3], {})[row[4]] = (row[1], number(row[2]))
    manifests = {row[1]: row[2] for row in rows if row[0] == "manifest" and len(row) == 3}
    found = [
        *(_repository(row[1], row[2], below) for row in rows if row[0] == "hf" and len(row) == 3),
        *(_tag(row, manifests.get(row[1], ""), below) for row in rows if row[0] == "ollama" and len(row) == 4),
    ]
    return {"weights": tuple(found)}


def _repository(path: str, snapshot: str, below: dict[str, Files]) -> tuple[str, int, bool]:
    files = below.get(snapshot, {})
    begun = any(name.endswith(".incomplete") for name in below.get(f"{path}/blobs", {}))
    whole = bool(files) and not begun and all(kind == "f" for kind, _ in files.values())
    return path, sum(size for kind, size in files.values() if kind == "f"), whole


def _tag(row: list[str], manifest: str, below: dict[str, Files]) -> tuple[str, int, bool]:
    _, path, right, blobs = row
    layers = _layers(manifest)
    there = below.get(blobs, {})
    held = [size for name, size in layers if there.get(name) == ("f", size)]
    return path, sum(held), bool(layers) and right == "yes" and len(held) == len(layers)


def _layers(manifest: str) -> list[tuple[str, int]]:
    """(name of the blob, bytes) of all that a manifest names; empty for one that is damaged."""
    try:
        value = json.loads(manifest)
        found = {str(one["digest"]): int(one["size"]) for one in (value["config"], *value["layers"])}
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return []
    sound = all(_DIGEST.fullmatch(digest) for digest in found)
    return [(digest.replace(":", "-"), size) for digest, size in found.items()] if sound else []


WEIGHTS = Fact("weights", SCRIPT, parse)
