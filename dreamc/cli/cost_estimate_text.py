"""An estimate as a person reads it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from dreamc.cost.estimate import Chain, Costs, Estimate
from dreamc.cost.month import Month, Shift
from dreamc.cost.types import Amount, Traffic
from dreamc.cost.upkeep import Upkeep
from dreamc.cost.worst import Most

NO_LIMIT = "no limit"
WIDTH = 116
Row = tuple[str, ...]


def text(found: Estimate) -> str:
    """The whole estimate, without a line feed at its end."""
    lines: list[str] = []
    if found.traffic is not None:
        lines += [_traffic(found.traffic), ""]
    for mode in found.modes:
        lines += [*(_priced(mode) if found.traffic is None else _expected(mode)), ""]
    lines += ["Taken for granted:", *(line for note in (*found.assumed, *_prices(found)) for line in _note(note))]
    return "\n".join(lines)


def _note(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  - ", subsequent_indent="    ", break_long_words=False)


def _prices(found: Estimate) -> Iterator[str]:
    sources = dict.fromkeys(one.source for one in found.prices)
    for source in sources:
        same = (
            f"{one.model} {one.input:g} + {one.output:g}" + (f" ({one.long})" if one.long else "")
            for one in found.prices
            if one.source == source
        )
        yield f"prices, USD per million tokens in + out: {', '.join(same)}; {source}"


def usd(amount: float | None, otherwise: str = NO_LIMIT) -> str:
    """Dollars: cents from a dollar on, else three digits that count."""
    if amount is None:
        return otherwise
    if amount == 0 or amount >= 1:
        return f"{amount:,.2f} USD"
    shown = f"{amount:.3g}" if amount >= 0.0001 else f"{amount:.9f}".rstrip("0")
    return f"{shown} USD"


def table(rows: Iterable[Row], left: int = 1, indent: str = "  ") -> Iterator[str]:
    """Aligned columns: the first `left` of them to the left, the others to the right."""
    found = list(rows)
    widths = [max(len(row[at]) for row in found) for at in range(len(found[0]))]
    for row in found:
        cells = (
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield f"{indent}{'  '.join(cells)}".rstrip()


def _traffic(traffic: Traffic) -> str:
    read = sum(one.share * one.input for one in traffic.kinds)
    written = sum(one.share * one.output for one in traffic.kinds)
    return (
        f"{_count(traffic.per_day)} requests a day, on average {read:,.0f} tokens in and {written:,.0f} out; "
        f"{traffic.source}"
    )


def _count(number: float) -> str:
    return f"{number:,.0f}" if number >= 1_000_000 else f"{number:,.6g}"


def _priced(mode: Costs) -> Iterator[str]:
    """Without traffic: the worst case, and what requests of some sizes cost."""
    yield f"{mode.mode} mode"
    sizes = [f"1,000 of {one.input:,} + {one.output:,} tok" for one in mode.chains[0].sizes]
    rows = [("name", *sizes, "a request at most", "a month at most")]
    for one in mode.chains:
        costs = [usd(size.usd_per_1000, "no price" if size.member else "refused") for size in one.sizes]
        rows.append((one.alias, *costs, _most(one), usd(one.worst.month)))
    yield from table(rows)
    yield from _answerers(mode)


def _answerers(mode: Costs) -> Iterator[str]:
    for one in mode.chains:
        names = dict.fromkeys(size.member or "nobody" for size in one.sizes)
        yield f"  {one.alias}: answered by {', then '.join(names)}" + (
            f"; at most when {one.worst_request.member} is asked" if one.worst_request.member else ""
        )


def _expected(mode: Costs) -> Iterator[str]:
    chain = mode.chain
    yield f"{mode.mode} mode, all requests ask for {mode.asked}"
    month = chain.expected
    assert month is not None
    most, stated = chain.worst_request, chain.worst_stated
    yield from table(
        (
            ("", "expected", "at most"),
            ("a request", usd(chain.request, "no price"), usd(most.usd)),
            ("a day", usd(_per_day(month), "no price"), usd(chain.worst.day)),
            ("a month", usd(month.usd, "no price"), usd(chain.worst.month)),
        )
    )
    if most.usd:
        yield f"  a request at most: {_tokens(most)}"
    if stated is not None and stated.usd:
        yield f"  of these sizes at most: {usd(stated.usd)}, {_tokens(stated)}"
    yield from _unpriced(chain)
    yield "  who answers"
    yield from _parts(month)
    yield from (f"  {line}" for line in _shifts(month))
    yield from (line for one in mode.machines for line in _machine(one))
    if mode.machines and mode.month is not None:
        yield f"  clouds and machines together: {usd(mode.month)} a month"
    others = [one for one in mode.chains if one.alias != mode.asked]
    if others:
        yield "  if they all asked for another name"
        yield from table(_others(others), indent="    ")


def _tokens(most: Most) -> str:
    return f"{most.input:,} + {most.output:,} tokens of {most.member}"


def _parts(month: Month) -> Iterator[str]:
    shown = sorted(month.parts, key=lambda one: -one.share)
    yield from table(
        (
            (
                f"{100 * one.share:.1f} %".rjust(7),
                one.action or "(no action)",
                one.member or "refused",
                one.tier,
                one.location,
                f"{one.input:,.0f} + {one.output:,.0f} tok",
                "" if not one.member else usd(one.usd, "no price"),
            )
            for one in shown
        ),
        left=5,
        indent="    ",
    )


def _shifts(month: Month) -> Iterator[str]:
    """What changes at one moment for one reason is one line."""
    groups: dict[tuple[object, ...], list[Shift]] = {}
    for one in month.shifts:
        groups.setdefault((one.day, one.at, one.days, one.before, one.after, one.why), []).append(one)
    for same in groups.values():
        first = same[0]
        when = f"day {first.day}, after {100 * first.at:.0f} % of its requests" if first.at else f"day {first.day}"
        often = f" ({first.days} days in all)" if first.days > 1 else ""
        goes = f"goes to {first.after} instead of {first.before}" if first.after else "is refused"
        actions = ", ".join(one.action or "what names no action" for one in same)
        yield f"from {when}{often}: {actions} {goes}: {first.why}"


def _machine(one: Upkeep) -> Iterator[str]:
    if one.day is None:
        yield f"  machine {one.host}: {one.lacks}; {one.remedy}"
        return
    month = Amount(30 * one.day.value, one.day.currency, 30 * one.day.low, 30 * one.day.high)
    busy = f"busy {100 * one.busy:,.1f} % of the time"
    yield f"  machine {one.host}: {_amount(one.day)} a day, {_amount(month)} a month, {busy}"
    if one.busy > 1:
        yield f"    it cannot keep up: this load takes {24 * one.busy:,.0f} hours a day"
    yield from (f"    {note}" for note in one.assumed)


def _amount(amount: Amount) -> str:
    exact = f"{amount.value:,.2f} {amount.currency}"
    return exact if amount.low == amount.high else f"{exact} ({amount.low:,.2f} to {amount.high:,.2f})"


def _others(chains: list[Chain]) -> list[Row]:
    rows: list[Row] = [("name", "a request", "at most", "a month", "at most")]
    for one in chains:
        month = one.expected.usd if one.expected else None
        expected = usd(one.request, "no price"), usd(month, "no price")
        rows.append((one.alias, expected[0], _most(one), expected[1], usd(one.worst.month)))
    return rows


def _unpriced(chain: Chain) -> Iterator[str]:
    if chain.unpriced:
        yield f"  without a price: {', '.join(chain.unpriced)}; state usd_per_mtok: {{input: 3, output: 15}} of theirs"


def _per_day(month: Month) -> float | None:
    return None if month.usd is None else month.usd / month.days


def _most(chain: Chain) -> str:
    return usd(chain.worst_request.usd, "no price")
