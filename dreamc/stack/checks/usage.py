"""What is written down about requests."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """A note where people's words are kept, and a warning where settings of a log are given but no log."""
    del inputs
    if stack.usage_log is None:
        for name in ("rotate", "keep", "prompts"):
            if name in dream.usage.model_fields_set:
                yield Diagnostic(
                    "DRM512",
                    ("usage", name),
                    "nothing is written down: the usage log has no name",
                    "without effect",
                    "write log: usage.jsonl beside it",
                )
    elif stack.usage.prompts:
        yield Diagnostic(
            "DRM511",
            ("usage", "prompts"),
            f"the last message of every request is kept in {stack.usage_log}, up to {stack.usage.keep} files back",
            "prompts are written down",
        )
