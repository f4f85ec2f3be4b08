"""Images are pinned: a tag that moves makes two hosts of one file differ."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack

MOVING = ("latest", "main", "master", "nightly", "dev", "edge", "stable", "main-stable", "main-latest")


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Every pin that does not pin."""
    del inputs
    known = dict(stack.images)
    for name, pin in dream.images.pins():
        if pin in MOVING:
            usual = known.get(name, "").rpartition(":")[0]
            yield Diagnostic(
                "DRM610",
                ("images", name),
                f"'{pin}' is a moving tag: two hosts would run different images",
                "expected a version or digest",
                f"name a version of {usual or name}, or drop the key for the tested one",
            )
