from __future__ import annotations

from dataclasses import replace

from dreamc.backends.bars import WIDTH, bars
from dreamc.sizing.ledger import Card, Entry, Ledger
from dreamc.sizing.types import GIB
from dreamc.stack.types import CardLedger
from tests.unit.backends.stacks import ledger


def _ledger(total: int, reserve: int, *entries: Entry) -> CardLedger:
    return replace(ledger("desk"), ledger=Ledger(Card("RTX 4070", total * GIB, reserve * GIB), entries))


def test_the_bar_is_as_long_as_the_card_and_parts_have_their_share() -> None:
    _, bar, *legend = bars(_ledger(10, 1, Entry("a", "vllm", 5 * GIB), Entry("b", "ollama", 2 * GIB)))
    drawn = bar.strip().strip("[]")
    assert len(drawn) == WIDTH
    assert [drawn.count(mark) for mark in "AB.-"] == [25, 10, 5, 10]
    assert legend[-1].split() == ["-", "2.00", "GiB", "free"]


def test_models_that_take_turns_stand_in_one_part() -> None:
    one, two = Entry("a", "ollama", 2 * GIB, "turns"), Entry("b", "ollama", 4 * GIB, "turns")
    _, bar, *legend = bars(_ledger(8, 0, one, two))
    assert bar.count("A") == WIDTH // 2
    assert legend[0].split() == ["A", "4.00", "GiB", "a", "|", "b"]


def test_a_full_card_shows_nothing_free() -> None:
    _, bar, *_ = bars(_ledger(8, 0, Entry("a", "vllm", 8 * GIB)))
    assert bar.strip() == f"[{'A' * WIDTH}]"
