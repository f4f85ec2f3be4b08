"""Many hosts come in an order that a careful person would choose."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from dreamc.provision.events import Outcome
from dreamc.provision.fleet import Pace, run, waves

HOSTS = ("a", "b", "c", "gate")
ASKS = {"gate": ("a", "b", "c")}


def test_a_gateway_comes_after_the_hosts_that_it_asks() -> None:
    assert waves(HOSTS, ASKS, Pace()) == (("a", "b", "c"), ("gate",))


def test_a_canary_goes_alone_before_everybody_else() -> None:
    assert waves(HOSTS, ASKS, Pace(canary=1)) == (("a",), ("b", "c"), ("gate",))


def test_a_batch_is_never_larger_than_asked() -> None:
    assert waves(HOSTS, {}, Pace(batch=3)) == (("a", "b", "c"), ("gate",))


def test_hosts_that_ask_each_other_go_together() -> None:
    assert waves(("a", "b"), {"a": ("b",), "b": ("a",)}, Pace()) == (("a", "b"),)


def test_a_host_that_is_not_applied_holds_nobody_up() -> None:
    assert waves(("gate",), ASKS, Pace()) == (("gate",),)


@given(
    st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1),
    st.dictionaries(st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefgh")).map(tuple)),
    st.builds(Pace, canary=st.integers(0, 3), batch=st.integers(0, 4)),
)
def test_every_host_is_worked_on_exactly_once(hosts: list[str], after: dict[str, tuple[str, ...]], pace: Pace) -> None:
    found = [host for wave in waves(hosts, after, pace) for host in wave]
    assert sorted(found) == sorted(hosts)


def test_after_a_failure_later_waves_are_left_as_they_are() -> None:
    begun: list[str] = []

    def work(host: str) -> Outcome:
        begun.append(host)
        return Outcome(host, 3 if host == "a" else 0, "")

    outcomes = run((("a",), ("b", "c")), work, 4)
    assert begun == ["a"]
    assert [(one.host, one.code) for one in outcomes] == [("a", 3), ("b", 1), ("c", 1)]
    assert "not begun" in outcomes[1].what


def test_hosts_of_one_wave_are_worked_on_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)

    def work(host: str) -> Outcome:
        both.wait()
        return Outcome(host, 0, "")

    assert all(not one.failed for one in run((("a", "b"),), work, 2))
