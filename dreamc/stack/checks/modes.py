"""Says which modes are not compiled, and why."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """A note for every mode that cannot answer."""
    del inputs
    at: Path = ("mode",) if "mode" in dream.model_fields_set else ("name",)
    for one in stack.skipped:
        yield Diagnostic("DRM401", at, f"{one.mode} mode is not compiled: {one.reason}")
