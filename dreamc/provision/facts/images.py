"""The images that are there, by every name that compose may use for them."""

from __future__ import annotations

from dreamc.provision.facts.types import Fact, Found, Lines

SCRIPT = r"""
has docker || exit 0
limit docker image ls --no-trunc --digests --format '{{.Repository}}|{{.Tag}}|{{.Digest}}|{{.ID}}'
"""
NONE = "<none>"


def parse(lines: Lines) -> Found:
    """name:tag, name@digest and name:tag@digest, each with the image's id; sorted."""
    found: dict[str, str] = {}
    for line in lines:
        parts = line.split("|")
        if len(parts) == 4 and parts[3].startswith("sha256:") and parts[0] != NONE:
            found |= dict.fromkeys(_names(*parts[:3]), parts[3])
    return {"images": tuple(sorted(found.items()))}


def _names(repository: str, tag: str, digest: str) -> list[str]:
    tagged = [f"{repository}:{tag}"] if tag not in (NONE, "") else []
    if not digest.startswith("sha256:"):
        return tagged
    return [*tagged, f"{repository}@{digest}", *(f"{name}@{digest}" for name in tagged)]


IMAGES = Fact("images", SCRIPT, parse, beside=True)
