"""Outcomes: what a logged request says of the tier that answered it, and what it does not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.cost.usage_log import Line, requests
from dreamc.learning.outcomes import Count, Evidence, Label, gather
from tests.unit.learning.worlds import line, policy


def learn(*lines: Line, labels: tuple[Label, ...] = ()) -> Evidence:
    return gather(requests(lines), labels, policy())


def count(found: Evidence, tier: str = "good") -> Count:
    return found.counts.get(("edit", tier), Count())


def test_a_label_is_an_outcome_of_the_tier_whose_model_answered() -> None:
    found = learn(line(1, tier="best", member="m-good"), labels=(Label(1.0, "r1"),))

    assert (count(found).labels, count(found).good, found.matched) == (1, 1.0, 1)
    assert count(found, "best").labels == 0


def test_without_a_label_the_verdict_of_the_checks_counts_by_the_threshold() -> None:
    found = learn(line(1, quality=0.7), line(2, quality=0.69), line(3))

    assert (count(found).passed, count(found).failed, count(found).labels) == (1, 1, 0)


def test_a_label_stands_in_the_place_of_the_verdict() -> None:
    found = count(learn(line(1, quality=1.0), labels=(Label(0.0, "r1"),)))

    assert (found.labels, found.good, found.passed, found.both, found.worth) == (1, 0.0, 0, 1, 0.5)


def test_a_rejected_answer_is_a_failure_of_its_tier_and_the_rescue_is_counted_apart() -> None:
    """The gateway writes the escalated call under an id of its own, and the verdict of the answer that stands."""
    escalated = line(1, id="other", part="escalation", tier="best", served="")
    found = learn(escalated, line(2, status="rejected: not JSON", quality=0.9, served="cloud", attempts=2))

    assert (count(found).failed, count(found).labels) == (1, 0)
    assert ("edit", "best") not in found.counts
    assert (found.rescues["edit"].asked, found.rescues["edit"].good) == (1, 1.0)


def test_the_label_of_an_escalated_request_is_about_the_rescue_not_about_the_tier_that_failed() -> None:
    found = learn(line(1, status="rejected: empty", quality=0.9, served="cloud"), labels=(Label(0.0, "r1"),))

    assert (count(found).failed, count(found).labels) == (1, 0)
    assert (found.rescues["edit"].asked, found.rescues["edit"].good) == (1, 0.0)


def test_a_tier_that_answers_after_another_was_rejected_is_no_sample_of_all_requests() -> None:
    rejected = line(1, id="a", status="rejected: empty", served="")
    found = learn(rejected, line(2, id="a", tier="best", quality=1.0, served="cloud"))

    assert count(found).failed == 1
    assert count(found, "best") == Count()
    assert found.rescues["edit"].asked == 1


def test_a_second_model_of_the_same_tier_makes_it_a_success_of_the_tier() -> None:
    found = count(learn(line(1, id="a", status="rejected: empty", served=""), line(2, id="a", quality=1.0)))

    assert (found.passed, found.failed) == (1, 0)


def test_an_error_says_nothing_of_the_answer() -> None:
    found = learn(line(1, id="a", status="error", served=""), line(2, id="a", tier="best", quality=1.0))

    assert count(found) == Count()
    assert count(found, "best").passed == 1


def test_a_client_that_left_is_nobodys_failure() -> None:
    assert learn(line(1, status="rejected: its client left", served="")).counts == {}


def test_kept_answers_nameless_requests_and_unknown_tiers_are_counted_aside() -> None:
    found = learn(
        line(1, served="cache", quality=1.0),
        line(2, action=None, quality=1.0),
        line(3, member="gone", tier="premium", quality=1.0),
        line(4, status="refused: budget", member="", served=""),
        labels=(Label(1.0, "nowhere"),),
    )

    aside = found.aside
    assert (aside.kept, aside.nameless, aside.tiers, aside.unmatched) == (1, 1, {"premium": 1}, 1)
    assert found.counts == {}


def test_a_model_of_no_tier_teaches_nothing_and_is_nobodys_mistake() -> None:
    found = learn(line(1, member="m-plain", tier=None, quality=1.0))

    assert (found.counts, found.aside.tiers) == ({}, {})


def test_a_rescue_of_which_nothing_is_known_is_not_counted() -> None:
    assert learn(line(1, status="rejected: empty", served="cloud")).rescues == {}


def test_labels_that_say_everything_need_no_log() -> None:
    found = learn(labels=(Label(0.25, action="edit", tier="best"), Label(1.0, action="edit", tier="best")))

    assert (count(found, "best").labels, count(found, "best").good) == (2, 1.25)


def test_several_labels_of_one_request_are_one_outcome() -> None:
    found = count(learn(line(1), labels=(Label(1.0, "r1"), Label(0.0, "r1"), Label(0.0, "r1"))))

    assert (found.labels, round(found.good, 3)) == (1, 0.333)


KINDS = st.fixed_dictionaries(
    {
        "action": st.sampled_from(("edit", "plan", None)),
        "tier": st.sampled_from(("fast", "good", "best")),
        "quality": st.sampled_from((None, 0.2, 0.9)),
        "status": st.sampled_from(("ok", "error", "rejected: empty")),
        "part": st.sampled_from(("", "", "escalation")),
    }
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(KINDS, max_size=30),
    st.lists(st.tuples(st.integers(0, 29), st.floats(0, 1)), max_size=20),
    st.randoms(use_true_random=False),
)
def test_the_order_of_lines_and_labels_does_not_matter(
    kinds: list[dict[str, object]], told: list[tuple[int, float]], order: object
) -> None:
    lines = [line(n, **facts) for n, facts in enumerate(kinds, 1)]
    labels = [Label(ok, f"r{n}") for n, ok in told]
    before = learn(*lines, labels=tuple(labels))
    order.shuffle(lines)  # type: ignore[attr-defined]
    order.shuffle(labels)  # type: ignore[attr-defined]

    assert learn(*lines, labels=tuple(labels)) == before
