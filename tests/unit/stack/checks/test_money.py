"""Budgets of providers, and where money is counted."""

from __future__ import annotations

import pytest

from tests.unit.stack.files import BOX, HEAD, found, one, stack

CLAUDE = "claude: {id: claude-sonnet-5-5}"


def file(account: str = "", more: str = "", models: str = CLAUDE) -> str:
    """A file in cloud mode with one provider."""
    provider = f"  anthropic: {{key: env://K, models: {{{models}}}{account}}}\n"
    return f"{HEAD}mode: cloud\n{BOX}providers:\n{provider}fallbacks: {{chains: {{chat: [claude]}}}}\n{more}"


def test_the_budget_of_a_provider_is_read_beside_that_of_the_stack() -> None:
    made = stack(file(", budget: {daily: 2.50 USD, monthly: 20 USD}", "budget: {monthly: 50 USD}\n"))
    (provider,) = made.providers
    assert (provider.budget.daily, provider.budget.monthly, made.policy.budget.monthly) == (2.5, 20.0, 50.0)


@pytest.mark.parametrize(("amount", "code"), [("20 EUR", "DRM412"), ("0 USD", "DRM418")])
def test_the_budget_of_a_provider_is_checked_as_that_of_the_stack_is(amount: str, code: str) -> None:
    finding = one(file(f", budget: {{monthly: {amount}}}"), code)
    assert finding.path == ("providers", "anthropic", "budget", "monthly")


def test_a_model_without_a_price_is_said_where_only_its_provider_has_a_budget() -> None:
    unknown = "claude: {id: claude-of-tomorrow}"
    assert not found(file(models=unknown), "DRM604")
    assert "never called" in one(file(", budget: {daily: 1 USD}", models=unknown), "DRM604").label


@pytest.mark.parametrize(
    ("budget", "path"),
    [
        ("monthly: 5 USD, ledger: redis", ("budget", "ledger")),
        ("monthly: 5 USD, ledger: postgres", ("budget", "ledger")),
        ("monthly: 5 USD, ledger_url: env://URL", ("budget", "ledger_url")),
    ],
)
def test_a_ledger_that_no_gateway_could_reach_is_an_error(budget: str, path: tuple[str, ...]) -> None:
    assert one(file(more=f"budget: {{{budget}}}\n"), "DRM425").path == path


@pytest.mark.parametrize(
    "more",
    [
        "budget: {monthly: 5 USD}\n",
        "budget: {monthly: 5 USD, ledger: redis}\nservices: {redis: {}}\n",
        "budget: {monthly: 5 USD, ledger: redis, ledger_url: env://URL}\n",
        "budget: {monthly: 5 USD, ledger: postgres, ledger_url: env://URL}\n",
    ],
)
def test_a_ledger_that_every_gateway_reaches_is_fine(more: str) -> None:
    assert not found(file(more=more), "DRM425")


def test_gateways_on_several_hosts_count_by_themselves_unless_they_share_a_server() -> None:
    two = "gateway: {hosts: [box, far]}\nhardware: {far: {}}\n"
    apart = file(more=f"budget: {{monthly: 5 USD}}\n{two}").replace(BOX, "")
    assert any("counts its own" in each.message for each in found(_two(apart), "DRM419"))
    shared = file(more=f"budget: {{monthly: 5 USD, ledger: postgres, ledger_url: env://URL}}\n{two}").replace(BOX, "")
    assert not any("counts its own" in each.message for each in found(_two(shared), "DRM419"))


def _two(text: str) -> str:
    return text.replace(
        "hardware: {far: {}}", "hardware: {box: {gpus: rtx-3090}, far: {gpus: rtx-3090, address: far.example}}"
    )
