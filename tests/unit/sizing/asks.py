"""Requests that several sizing tests ask."""

from __future__ import annotations

from functools import cache
from typing import Any

from dreamc.hub.config import from_config
from dreamc.hub.shape import ModelShape
from dreamc.knowledge import shapes
from dreamc.sizing.fit import fit
from dreamc.sizing.types import GIB, Fit, FitRequest, Refusal

LLAMA_8B = "meta-llama/Llama-3.1-8B-Instruct"
LLAMA_70B = "meta-llama/Llama-3.3-70B-Instruct"
QWEN_7B_AWQ = "Qwen/Qwen2.5-7B-Instruct-AWQ"
CODER_7B_AWQ = "Qwen/Qwen2.5-Coder-7B-Instruct-AWQ"
TURING, AMPERE, ADA, HOPPER = (7, 5), (8, 6), (8, 9), (9, 0)


def gib(number: float) -> int:
    """GiB as bytes."""
    return int(number * GIB)


@cache
def shape(repo: str) -> ModelShape:
    """The shape of a model of the table."""
    row = shapes.find(repo)
    assert row is not None, repo
    found = from_config(row.config)
    assert isinstance(found, ModelShape), found
    return found


def ask(
    repo: str, total: float, capability: tuple[int, int], floor: int, ceiling: int | None = None, **more: Any
) -> FitRequest:
    """A request on a card of ``total`` GiB; ``budget`` in GiB defaults to all of it."""
    budget = gib(more.pop("budget", total))
    more.setdefault("vllm_version", "0.33.0")
    return FitRequest(
        shape(repo), gib(total), budget, capability, context_floor=floor, context_ceiling=ceiling or floor, **more
    )


def fitted(request: FitRequest) -> Fit:
    """The fit; a refusal fails the test with its reason."""
    found = fit(request)
    assert isinstance(found, Fit), found
    return found


def refused(request: FitRequest) -> Refusal:
    """The refusal; a fit fails the test."""
    found = fit(request)
    assert isinstance(found, Refusal), found
    return found
