"""Budgets and prices: the right currency, no price ten times off, none missing where a budget counts it."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.document.scalars import Money
from dreamc.knowledge.prices import price
from dreamc.spec.dream import Dream
from dreamc.spec.routing import Bound
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Cloud, Stack

FAR_OFF = 10.0
"""Times dearer or cheaper than the table from which on a stated price is taken for a slip of the unit."""


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Amounts first, then prices."""
    del inputs
    for path, money in _amounts(dream):
        if money.currency != "USD":
            yield Diagnostic(
                "DRM412",
                path,
                f"budgets are counted in USD, not {money.currency}",
                "expected USD",
                "prices of the clouds are in USD and exchange rates move: state the limit in USD",
            )
        elif money.amount <= 0 and path[-1] in ("daily", "monthly"):
            yield Diagnostic(
                "DRM418",
                path,
                "a budget of nothing would switch every cloud off",
                "expected more than 0 USD",
                "to keep requests local, write mode: local",
            )
    yield from _ledger(stack)
    providers = {one.name: one for one in stack.providers}
    for model in stack.clouds:
        kind = providers[model.provider].kind
        yield from _price(model, kind, dream)
        if model.rates is None and (stack.policy.budget.given or providers[model.provider].budget.given):
            yield Diagnostic(
                "DRM604",
                model.at,
                f"'{model.name}' has no known price, so the budget cannot count it",
                "never called under a budget",
                "state what the provider charges, in the form usd_per_mtok: {input: 3, output: 15}",
                on_key=True,
            )


def _ledger(stack: Stack) -> Iterator[Diagnostic]:
    """A server that keeps the ledger must be known, and be reached from every gateway."""
    rules, redis = stack.policy, stack.service("redis")
    if rules.ledger_url is not None:
        if rules.ledger == "sqlite":
            message, remedy = "the ledger is a file, which has no address", "write ledger: postgres, or ledger: redis"
            yield Diagnostic("DRM425", ("budget", "ledger_url"), message, "no server", remedy, on_key=True)
        return
    without = [host for host in stack.gateway.hosts if redis is None or redis.host != host]
    if rules.ledger == "postgres":
        message, remedy = "where PostgreSQL is, is not said", "write ledger_url: env://LEDGER_URL beside it"
        yield Diagnostic("DRM425", ("budget", "ledger"), message, "expected a `ledger_url`", remedy)
    elif rules.ledger == "redis" and without:
        message = f"no Redis runs beside the gateway on '{without[0]}'"
        remedy = "write gateway: {redis: {}} for gateways of one host, or give a ledger_url"
        yield Diagnostic("DRM425", ("budget", "ledger"), message, "nowhere to count", remedy)


def _amounts(dream: Dream) -> Iterator[tuple[Path, Money]]:
    budget = dream.budget
    for key in ("daily", "monthly"):
        if (money := getattr(budget, key)) is not None:
            yield ("budget", key), money
    for name, provider in dream.providers.items():
        for key in ("daily", "monthly"):
            if (money := getattr(provider.budget, key)) is not None:
                yield ("providers", name, "budget", key), money
    for tier, bound in dream.routing.complexity.items():
        if isinstance(bound, Bound) and bound.budget_left is not None:
            yield ("routing", "complexity", tier, "budget_left"), bound.budget_left
    for index, test in enumerate(dream.tests):
        for key in ("budget_left", "max_cost"):
            if (money := getattr(test, key)) is not None:
                yield ("tests", index, key), money


def _price(model: Cloud, kind: str, dream: Dream) -> Iterator[Diagnostic]:
    spec = dream.providers[model.provider].models.get(model.name)
    known = price(kind, model.id)
    if spec is None or spec.usd_per_mtok is None:
        return
    if kind == "together":
        yield Diagnostic(
            "DRM605",
            (*model.at, "usd_per_mtok"),
            "LiteLLM ignores a stated price for Together and guesses from the name",
            "has no effect",
            "use kind: openai-compatible with base_url: https://api.together.xyz/v1 to count your price",
        )
    if known is None:
        return
    for key in ("input", "output"):
        stated, table = float(getattr(spec.usd_per_mtok, key)), float(getattr(known, key))
        if table and not 1 / FAR_OFF < (stated or 1e-9) / table < FAR_OFF:
            times = stated / table if stated > table else table / stated if stated else 0
            factor = f"{times:,.0f} times too {'high' if stated > table else 'low'}" if times else "free"
            yield Diagnostic(
                "DRM603",
                (*model.at, "usd_per_mtok", key),
                f"{stated:g} USD per million {key} tokens of {model.id} looks {factor}: the price table says {table:g}",
                f"expected about {table:g}",
                "prices are per million tokens; a price per 1,000 tokens is 1,000 times smaller",
            )
