"""Times as people read them."""

from __future__ import annotations

import pytest

from dreamc.provision.spans import ago, span


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (-3, "0 s"),
        (12.4, "12 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (356400, "4 d 3 h"),
    ],
)
def test_a_span_names_two_units_at_the_most(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_a_time_of_the_journal_is_told_from_now() -> None:
    noon = 1795176000.0
    assert ago("2026-11-20T12:00:00Z", noon + 200) == "3 min ago"
    assert ago("2026-11-20T12:00:00Z", noon) == "just now"
    assert ago("a torn line", noon) == "a torn line"
