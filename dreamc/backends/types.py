"""What a back end is."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from dreamc.artifact.types import Artifact
from dreamc.stack.types import Stack


class Backend(Struct, frozen=True):
    """A name for error messages, and the function that makes the files of one host."""

    name: str
    emit: Callable[[Stack, str], tuple[Artifact, ...]]
