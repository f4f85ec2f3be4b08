"""What a stack will cost on stated traffic: per mode and per name that clients ask for, expected and at the worst."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from msgspec import Struct

from dreamc.cost.arrival import Arrival
from dreamc.cost.month import DAYS, Month, month, price_of
from dreamc.cost.prices import long_prompts
from dreamc.cost.types import LongPrompts, Traffic, Work
from dreamc.cost.upkeep import Tokens, Upkeep, upkeep
from dreamc.cost.worst import LONGEST_MONTH, Caps, Most, worst_request, worst_time
from dreamc.runtime.money import UNSAID_OUTPUT
from dreamc.runtime.policy import Ask, Refusal, decide
from dreamc.runtime.types import Policy
from dreamc.stack.spending import Rates
from dreamc.stack.types import Stack

SIZES = ((500, 100), (1500, 300), (8192, 2048))
"""Input and output tokens of requests whose price is shown where nobody states traffic."""
WORST = (
    (
        "at most, of a request: what the gateway reserves for one call, with the model's window full and its longest "
        f"answer; where a budget counts it, {UNSAID_OUTPUT:,} tokens unless the client asks for more"
    ),
    f"at most, of a month: what the budget lets through, a daily limit on each of {LONGEST_MONTH} days",
)
ASSUMED = (
    "answers of mean length; nothing is read from or written to a provider's cache",
    "the first member of each decision answers: no failures, no answer out of the gateway's cache",
)

UNSCORED = {
    "dream": "requests without an action that has a tier: routed by their length, as one message without words that "
    "the score looks for",
    "litellm": "requests without an action that has a tier: routed as if their score were 0; LiteLLM scores them, and "
    "only inside the gateway",
}


class Size(Struct, frozen=True):
    """What 1,000 requests of this size cost in USD with money enough; None: nobody answers, or no price is known."""

    input: int
    output: int
    member: str
    usd_per_1000: float | None


class Chain(Struct, frozen=True):
    """A name that clients ask for, if all of the traffic asked for it. Money in USD.

    `request` is the mean expected cost of one request while there is money enough, None without traffic or without a
    price. `worst_request` is what the gateway reserves at most for one call, `worst_stated` for one of the stated sizes
    (four bytes for a token of the prompt); `worst` is what the budget lets through.
    """

    alias: str
    worst_request: Most
    worst: Caps
    sizes: tuple[Size, ...]
    request: float | None = None
    expected: Month | None = None
    unpriced: tuple[str, ...] = ()
    worst_stated: Most | None = None


class Costs(Struct, frozen=True):
    """One mode. `asked` is the name that the traffic asks for; `machines` stand under its load. `month` in USD is what
    clouds and machines are expected to cost together, None where one of them is not known in USD."""

    mode: str
    asked: str
    chains: tuple[Chain, ...]
    machines: tuple[Upkeep, ...] = ()
    month: float | None = None

    @property
    def chain(self) -> Chain:
        """The one that the traffic asks for."""
        return next(one for one in self.chains if one.alias == self.asked)


class Price(Struct, frozen=True):
    """USD per million tokens of a cloud model, and who says so."""

    model: str
    input: float
    output: float
    source: str
    long: LongPrompts | None = None


class Estimate(Struct, frozen=True):
    """All modes that were asked for. `assumed` is said beside every figure; `prices` are those of the cloud models."""

    traffic: Traffic | None
    modes: tuple[Costs, ...]
    assumed: tuple[str, ...]
    prices: tuple[Price, ...] = ()
    currency: str = "USD"


def estimate(policy: Policy, stack: Stack, traffic: Traffic | None, modes: tuple[str, ...] = ()) -> Estimate:
    """Of `modes`, all that are compiled where none is named. `policy` is that of the stack, as the gateway reads it."""
    vectors = embedding(stack)
    found = tuple(_mode(policy, stack, mode, traffic, vectors) for mode in modes or tuple(policy.modes))
    prices = (_price(one.name, one.rates) for one in stack.clouds if one.rates)
    return Estimate(traffic, found, _assumed(policy, traffic), tuple(prices))


def _price(name: str, rates: Rates) -> Price:
    return Price(name, rates.input, rates.output, rates.source, long_prompts(rates))


def expected_month(policy: Policy, stack: Stack, mode: str, traffic: Traffic) -> float | None:
    """USD that the stated traffic is expected to cost in a month of 30 days; None where a price is not known."""
    asked = asked_for(policy, mode, traffic)
    return month(policy, mode, asked, _of(traffic, asked in embedding(stack))).usd


def asked_for(policy: Policy, mode: str, traffic: Traffic | None) -> str:
    """The name that the traffic asks for: its own, else the routed one, else the first."""
    if traffic is not None and traffic.alias:
        return traffic.alias
    served = policy.modes[mode].aliases
    return next((name for name in policy.aliases if served[name].routed), policy.aliases[0])


def embedding(stack: Stack) -> frozenset[str]:
    """Names behind which models turn text into vectors: what they answer costs nothing."""
    members = stack.members()
    routes = [route for mode in stack.modes for route in mode.routes]
    return frozenset(one.alias for one in routes if all(members[name].task == "embed" for name in one.members))


def _mode(policy: Policy, stack: Stack, mode: str, traffic: Traffic | None, vectors: frozenset[str]) -> Costs:
    asked = asked_for(policy, mode, traffic)
    chains = tuple(_chain(policy, mode, alias, traffic, alias in vectors) for alias in policy.aliases)
    if mode == "cloud":
        return Costs(mode, asked, chains)
    chain = next(one for one in chains if one.alias == asked)
    machines = upkeep(stack, _load(chain.expected, traffic))
    return Costs(mode, asked, chains, machines, _together(chain.expected, machines))


def _together(expected: Month | None, machines: tuple[Upkeep, ...]) -> float | None:
    days = [one.day.value if one.day is not None and one.day.currency == "USD" else None for one in machines]
    if expected is None or expected.usd is None or any(one is None for one in days):
        return None
    return expected.usd + expected.days * sum(one for one in days if one is not None)


def _chain(policy: Policy, mode: str, alias: str, traffic: Traffic | None, vectors: bool) -> Chain:
    most = worst_request(policy, mode, alias, answers=not vectors)
    caps = worst_time(policy, mode, alias)
    sizes = tuple(_size(policy, mode, alias, read, 0 if vectors else written) for read, written in SIZES)
    members = (policy.members[name] for name in policy.modes[mode].aliases[alias].members)
    unpriced = tuple(one.name for one in members if one.location == "cloud" and one.price is None)
    if traffic is None:
        return Chain(alias, most, caps, sizes, unpriced=unpriced)
    here = _of(traffic, vectors)
    longest = max(Arrival("", None, round(one.input), 0).most_input for one in here.kinds)
    return Chain(
        alias,
        most,
        caps,
        sizes,
        _request(policy, mode, alias, here),
        month(policy, mode, alias, here),
        unpriced,
        worst_request(policy, mode, alias, answers=not vectors, prompt=longest),
    )


def _of(traffic: Traffic, vectors: bool) -> Traffic:
    if not vectors:
        return traffic
    kinds = tuple(Work(one.action, one.share, one.input, 0, one.score) for one in traffic.kinds)
    return Traffic(traffic.per_day, kinds, traffic.source, traffic.alias, traffic.assumed)


def _request(policy: Policy, mode: str, alias: str, traffic: Traffic) -> float | None:
    """With an untouched budget."""
    once = month(policy, mode, alias, Traffic(0.0, traffic.kinds, traffic.source), days=1)
    costs = [None if part.usd is None else part.usd * part.share for part in once.parts]
    return None if any(cost is None for cost in costs) else sum(cost for cost in costs if cost is not None)


def _size(policy: Policy, mode: str, alias: str, read: int, written: int) -> Size:
    text = "x" * (4 * read)
    found = decide(policy, mode, Ask(alias, text, tokens=read, score=0.0 if policy.scorer == "litellm" else None))
    if isinstance(found, Refusal):
        return Size(read, written, "", None)
    usd = price_of(policy.members[found.model], Work(None, 1.0, read, written))
    return Size(read, written, found.model, None if usd is None else 1000 * usd)


def _load(expected: Month | None, traffic: Traffic | None) -> Mapping[str, Tokens]:
    """Tokens a day that each local model answers, as a mean over the month."""
    load: dict[str, Tokens] = defaultdict(lambda: (0.0, 0.0))
    if expected is None or traffic is None:
        return load
    for part in expected.parts:
        if part.location == "local":
            read, written = load[part.member]
            count = traffic.per_day * part.share
            load[part.member] = (read + count * part.input, written + count * part.output)
    return load


def _assumed(policy: Policy, traffic: Traffic | None) -> tuple[str, ...]:
    found = [*WORST]
    if traffic is not None:
        found += [f"expected: a month of {DAYS} days, requests evenly over each day, budgets untouched at its start"]
        found += [*ASSUMED, *traffic.assumed]
        if any(one.action not in policy.actions and one.score is None for one in traffic.kinds):
            found.append(UNSCORED[policy.scorer])
        if policy.quality is not None:
            found.append("answers pass their checks: what `quality` asks a dearer tier again is not counted")
        if policy.consensus is not None:
            found.append("further answers that `consensus` asks for are not counted")
    return tuple(found)
