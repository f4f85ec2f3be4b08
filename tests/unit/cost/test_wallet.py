"""Calendar budgets in memory."""

from __future__ import annotations

from dreamc.cost.wallet import Wallet
from dreamc.runtime.types import Budget, ProviderBudget

NANO = 1_000_000_000


def test_a_day_and_a_month_each_have_their_own_limit() -> None:
    wallet = Wallet(Budget(1, 2, 1))
    wallet.begin("2026-11-29")
    wallet.spend("openai", NANO)
    assert wallet.left("openai") == 0

    wallet.begin("2026-11-30")
    assert wallet.left("openai") == NANO
    wallet.spend("openai", NANO // 2)
    assert wallet.left(None) == NANO // 2

    wallet.begin("2026-12-01")
    assert wallet.left("openai") == NANO


def test_a_month_is_a_calendar_month_not_thirty_days() -> None:
    wallet = Wallet(Budget(None, 1, 1))
    wallet.begin("2026-10-31")
    wallet.spend("openai", NANO)
    assert wallet.left(None) == 0
    wallet.begin("2026-11-01")
    assert wallet.left(None) == NANO


def test_a_provider_has_the_tighter_of_its_own_limit_and_that_of_the_stack() -> None:
    wallet = Wallet(Budget(3, None, 1, (ProviderBudget("openai", 1, None),)))
    wallet.begin("2026-11-01")
    assert (wallet.left("openai"), wallet.left("google"), wallet.left(None)) == (NANO, 3 * NANO, 3 * NANO)
    wallet.spend("google", 3 * NANO)
    assert wallet.left("openai") == 0


def test_without_limits_nothing_is_counted() -> None:
    wallet = Wallet(Budget(None, None, 1))
    wallet.begin("2026-11-01")
    wallet.spend("openai", NANO)
    assert wallet.left("openai") is None


def test_a_day_that_is_over_does_not_come_back() -> None:
    wallet = Wallet(Budget(1, None, 1))
    wallet.begin("2026-11-02")
    wallet.spend("openai", NANO)
    wallet.begin("2026-11-01")
    assert wallet.left("openai") == 0
