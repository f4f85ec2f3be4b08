"""Images are pinned: a tag that moves makes two hosts of one file differ. A pin without a use is said."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic
from dreamc.spec.dream import Dream
from dreamc.stack.image_names import running
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack

MOVING = ("latest", "main", "master", "nightly", "dev", "edge", "stable", "main-stable", "main-latest")


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Every pin that does not pin, and every one of an image that nothing runs."""
    del inputs
    known, used = dict(stack.images), running(dream)
    for name, pin in dream.images.pins():
        if name not in used:
            yield Diagnostic(
                "DRM423",
                ("images", name),
                f"nothing of this file runs the image '{name}', so its version has no effect",
            )
        if pin in MOVING:
            usual = known.get(name, "").partition("@")[0].rpartition(":")[0]
            yield Diagnostic(
                "DRM610",
                ("images", name),
                f"'{pin}' is a moving tag: two hosts would run different images",
                "expected a version or digest",
                f"name a version of {usual or name}, or drop the key for the tested one",
            )
