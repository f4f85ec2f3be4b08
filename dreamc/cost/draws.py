"""Random numbers that a seed determines, the same on every machine and under every version of Python."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import cos, log, pi, sqrt

_WORD = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15


class Draws:
    """SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, https://doi.org/10.1145/2660193.2660195)."""

    def __init__(self, seed: int) -> None:
        # Scattered first: states a multiple of _STEP apart would be one sequence, begun a little later.
        self._state = (_scattered(seed * _STEP & _WORD) + 0x853C49E6748FEA9B) & _WORD

    def unit(self) -> float:
        """From 0 to 1, without 1."""
        self._state = (self._state + _STEP) & _WORD
        return (_scattered(self._state) >> 11) / (1 << 53)

    def below(self, end: int) -> int:
        """A whole number from 0 up to `end`, without it."""
        return int(self.unit() * end)

    def pick(self, sums: Sequence[float]) -> int:
        """The place of one of several, whose weights are given added up."""
        return min(bisect_right(sums, self.unit() * sums[-1]), len(sums) - 1)

    def normal(self) -> float:
        """Of mean 0 and deviation 1 (Box and Muller, 1958)."""
        return sqrt(-2 * log(1 - self.unit())) * cos(2 * pi * self.unit())


def _scattered(word: int) -> int:
    """Neighbouring words become unlike ones."""
    found = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    found = ((found ^ (found >> 27)) * 0x94D049BB133111EB) & _WORD
    return found ^ (found >> 31)
