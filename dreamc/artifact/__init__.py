"""What a compile produces: artifacts, a bundle per host, and the directory in which they lie."""

from __future__ import annotations

from dreamc.artifact.changes import Conflict, Conflicts, Difference
from dreamc.artifact.types import MANIFEST, Artifact, Bundle, bundle, digest, manifest, sha256
from dreamc.artifact.write import Written, compare, write

__all__ = [
    "MANIFEST",
    "Artifact",
    "Bundle",
    "Conflict",
    "Conflicts",
    "Difference",
    "Written",
    "bundle",
    "compare",
    "digest",
    "manifest",
    "sha256",
    "write",
]
