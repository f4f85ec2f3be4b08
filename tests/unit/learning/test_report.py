"""What people read: a table that stands in columns, bounds with their shares, and what was left out."""

from __future__ import annotations

from dreamc.learning.bounds import Part
from dreamc.learning.outcomes import Aside, Evidence, Rescues
from dreamc.learning.report import bounds_text, notes, table_text
from dreamc.learning.table import Rule, table
from tests.unit.learning.worlds import TIERS


def text() -> str:
    found = Evidence(rescues={"edit": Rescues(4, 3_000_000)})
    for tier, good, bad in (("good", 10, 40), ("best", 58, 2)):
        for ok in (1.0,) * good + (0.0,) * bad:
            found.of("edit", tier).label(ok)
            found.saw("edit", tier)
    found.of("plan\x1b[2J" + "x" * 90, "fast").verdict(ok=True)
    return table_text(table(found, {"edit": "good"}, lambda _: TIERS, Rule()), TIERS, Rule())


def test_a_row_shows_tier_proposal_rates_counts_and_rescues() -> None:
    head, edit, *_ = text().splitlines()

    assert head.split() == ["action", "tier", "then", *TIERS, "seen", "rescued"]
    assert edit.split()[:3] == ["edit", "good", "best"]
    assert " 50+0 " in edit
    assert " 60+0 " in edit
    assert edit.endswith("3 of 4")
    assert edit.index("good") == head.index("tier")


def test_why_something_moves_and_how_the_figures_are_to_be_read_stands_below() -> None:
    said = text()

    assert "\nedit: good -> best: success on good is below 70% with probability >99.9 %\n" in said
    assert "rescued: not counted" in said
    assert "verdicts count 25% of a label; prior worth 5 outcomes" in said


def test_names_that_clients_chose_cannot_move_the_cursor_nor_break_the_columns() -> None:
    said = text()

    assert "\x1b" not in said
    assert "plan?[2J" + "x" * 31 + "…" in said


def test_a_bound_that_ties_keep_from_its_share_says_so() -> None:
    said = bounds_text((Part("fast", 0.3, 0.14, 0.5, 0.9, 0.7, 0.6), Part("good", 1, 1, 0.5, 0.1, 0.3, 0)), 60, 40)

    assert "fast  0.3    0.14  90.0 %     50.0 %  70.0 %" in said
    assert "chosen by 60 scores; shares are those of 40 others" in said
    assert "fast: 70% instead of 50%: 60% of the scores are equal there" in said
    assert "good: 30% instead of 50%: the two halves of the log differ" in said


def test_what_could_not_be_used_is_said_once() -> None:
    found = Evidence(aside=Aside(nameless=3, kept=2, unmatched=1, tiers={"old\x07": 4}), requests=9)
    found.of("edit", "good").verdict(ok=True)

    said = list(notes(found, Rule()))

    assert len(said) == 5
    assert "4 requests went to the tier 'old?', which the file does not have" in said
    assert not any("no labels" in note for note in notes(found, Rule(trust=1.0)))
