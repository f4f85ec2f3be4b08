"""Checks of the user's own, by import path: `package.module:function`, called as f(answer, action, prompt)."""

from __future__ import annotations

import asyncio
import importlib
import logging
import math
from collections.abc import Callable

from .reading import PolicyError
from .types import CHECKS

_LOG = logging.getLogger("dream.quality")

Function = Callable[[str, str | None, str], object]
"""Gives a score in [0, 1], or whether the answer may stand."""


class Custom:
    """One such check. What it raises counts as no opinion, and is said once; it runs in a thread of its own."""

    def __init__(self, path: str, function: Function) -> None:
        self.path = path
        self._function = function
        self._said = False

    async def opinion(self, answer: str, action: str | None, prompt: str) -> float | None:
        """A score in [0, 1]; None without an opinion."""
        try:
            return _share(await asyncio.to_thread(self._function, answer, action, prompt))
        except Exception as error:  # noqa: BLE001 - a user's function may raise anything, and must cost no answer
            self._complain(error)
            return None

    def _complain(self, error: Exception) -> None:
        if not self._said:
            _LOG.error("the check %s has no opinion: %s: %s", self.path, type(error).__name__, error)
        self._said = True


def load_checks(names: tuple[str, ...]) -> tuple[Custom, ...]:
    """The functions among `quality.checks`, imported. Raises PolicyError with the place of one that cannot be."""
    return tuple(Custom(name, _import(name, at)) for at, name in enumerate(names) if name not in CHECKS)


def _import(path: str, at: int) -> Function:
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as error:
        raise PolicyError(f"$.quality.checks[{at}]", f"{path}: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise PolicyError(f"$.quality.checks[{at}]", f"{path} is not a function")
    function: Function = found
    return function


def _share(value: object) -> float:
    if isinstance(value, (bool, int, float)) and not math.isnan(value):
        return min(max(float(value), 0.0), 1.0)
    raise TypeError(f"expected a number from 0 to 1, or true or false, got {value!r:.60}")
