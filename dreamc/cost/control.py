"""The control of a policy: requests sent to the cloud at random. A policy that saves no more than that decides nothing.

Its quality needs outcomes: kinds of requests of which enough answers of both sides were judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import sqrt

from msgspec import Struct

from dreamc.cost.arrival import Arrival
from dreamc.cost.simulate import Outcome, Run
from dreamc.runtime.money import NANO, Usage, cost
from dreamc.runtime.types import Price

FEWEST = 10
"""Judged answers of each side from which on a kind of request counts: below, the mean says little."""
NORMAL = 1.96
"""Standard deviations on either side that hold 95 % of a normal distribution."""


class Qualities(Struct, frozen=True):
    """Mean verdicts, from 0 to 1, of the policy and of the random mix of equal cost, over the `share` of the answered
    requests whose kind was judged often enough on both sides."""

    policy: float
    random: float
    share: float


class Control(Struct, frozen=True):
    """At random, the share `cloud_share` of the answered requests in the cloud (as many as under the policy) costs
    `usd`, from `low` to `high` in 95 of 100 draws; for what the policy costs, `equal_share` of them could go there.
    Each request costs there what the policy's own cloud models take for it, in the proportion in which they answer.
    """

    cloud_share: float
    usd: float
    low: float
    high: float
    equal_share: float
    quality: Qualities | None


def control(run: Run) -> Control | None:
    """None where nothing was answered, or nothing by a cloud with a price."""
    answered = [(one, out) for one, out in zip(run.arrivals, run.outcomes, strict=True) if out.place and out.member]
    called = [out for _, out in answered if out.place in ("local", "cloud")]
    clouds = [out for out in called if out.place == "cloud"]
    weights = _weights(run, clouds)
    if not weights:
        return None
    costs = [_in_cloud(weights, one) for one, out in answered if out.place != "cache"]
    share, all_ = len(clouds) / len(called), sum(costs)
    paid = sum(out.nano for out in called)
    equal = min(paid / all_, 1.0) if all_ else 0.0
    spread = NORMAL * sqrt(share * (1 - share) * sum(each * each for each in costs))
    mean = share * all_
    return Control(
        cloud_share=share,
        usd=mean / NANO,
        low=max(mean - spread, 0.0) / NANO,
        high=(mean + spread) / NANO,
        equal_share=equal,
        quality=_qualities(run, equal),
    )


def _weights(run: Run, clouds: list[Outcome]) -> tuple[tuple[Price, float], ...]:
    """The prices of the cloud models, each with its share of the cloud's answers."""
    counts = Counter(out.member for out in clouds)
    priced = [(run.policy.members[name].price, many) for name, many in counts.items() if name in run.policy.members]
    known = [(price, many) for price, many in priced if price is not None]
    all_ = sum(many for _, many in known)
    return tuple((price, many / all_) for price, many in known)


def _in_cloud(weights: tuple[tuple[Price, float], ...], one: Arrival) -> float:
    """Nano-dollars that a request takes in the cloud, in the mean over its models."""
    return sum(weight * cost(price, Usage(one.input, one.output)) for price, weight in weights)


def _qualities(run: Run, share: float) -> Qualities | None:
    """What the log's verdicts say of both, kind by kind; None where no kind was judged on both sides."""
    sides = dict(_judged(run))
    kinds = {kind for kind, _ in sides if all(len(sides.get((kind, place), ())) >= FEWEST for place in _SIDES)}
    means = {key: sum(found) / len(found) for key, found in sides.items() if key[0] in kinds}
    placed = [
        (one.action, out.place) for one, out in zip(run.arrivals, run.outcomes, strict=True) if out.place in _SIDES
    ]
    counted = [key for key in placed if key[0] in kinds]
    if not counted:
        return None
    policy = sum(means[key] for key in counted)
    mixed = sum(share * means[kind, "cloud"] + (1 - share) * means[kind, "local"] for kind, _ in counted)
    return Qualities(policy / len(counted), mixed / len(counted), len(counted) / len(placed))


_SIDES = ("local", "cloud")


def _judged(run: Run) -> Iterator[tuple[tuple[str | None, str], list[float]]]:
    """The verdicts that the log holds, by kind and by where the answer came from there."""
    found: dict[tuple[str | None, str], list[float]] = {}
    for one in run.arrivals:
        if one.quality is not None and one.place in _SIDES:
            found.setdefault((one.action, one.place), []).append(one.quality)
    yield from found.items()
