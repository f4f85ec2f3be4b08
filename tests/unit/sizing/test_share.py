from __future__ import annotations

from dreamc.sizing.share import Part, budgets


def test_wishes_are_met_before_anybody_gets_more_than_its_wish() -> None:
    assert budgets(100, (Part("long", 20, wish=70), Part("short", 10, wish=15))) == {"long": 77, "short": 22}


def test_where_the_wishes_exceed_the_card_its_rest_is_shared_by_weight() -> None:
    assert budgets(100, (Part("a", 20, 3, wish=200), Part("b", 40, 1, wish=200))) == {"a": 50, "b": 50}


def test_what_an_encoder_cannot_use_goes_to_the_others() -> None:
    assert budgets(100, (Part("chat", 40, wish=90), Part("embed", 10, wish=12, most=12))) == {"chat": 88, "embed": 12}


def test_a_card_of_encoders_keeps_what_none_can_use() -> None:
    assert budgets(100, (Part("a", 5, wish=8, most=8), Part("b", 5, wish=9, most=9))) == {"a": 8, "b": 9}


def test_never_more_than_there_is() -> None:
    for available in range(30, 200, 7):
        found = budgets(available, (Part("a", 10, 3, 50), Part("b", 10, 5, 33), Part("c", 10, 7, 12, 12)))
        assert isinstance(found, dict)
        assert sum(found.values()) <= available
        assert min(found.values()) >= 10
