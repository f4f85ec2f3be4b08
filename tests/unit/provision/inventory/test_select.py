"""Which hosts a pattern means, and what is said when it means none."""

from __future__ import annotations

import pytest

from dreamc.provision.inventory.select import complete, select
from dreamc.provision.types import Address

HOSTS = (
    Address("gpu01", "a", groups=("east", "racks")), Address("gpu02", "b", groups=("racks",)), Address("den", "c"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ((), "gpu01 gpu02 den"),
        (("all",), "gpu01 gpu02 den"),
        (("den", "gpu01"), "gpu01 den"),
        (("gpu*",), "gpu01 gpu02"),
        (("racks",), "gpu01 gpu02"),
        (("r*",), "gpu01 gpu02"),
        (("racks", "!east"), "gpu02"),
        (("!racks",), "den"),
        (("racks,!gpu02",), "gpu01"),
        (("*", "!gpu0?"), "den"),
    ],
)
def test_a_pattern_means_hosts_in_their_own_order(patterns: tuple[str, ...], names: str) -> None:
    chosen, problems = select(HOSTS, patterns)
    assert (" ".join(one.name for one in chosen), problems) == (names, ())


@pytest.mark.parametrize(
    ("patterns", "problem"),
    [
        (("gpu1",), "no host or group is called 'gpu1': did you mean gpu01?"),
        (("!rack",), "no host or group is called 'rack': did you mean racks?"),
        (("zzz*",), "no host or group is called 'zzz*': there are gpu01, gpu02, den, east, racks"),
        (("den", "!den"), "no host is left of den, !den"),
    ],
)
def test_a_pattern_that_means_nothing_is_told(patterns: tuple[str, ...], problem: str) -> None:
    assert select(HOSTS, patterns) == ((), (problem,))


def test_hosts_that_no_inventory_names_are_left_to_ssh() -> None:
    wanted = {"gpu01": "10.0.0.1", "new": "10.0.0.2", "plain": ""}
    assert complete(wanted, HOSTS) == (HOSTS[0], Address("new", "10.0.0.2"), Address("plain", "plain"))
