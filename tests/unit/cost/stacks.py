"""Small stacks whose prices make sums easy: a request of 1,500 + 300 tokens costs 0.009 USD."""

from __future__ import annotations

from dreamc.backends.rehearsal import decider
from dreamc.cost.types import Traffic, Work
from dreamc.runtime.types import Policy
from dreamc.stack.types import Stack
from tests.unit.stack.files import BOX, HEAD, stack

PRICE = "usd_per_mtok: {input: 3, output: 15}"
MODELS = 'models:\n  m: {source: "ollama:qwen2.5-coder:3b", context: 32k, tier: low}\n'
ONE = Traffic(100, (Work(None, 1.0, 1500, 300),), "a test")


def providers(budget: str = "") -> str:
    return (
        "providers:\n  far:\n    kind: openai-compatible\n    base_url: https://far.example.com/v1\n    key: env://K\n"
        f"    models: {{big: {{context: 100k, tier: high, {PRICE}}}}}\n{budget}"
    )


def cloud(budget: str = "", own: str = "") -> Stack:
    """Only the cloud answers."""
    chains = "fallbacks: {chains: {chat: [big]}}\n"
    return stack(f"{HEAD}mode: cloud\n{BOX}{providers(own)}{chains}{budget}".replace("tier: high, ", ""))


def chain(budget: str = "") -> Stack:
    """The cloud first, then the own card."""
    text = f"{HEAD}{BOX}{MODELS}{providers()}fallbacks: {{chains: {{chat: [big, m]}}}}\n{budget}"
    return stack(text.replace(", tier: low", "").replace("tier: high, ", ""))


def routed(bound: str = "{budget_left: 5 USD, else: low}", more: str = "budget: {monthly: 20 USD}\n") -> Stack:
    """`hard` goes to the cloud, everything else stays."""
    tiers = f"tiers: [low, high], actions: {{easy: low, hard: high}}, complexity: {{low: 0.9, high: {bound}}}"
    rules = f"routing: {{{tiers}}}\n"
    return stack(f"{HEAD}{BOX}{MODELS}{providers()}fallbacks: {{chains: {{auto: routed}}}}\n{rules}{more}")


def policy(of: Stack) -> Policy:
    return decider(of)
