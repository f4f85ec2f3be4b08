"""The stated traffic as kinds whose shares sum to one."""

from __future__ import annotations

import pytest

from dreamc.cost.traffic import traffic_of
from dreamc.cost.types import Work
from tests.unit.stack.files import BOX, HEAD, SMALL, stack

LOCAL = f"{HEAD}mode: local\n{BOX}{SMALL}fallbacks: {{chains: {{chat: [m]}}}}\n"


def kinds(actions: str) -> tuple[Work, ...]:
    found = traffic_of(
        stack(f"{LOCAL}costs: {{traffic: {{requests_per_day: 7, input: 1500, output: 300, actions: {{{actions}}}}}}}\n")
    )
    assert found is not None
    assert found.per_day == 7
    return found.kinds


def test_a_file_that_states_none_has_none() -> None:
    assert traffic_of(stack(LOCAL)) is None
    assert traffic_of(stack(f"{LOCAL}costs: {{electricity: 0.30 EUR/kWh}}\n")) is None


def test_what_no_action_names_is_one_kind_without_an_action() -> None:
    assert kinds("a: 30%, b: {share: 5%, input: 8k}") == (
        Work("a", 0.3, 1500, 300),
        Work("b", 0.05, 8192, 300),
        Work(None, 0.65, 1500, 300),
    )


@pytest.mark.parametrize("actions", ["a: 10%, b: 20%, c: 70%", "a: 100%, b: 0%", ""])
def test_the_shares_sum_to_one_and_none_is_empty(actions: str) -> None:
    found = kinds(actions)
    assert sum(one.share for one in found) == pytest.approx(1)
    assert all(one.share > 0 for one in found)
