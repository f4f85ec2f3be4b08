"""Image references: the pinned version of each image, behind the private registry where one is given."""

from __future__ import annotations

from dreamc.knowledge.images import image
from dreamc.stack.image_names import behind
from dreamc.stack.types import Stack


def reference(stack: Stack, name: str) -> str:
    """`repository:version` or `repository@sha256:…` of the image `name`; KeyError for one that nobody knows."""
    given = dict(stack.images).get(name)
    if given is None:
        row = image(name)
        if row is None:
            raise KeyError(name)
        given = row.reference
    return behind(stack.registry, given)
