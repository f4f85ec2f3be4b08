"""Traffic that others described."""

from __future__ import annotations

import pytest

from dreamc.knowledge.scenarios import claims, scenario, scenario_names


def test_the_first_scenario_is_the_mix_of_the_daemon() -> None:
    found = scenario(scenario_names()[0])
    assert found is not None
    shares = {one.action: one.share for one in found.kinds if one.action}
    assert shares == {
        "write_memory": 0.3,
        "read_file": 0.2,
        "list_files": 0.15,
        "edit_file": 0.1,
        "consolidate": 0.1,
        "spawn_daemon": 0.05,
    }
    assert (found.per_day, found.days) == (100, 30)


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_says_where_it_is_from_and_what_it_assumes(name: str) -> None:
    found = scenario(name)
    assert found is not None
    assert found.source.startswith("https://")
    assert found.checked
    assert found.sizes
    assert sum(one.share for one in found.kinds) == pytest.approx(1)
    assert all(one.score is not None for one in found.kinds if one.action is None)


def test_a_name_that_is_not_there_is_none() -> None:
    assert scenario("nobody") is None
    assert claims("nobody") == {}
