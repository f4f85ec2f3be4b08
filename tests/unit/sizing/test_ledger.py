"""The ledger of a card and its picture."""

from __future__ import annotations

import pytest

from dreamc.sizing.bar import bar
from dreamc.sizing.ledger import Card, Entry, Ledger
from dreamc.sizing.share import Part, budgets
from dreamc.sizing.types import GIB

LAB = Ledger(
    Card("gpu01 quadro-rtx-5000", int(15.6 * GIB), GIB // 2),
    (
        Entry("qwen2.5-coder:7b", "ollama", 6 * GIB, "ollama"),
        Entry("llama3.1:latest", "ollama", 7 * GIB, "ollama"),
        Entry("qwen-coder-vllm", "vllm", 8 * GIB),
    ),
)


def test_a_group_that_takes_turns_counts_once_at_its_largest() -> None:
    assert LAB.used == GIB // 2 + 7 * GIB + 8 * GIB
    assert (LAB.free, LAB.deficit) == (int(15.6 * GIB) - LAB.used, 0)


def test_too_much_is_a_deficit() -> None:
    full = Ledger(LAB.card, (*LAB.entries, Entry("more", "vllm", GIB)))
    assert (full.free, full.deficit) == (0, full.used - full.card.total)
    assert "over by 0.9 GiB" in bar(full)


def test_the_picture_names_every_tenant_and_is_as_wide_as_asked() -> None:
    lines = bar(LAB, 40).splitlines()
    assert lines[0] == "gpu01 quadro-rtx-5000  15.5 of 15.6 GiB"
    assert len(lines[1]) == 42
    assert [line.split()[1] for line in lines[2:6]] == [
        "qwen2.5-coder:7b",
        "llama3.1:latest",
        "qwen-coder-vllm",
        "reserved",
    ]
    assert "takes turns" in lines[2]
    assert lines[-1].endswith("free 0.1 GiB")
    assert "\x1b" not in bar(LAB)


@pytest.mark.parametrize("width", [1, 7, 60, 200])
def test_the_bar_shows_even_a_small_tenant(width: int) -> None:
    ledger = Ledger(Card("card", 140 * GIB), (Entry("big", "vllm", 130 * GIB), Entry("small", "vllm", GIB)))
    picture = bar(ledger, width).splitlines()[1]
    assert len(picture) == max(width, 3) + 2
    assert picture[1] == "█"
    assert "▓" in picture or width < 3


def test_an_empty_card() -> None:
    assert bar(Ledger(Card("card", 8 * GIB)), 4).splitlines()[1] == "[····]"


def test_what_is_left_of_a_card_is_shared_by_weight() -> None:
    found = budgets(100, (Part("a", 20, 3), Part("b", 40, 1)))
    assert found == {"a": 50, "b": 50}
    assert budgets(50, (Part("a", 20), Part("b", 40))) == 10
    assert budgets(50, ()) == {}
