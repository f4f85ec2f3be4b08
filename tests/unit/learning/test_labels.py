"""Labels: what a line may say, and what is said of one that says something else."""

from __future__ import annotations

import pytest

from dreamc.learning.labels import read_labels
from dreamc.learning.outcomes import Label

TIERS = ("local_fast", "local_quality")


def read(*lines: str) -> tuple[tuple[Label, ...], tuple[str, ...]]:
    return read_labels("l.jsonl", [line.encode() for line in lines], TIERS)


def test_a_label_names_a_request_or_says_everything_itself() -> None:
    found, problems = read(
        '\ufeff{"id": "a", "ok": true}', "", '{"action": "edit", "tier": "local_fast", "ok": 0.5, "score": 0.4}\r\n'
    )

    assert not problems
    assert found == (Label(1.0, "a", line=1), Label(0.5, "", "edit", "local_fast", 0.4, 3))
    assert [one.complete for one in found] == [False, True]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[1]", "expected an object"),
        ('{"id": "a"}', "no 'ok'"),
        ('{"id": "a", "ok": "yes"}', 'ok: "yes" is not true, false or a number from 0 to 1'),
        ('{"id": "a", "ok": 4}', "ok: 4 is not"),
        ('{"id": "a", "ok": null}', "ok: null is not"),
        ('{"id": 7, "ok": true}', "id: expected text"),
        ('{"ok": true}', "neither an id nor an action and its tier"),
        ('{"action": "edit", "ok": true}', "neither an id nor an action and its tier"),
        ('{"action": "e", "tier": "local_fats", "ok": true}', "did you mean 'local_fast'?"),
        ('{"id": "a", "ok": true, "score": 7}', "score: 7 is not"),
    ],
)
def test_a_line_that_is_no_label_is_named_with_its_number(line: str, said: str) -> None:
    found, (problem,) = read('{"id": "fine", "ok": true}', line)

    assert len(found) == 1
    assert problem.startswith("l.jsonl:2: ")
    assert said in problem


def test_the_same_mistake_on_every_line_is_not_said_a_thousand_times() -> None:
    assert len(read(*(["{"] * 1000))[1]) == 5
