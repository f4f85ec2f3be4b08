"""Prices of all shipped cloud models compared, as a page: docs/prices.md is this."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dreamc.cost.prices import Compared, Seen, money
from dreamc.knowledge.prices import Price

HEAD = """\
# Prices of cloud models, compared

Every model of `dreamc/knowledge/prices`, a copy of LiteLLM's model map, against genai-prices {version} at noon UTC of
{today}. US dollars per million tokens, input/output. Written by `UPDATE=1 pytest tests/unit/cost/test_prices_page.py`,
which fails where this page is not what the two sources say.

Which price counts: the one in dream.yaml (`usd_per_mtok`), else that of the table. genai-prices is the second opinion;
`dreamc cost prices` shows it beside the other two, and for a model that only it knows the lines to add to dream.yaml.
"""
AGREE = "Of {total} models {same} have the same price in both, {other} differ, and {alone} have no second price."
LONG = """\

Where the table has no tariff of long prompts and genai-prices has one, a request beyond that bound costs more than the
gateway counts. State a price of your own for it, or keep the context below the bound.
"""


def page(found: Sequence[Compared], version: str, today: str) -> str:
    """Markdown, with a line feed at its end."""
    other = [one for one in found if one.differences]
    alone = [one for one in found if not isinstance(one.second, Seen)]
    same = len(found) - len(other) - len(alone)
    lines = [
        HEAD.format(version=version, today=today),
        AGREE.format(total=len(found), same=same, other=len(other), alone=len(alone)),
        "",
        "| provider | models | same | differ | no second price |",
        "|---|---|---|---|---|",
        *_counts(found),
        "",
        "## Different",
        "",
        "| provider | model | the table, which counts | genai-prices | difference, ours against theirs |",
        "|---|---|---|---|---|",
        *(_different(one) for one in other),
        LONG,
        "## No second price",
        "",
        *_alone(alone),
    ]
    return "\n".join(lines) + "\n"


def short(price: Price | None) -> str:
    """`3/15`, with the tariff of long prompts where there is one."""
    if price is None:
        return "-"
    text = f"{money(price.input)}/{money(price.output)}"
    if price.above is not None and price.above_tokens is not None:
        text += f", {money(price.above.input)}/{money(price.above.output)} above {price.above_tokens:,} tokens"
    return text


def _counts(found: Sequence[Compared]) -> Iterator[str]:
    for kind in sorted({one.kind for one in found}):
        rows = [one for one in found if one.kind == kind]
        other, alone = sum(bool(one.differences) for one in rows), sum(not isinstance(one.second, Seen) for one in rows)
        yield f"| {kind} | {len(rows)} | {len(rows) - other - alone} | {other} | {alone} |"


def _different(one: Compared) -> str:
    second = short(one.second.price) if isinstance(one.second, Seen) else "-"
    said = "; ".join(line.removeprefix("genai-prices: ") for line in one.differences)
    return f"| {one.kind} | {one.id} | {short(one.table)} | {second} | {said} |"


def _alone(found: Sequence[Compared]) -> Iterator[str]:
    for kind, reason in sorted({(one.kind, str(one.second)) for one in found}):
        names = [f"`{one.id}` ({short(one.table)})" if one.table else f"`{one.id}`" for one in found
                 if (one.kind, str(one.second)) == (kind, reason)]  # fmt: skip
        yield f"- {kind}, {reason}: {', '.join(names)}."
