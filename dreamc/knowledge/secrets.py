"""Finds API keys and tokens that somebody wrote into the file instead of a reference."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.knowledge.providers import secret_in

LONGEST = 4096
REFERENCES = ("env://", "file://", "sops://", "op://")


def written_secrets(value: object, path: Path = ()) -> tuple[Diagnostic, ...]:
    """One finding for every scalar below `value` that looks like a secret; its text is never shown."""
    return tuple(_walk(value, path))


def _walk(value: object, path: Path) -> Iterator[Diagnostic]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _walk(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _walk(below, (*path, index))
    elif isinstance(value, str) and len(value) <= LONGEST and not value.startswith(REFERENCES):
        kind = secret_in(value)
        if kind is not None:
            yield Diagnostic(
                "DRM501",
                path,
                f"this looks like {kind.title}",
                "a secret in the file",
                "revoke it, put the new one into the environment, and write env://NAME here",
                secret=True,
            )
