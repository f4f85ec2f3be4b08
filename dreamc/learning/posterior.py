"""Beta posteriors of success rates, and how sure one is that one rate is above another. Pure arithmetic.

The prior of an action on a tier is the mean over all other actions of that tier, worth as many outcomes as `weight`;
with nothing known at all it is Beta(1, 1).
"""

from __future__ import annotations

import math
from itertools import pairwise

from msgspec import Struct

PRIOR = 5.0
"""Outcomes that the prior is worth. Of 5 to 50 none ranks kinds of prompt markedly better (docs/learning.md), and a
small one does least harm to an action that is unlike the others."""
STEPS = 240
WIDE = 8.0
"""Standard deviations to either side that are integrated over."""
TINY = 1e-300
CLOSE = 1e-12


class Beta(Struct, frozen=True):
    """A belief about a success rate: `a` successes and `b` failures, the prior's included."""

    a: float
    b: float

    @property
    def mean(self) -> float:
        """The expected rate."""
        return self.a / (self.a + self.b)

    @property
    def deviation(self) -> float:
        """Its standard deviation."""
        total = self.a + self.b
        return math.sqrt(self.a * self.b / (total * total * (total + 1)))


def posterior(good: float, bad: float, others_good: float, others_bad: float, weight: float = PRIOR) -> Beta:
    """From this action's outcomes and those of all other actions of the tier; outcomes may be weighted."""
    known = others_good + others_bad
    mean = (others_good + 1) / (known + 2)
    worth = min(weight, 2 + known)
    return Beta(good + worth * mean, bad + worth * (1 - mean))


def below(rate: Beta, limit: float) -> float:
    """Probability that the rate is below `limit`: the regularised incomplete beta function, by its continued fraction
    (https://dlmf.nist.gov/8.17#v)."""
    if limit <= 0 or limit >= 1:
        return float(limit >= 1)
    a, b = rate.a, rate.b
    return 1 - _lower(b, a, 1 - limit) if limit > (a + 1) / (a + b + 2) else _lower(a, b, limit)


def _lower(a: float, b: float, limit: float) -> float:
    """The same where the fraction converges fast."""
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(limit) + b * math.log1p(-limit)
    return min(1.0, math.exp(front) / (a * _fraction(a, b, limit)))


def _fraction(a: float, b: float, x: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)), by Lentz's method; DLMF 8.17.22 and 8.17.23."""
    value = high = 1.0
    low = 0.0
    for step in range(1, 400):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        low = 1 / _off_zero(1 + term * low)
        high = _off_zero(1 + term / high)
        value *= low * high
        if abs(low * high - 1) < CLOSE:
            break
    return value


def _off_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY


def at_least(rate: Beta, other: Beta, more: float = 0.0) -> float:
    """Probability that `rate` is at least `other` plus `more`, the two being independent.

    The mass of `other` is summed over narrow strips, so that rates at 0 or 1 do no harm.
    """
    start = max(0.0, other.mean - WIDE * other.deviation)
    width = (min(1.0, other.mean + WIDE * other.deviation) - start) / STEPS
    edges = [start + step * width for step in range(STEPS + 1)]
    known = [(below(other, edge), 1 - below(rate, edge + more)) for edge in edges]
    strips = ((after[0] - before[0]) * (before[1] + after[1]) / 2 for before, after in pairwise(known))
    return math.fsum(strips) / max(known[-1][0] - known[0][0], TINY)


def interval(rate: Beta, share: float = 0.9) -> tuple[float, float]:
    """The rates between which the posterior holds `share`, the rest evenly on both sides; to three decimals."""
    return _quantile(rate, (1 - share) / 2), _quantile(rate, (1 + share) / 2)


def _quantile(rate: Beta, probability: float) -> float:
    low, high = 0.0, 1.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if below(rate, middle) < probability else (low, middle)
    return round((low + high) / 2, 3)
