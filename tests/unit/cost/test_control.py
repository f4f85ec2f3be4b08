"""The random mix that a policy is held against."""

from __future__ import annotations

import pytest

from dreamc.cost.control import control
from dreamc.cost.simulate import run
from tests.unit.cost.arrivals import asked, rules


def test_a_policy_that_sends_the_long_ones_to_the_cloud_costs_more_than_as_many_at_random() -> None:
    found = control(
        run(
            rules(),
            "hybrid",
            [*(asked(input=4_000) for _ in range(50)), *(asked("inline_completion") for _ in range(50))],
        )
    )
    assert found is not None
    assert found.cloud_share == 0.5
    assert found.usd == pytest.approx((50 * 0.0088 + 50 * 0.0028) / 2)
    assert found.low < found.usd < found.high
    assert found.equal_share == pytest.approx(50 * 0.0088 / (50 * 0.0088 + 50 * 0.0028))


def test_of_requests_that_are_all_alike_the_same_share_costs_the_same() -> None:
    outcomes = run(rules(), "hybrid", [*(asked() for _ in range(10)), *(asked("inline_completion") for _ in range(30))])
    found = control(outcomes)
    assert found is not None
    assert found.usd == pytest.approx(10 * 0.0028)
    assert found.equal_share == pytest.approx(0.25)


def test_without_a_cloud_there_is_nothing_to_mix() -> None:
    assert control(run(rules(), "local", [asked() for _ in range(10)])) is None


def test_without_verdicts_nothing_is_said_of_quality() -> None:
    found = control(run(rules(), "hybrid", [asked() for _ in range(20)]))
    assert found is not None
    assert found.quality is None


def test_quality_is_weighed_kind_by_kind_where_both_sides_were_judged() -> None:
    """Reviews are as good at home; designs are not. A policy that knows this beats the mix of its cost."""

    def judged(action: str, place: str, quality: float) -> list[object]:
        first = "gpt" if place == "cloud" else "quality"
        return [asked(action, first=first, place=place, quality=quality) for _ in range(10)]

    log = [
        *judged("architecture_design", "cloud", 0.9),
        *judged("architecture_design", "local", 0.5),
        *judged("inline_completion", "cloud", 0.8),
        *judged("inline_completion", "local", 0.8),
        *(asked("code_review", first="gemini", place="cloud", quality=0.1) for _ in range(10)),
    ]
    found = control(run(rules(), "hybrid", log))  # type: ignore[arg-type]
    assert found is not None
    assert found.quality is not None
    assert found.quality.policy == pytest.approx((20 * 0.9 + 20 * 0.8) / 40)
    assert found.quality.policy > found.quality.random
    assert found.quality.share == pytest.approx(40 / 50)
