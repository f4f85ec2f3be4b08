"""Whether what a scenario's documents say follows from what they assume: their own figures, worked out again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dreamc.knowledge.scenarios import Scenario, claims, scenario

HOURS = 730
"""Of a month: 8,760 of a year by twelve."""
MILLION = 1_000_000


def remarks(name: str) -> tuple[str, ...]:
    """A sentence for each total of the original daemon's documents that does not follow; empty for other scenarios."""
    found = scenario(name)
    if found is None or not name.startswith("daemon"):
        return ()
    readme, command, program, config = (claims(one) for one in ("readme", "command", "program", "config"))
    told: tuple[Callable[[], str], ...] = (
        lambda: _sizes(readme, claims("price")),
        lambda: _hybrid(readme, found),
        lambda: _two_totals(readme, command),
        lambda: _thousandfold(command, program, config),
        lambda: _own_tokens(readme, program),
        lambda: _graphics_card(readme),
        lambda: _thresholds(readme),
    )
    return tuple(one() for one in told)


def _each(readme: Any) -> float:
    """USD of one iteration in the cloud."""
    return float(readme["pure"] / readme["requests"])


def _sizes(readme: Any, price: Any) -> str:
    units, ratio = round(_each(readme) / price["input"] * MILLION), price["output"] / price["input"]
    return (
        f"{_usd(readme['pure'])} a month for {readme['requests']:,} iterations is {_each(readme):.3f} USD each. At "
        f"the {price['input']:g} and {price['output']:g} USD per Mtok of {price['model']} that is input + {ratio:g} x "
        f"output = {units:,} tokens: 7,500 in and 1,500 out, or 10,000 in and 1,000 out. The page names no sizes; it "
        f"also says that one orchestration costs {readme['call']:.3f} USD, a fifteenth of its own mean."
    )


def _hybrid(readme: Any, found: Scenario) -> str:
    wanted = readme["hybrid"] / readme["pure"]
    sent = sum(one.share for one in found.kinds if one.tier == "api_fallback")
    other = sum(one.share for one in found.kinds if one.action is None)
    low, high = sent * readme["pure"], (sent + other) * readme["pure"]
    return (
        f"From {_usd(readme['pure'])} to {_usd(readme['hybrid'])} takes {_percent(wanted)} of the calls in the API. "
        f"The mix sends {_percent(sent)} there (spawn_daemon) and an unknown part of 'other': {_usd(low)} to "
        f"{_usd(high)}. {_usd(readme['hybrid'])} needs {_percent((wanted - sent) / other)} of 'other' in the API, "
        "which is nowhere said."
    )


def _two_totals(readme: Any, command: Any) -> str:
    factor = command["pure"] / readme["pure"]
    return (
        f"The same page prices the pure API at {_usd(command['pure'])} and at {_usd(readme['pure'])} a month: a factor "
        f"of {factor:.1f}. Its two savings, {_percent(1 - command['hybrid'] / command['pure'], 0)} and "
        f"{_percent(1 - readme['hybrid'] / readme['pure'])}, agree, which hides it."
    )


def _thousandfold(command: Any, program: Any, config: Any) -> str:
    mean = sum(share * tokens for share, tokens in program["mix"].values())
    requests = program["per_day"] * program["days"]
    wrong = requests * mean / 1_000 * program["usd_per_1k_tokens"]
    api = sum(share * tokens for name, (share, tokens) in program["mix"].items() if name == "spawn_daemon")
    hybrid = (api + program["fallback"] * (mean - api)) / mean
    return (
        f"{_usd(command['pure'])} is another mix: {program['per_day']} iterations a day for {program['days']} days of "
        f"{mean:g} tokens, at {program['usd_per_1k_tokens']:g} USD per 1,000 tokens ({requests:,} x {mean:g} / 1,000 x "
        f"{program['usd_per_1k_tokens']:g} = {wrong:,.0f}). `{config['key']}: {config['value']}` is commented "
        f"'{config['comment']}': the price lost its unit, and everything is a thousand times too dear. "
        f"{_usd(wrong / 1_000)} it would be, and {_usd(hybrid * wrong / 1_000)} hybrid, at a fallback of "
        f"{_percent(program['fallback'], 0)} that is a constant in the program."
    )


def _own_tokens(readme: Any, program: Any) -> str:
    sizes = scenario("daemon-tokens")
    if sizes is None:
        return ""
    mean = sum(one.share * (one.input + one.output) for one in sizes.kinds)
    month = readme["requests"] * mean * program["usd_per_1k_tokens"] / MILLION
    return (
        f"With the token counts of its own program the realistic mix has {mean:.0f} tokens an iteration, and the pure "
        f"API costs {_usd(month)} a month at {program['usd_per_1k_tokens']:g} USD per Mtok for input and output alike, "
        f"not {_usd(readme['pure'])}: {readme['pure'] / month:.0f} times less."
    )


def _graphics_card(readme: Any) -> str:
    hour = readme["gpu"] / HOURS
    return (
        f"A cloud GPU at {_usd(readme['gpu'])} a month is {hour:.3f} USD an hour. A 70B model needs 35 GB for weights "
        f"of 4 bits and 140 GB of 16, before any context: ask what such a card costs by the hour where you rent; "
        f"at 1 USD an hour the month is {_usd(HOURS)}, and {_usd(readme['gpu'])} buys {readme['gpu']:.0f} hours of it."
    )


def _thresholds(readme: Any) -> str:
    each, per_month = _each(readme), readme["requests"] / 100
    low, high, cluster = readme["break_even_per_day"]
    api = readme["gpu"] / (each * per_month)
    rest = readme["hybrid"] / readme["requests"]
    all_of_it = readme["gpu"] / (rest * per_month)
    saved = readme["hybrid"] - (readme["hybrid_gpu"] - readme["gpu"])
    as_told = readme["gpu"] / (saved / readme["requests"] * per_month)
    return (
        f"The thresholds of {low}, {high} and {cluster} iterations a day do not follow from {each:.3f} USD each. "
        f"Against the pure API, {_usd(readme['gpu'])} a month is earned at {api:.0f} a day. Beside local models it "
        f"only replaces what still goes to the API, {rest:.4f} USD an iteration: at {all_of_it:.0f} a day if nothing "
        f"went there any more. By the page's own table the GPU saves {_usd(saved)} of {_usd(readme['hybrid'])}: "
        f"at {as_told:,.0f} a day."
    )


def _usd(amount: float) -> str:
    return f"{amount:,.2f} USD"


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"
