"""What tokens of a cloud model cost according to the file, to our table and to genai-prices, and where they differ.

The file wins over the table, and the gateway counts no other. genai-prices is the second opinion: a price that only it
knows is shown with the lines that put it into the file.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from dreamc.cost.types import LongPrompts, Traffic
from dreamc.knowledge.prices import KINDS, Price, cloud_model, cloud_model_ids
from dreamc.runtime.types import Price as Charged
from dreamc.stack.spending import Rates
from dreamc.stack.types import Cloud, Provider, Stack

Counts = Literal["file", "table", "genai-prices", "none"]
PARTS = ("input", "output", "cache_read", "cache_write")
_PACKED = re.compile(r"(-(awq|gptq|int4|int8|fp4|fp8|nvfp4|dynamic|turbo|w4a16|w8a8|quantized)|\.w\dw?a\d+)+$")
FAR_OFF = 10
"""Times dearer or cheaper than the second source from which on a stated price is taken for a slip of the unit."""


class Seen(Struct, frozen=True):
    """A price that genai-prices has under its own name `matched`; `since` is the ISO date it holds from, or empty."""

    price: Price
    matched: str
    since: str


class Compared(Struct, frozen=True):
    """One model and its prices, US dollars per million tokens. `second` is a reason where genai-prices has none.

    `name` is the file's name of it, or its id; `differences` are in words, one a part of the price.
    """

    provider: str
    kind: str
    name: str
    id: str
    mode: str
    file: Price | None
    table: Price | None
    second: Seen | str
    differences: tuple[str, ...] = ()
    counts: Counts = "none"

    @property
    def price(self) -> Price | None:
        """The price that counts."""
        second = self.second.price if isinstance(self.second, Seen) else None
        return self.file or self.table or second


def of_file(stack: Stack, today: date) -> tuple[Compared, ...]:
    """Every cloud model of the file."""
    providers = {one.name: one for one in stack.providers}
    return tuple(of_model(model, providers[model.provider], today) for model in stack.clouds)


def of_model(model: Cloud, provider: Provider, today: date) -> Compared:
    """One cloud model of the file."""
    known = cloud_model(provider.kind, model.id)
    stated = model.rates if model.rates and model.rates.source == "dream.yaml" else None
    return _compared(
        Compared(
            provider.name, provider.kind, model.name, model.id, known.mode if known else "",
            _stated(stated) if stated else None, known.price if known else None,
            second(provider.kind, model.id, today, provider.base_url),
        )
    )  # fmt: skip


def of_table(kind: str, model_id: str, today: date) -> Compared:
    """One model of our tables, or of genai-prices alone."""
    known = cloud_model(kind, model_id)
    mode, table = (known.mode, known.price) if known else ("", None)
    return _compared(Compared(kind, kind, model_id, model_id, mode, None, table, second(kind, model_id, today)))


def shipped(today: date) -> tuple[Compared, ...]:
    """Every model of our tables."""
    return tuple(of_table(kind, model_id, today) for kind in KINDS for model_id in cloud_model_ids(kind))


def second(kind: str, model_id: str, today: date, base_url: str = "") -> Seen | str:
    """The price at noon (UTC) of that day according to genai-prices, or why it has none. Offline."""
    if kind == "ollama-cloud":
        return "a subscription, no price per token"
    from genai_prices import Usage, calc_price

    usage, noon = Usage(input_tokens=1, output_tokens=1), datetime.combine(today, time(12), UTC)
    try:
        if kind == "openai-compatible":
            found = calc_price(usage, model_id, provider_api_url=base_url, genai_request_timestamp=noon)
        else:
            found = calc_price(usage, model_id, provider_id=kind, genai_request_timestamp=noon)
    except LookupError:
        return "not in genai-prices"
    price = _price(found.model_price)
    since = _since(found.model.prices, found.model_price)
    return Seen(price, found.model.id, since) if price else "without a price per token in genai-prices"


def version() -> str:
    """Of the genai-prices that is installed."""
    from importlib.metadata import version as installed

    return installed("genai-prices")


def request_usd(price: Price, input_tokens: float, output_tokens: float) -> float:
    """US dollars of one request; a prompt above the bound is charged at the higher tariff as a whole."""
    above = price.above is not None and price.above_tokens is not None and input_tokens > price.above_tokens
    tariff = price.above if above and price.above else price
    return (input_tokens * float(tariff.input) + output_tokens * float(tariff.output)) / 1e6


def long_prompts(price: Price | Charged | Rates) -> LongPrompts | None:
    """The tariff of long prompts; None where there is none."""
    if price.above is None or price.above_tokens is None:
        return None
    return LongPrompts(price.above_tokens, float(price.above.input), float(price.above.output))


def mean_usd(price: Price, traffic: Traffic) -> float:
    """US dollars of a mean request of the traffic; each kind with its mean tokens."""
    return sum(one.share * request_usd(price, one.input, one.output) for one in traffic.kinds)


def same_weights(source: str, model_id: str) -> bool:
    """Whether a local model's repository and a cloud's id name the same weights, whatever their quantisation."""
    return "/" in source and _bare(source) == _bare(model_id)


def _bare(name: str) -> str:
    """`qwen3-8b` of `Qwen/Qwen3-8B-AWQ`: without maker and quantisation."""
    return _PACKED.sub("", name.lower().rpartition("/")[2])


def _compared(found: Compared) -> Compared:
    """With what counts, and the differences: the file from the table, and what counts from genai-prices."""
    ours, theirs = found.file or found.table, found.second.price if isinstance(found.second, Seen) else None
    counts: Counts = "file" if found.file else "table" if found.table else "genai-prices" if theirs else "none"
    lines = [f"genai-prices: {line}" for line in differences(ours, theirs)] if ours and theirs else []
    if found.file and found.table:
        lines = [*(f"table: {line}" for line in differences(found.file, found.table, both=True)), *lines]
    return replace(found, differences=tuple(lines), counts=counts)


def differences(ours: Price, theirs: Price, both: bool = False) -> tuple[str, ...]:
    """In words, `input 3 against 2`; a part that only one of them prices is left out with `both`."""
    lines = [line for part in PARTS if (line := _difference(part, ours, theirs, both))]
    if ours.above and theirs.above and ours.above_tokens == theirs.above_tokens:
        above = differences(ours.above, theirs.above, both)
        lines += [f"above {ours.above_tokens:,} tokens: {line}" for line in above]
    elif (ours.above or theirs.above) and not both:
        lines.append(f"tariff of long prompts {_bound(ours)} against {_bound(theirs)}")
    return tuple(lines)


def _difference(part: str, ours: Price, theirs: Price, both: bool) -> str:
    own, other = getattr(ours, part), getattr(theirs, part)
    if own == other or (both and None in (own, other)) or not (own or other):
        return ""
    times = max(own, other) / min(own, other) if own and other else 0
    off = f", {times:,.0f} times" if times >= FAR_OFF else ""
    return f"{part} {money(own)} against {money(other)}{off}"


def money(value: Decimal | None) -> str:
    """A price per million tokens without zeros at its end; `none` where there is no such price."""
    return "none" if value is None else f"{value.normalize():f}"


def _bound(price: Price) -> str:
    if price.above is None or price.above_tokens is None:
        return "none"
    return f"above {price.above_tokens:,}: {money(price.above.input)}/{money(price.above.output)}"


def _stated(rates: Rates) -> Price:
    parts = (rates.input, rates.output, rates.cache_read, rates.cache_write)
    whole, answer, read, write = (None if one is None else Decimal(str(one)) for one in parts)
    return Price(whole or Decimal(0), answer or Decimal(0), read, write, None, None)


def _price(found: Any) -> Price | None:
    """genai-prices' tariff as ours; None where it prices no input tokens. Of several bounds the first is taken."""
    tiers = {part: getattr(found, f"{part}_mtok") for part in PARTS}
    if tiers["input"] is None:
        return None
    bounds = sorted({tier.start for one in tiers.values() for tier in getattr(one, "tiers", ())})
    base = {part: getattr(one, "base", one) for part, one in tiers.items()}
    if not bounds:
        return _tariff(base)
    return _tariff(base, bounds[0], _tariff({part: _above(one, bounds[0]) for part, one in tiers.items()}))


def _above(price: Any, start: int) -> Decimal | None:
    found = [tier.price for tier in getattr(price, "tiers", ()) if tier.start <= start]
    last: Decimal | None = found[-1] if found else getattr(price, "base", price)
    return last


def _tariff(parts: dict[str, Decimal | None], bound: int | None = None, above: Price | None = None) -> Price:
    zero = Decimal(0)
    read, write = parts["cache_read"], parts["cache_write"]
    return Price(parts["input"] or zero, parts["output"] or zero, read, write, bound, above)


def _since(prices: Any, chosen: Any) -> str:
    """The day from which the chosen of several dated prices holds."""
    if not isinstance(prices, list):
        return ""
    dated = next((one.constraint for one in prices if one.prices is chosen), None)
    return str(getattr(dated, "start_date", "") or "")
