"""LiteLLM's own score of how complex a prompt is, where the policy says that it decides."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from typing import Any

from .reading import PolicyError

__all__ = ["READ", "excerpt", "scorer"]

_LOG = logging.getLogger("dream.gateway")
_MODULE, _CLASS = "litellm.router_strategy.complexity_router.complexity_router", "ComplexityRouter"
_PROBE = "Explain step by step why the algorithm is correct."

READ = 1_000
"""Characters at either end of a prompt that LiteLLM sees. It searches a prompt some hundred times, and one that says
"first" often takes quadratic time: 13 s for 120,000 characters. Of the length it only asks whether there are 60 and
1,604 characters (config.py: token_thresholds, 4 characters a token), which an excerpt tells as well."""


def scorer() -> Callable[[str], float | None]:
    """LiteLLM's heuristic scorer: a prompt to a score in [0, 1], None where it fails. Made without a router, because
    it only asks one for a model. Raises PolicyError where this LiteLLM has no such scorer."""
    try:
        made = getattr(importlib.import_module(_MODULE), _CLASS)("dream", None)
        _score(made, _PROBE)
    except Exception as error:
        why = f"LiteLLM's scorer is not to be had from the LiteLLM that runs here ({type(error).__name__}: {error})"
        raise PolicyError("scorer", f"{why}; LiteLLM 1.106.2 has it, and `scorer: dream` needs none") from error
    failing: list[str] = []

    def score(prompt: str) -> float | None:
        try:
            return _score(made, excerpt(prompt))
        except Exception as error:  # noqa: BLE001 - a score costs no client its answer
            if not failing:
                _LOG.error("LiteLLM could not score a prompt, dream's own score decides: %s", error)
            failing[:] = [type(error).__name__]
            return None

    return score


def excerpt(prompt: str) -> str:
    """The beginning and the end of a long prompt, where the question stands."""
    return prompt if len(prompt) <= 2 * READ else f"{prompt[:READ]}\n{prompt[-READ:]}"


def _score(made: Any, prompt: str) -> float:
    """The second of what `classify` returns is the weighted score, from -0.15 to about 1."""
    return round(min(max(float(made.classify(prompt)[1]), 0.0), 1.0), 6)
