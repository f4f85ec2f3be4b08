"""Requests out of the lines of a usage log: nothing is lost, and calls of the gateway's own find their request."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.cost import log_requests
from dreamc.cost.usage_log import Line, requests
from tests.unit.cost.logs import row


def line(**facts: Any) -> Line:
    return msgspec.convert(row(**{"writer": "w", "n": 1, **facts}), Line)


def test_lines_of_one_request_come_together_with_what_the_gateway_asked_for_itself() -> None:
    log = [
        line(id="b", action="other", usd=0.5),
        line(id="a", status="rejected: empty answer", served="", usd=0.25),
        line(id="d", part="critique", served="", usd=0.125),
        line(id="a", usd=1.0, member="gpt"),
        line(id="c", status="refused: no", member="", served="", usd=0.0),
        line(id=""),
        line(id=""),
    ]
    found = list(requests(log))
    assert [one.id for one in found] == ["b", "a", "c", "", ""]
    _, first, refused, *_ = found
    assert first.answer is log[3]
    assert (first.attempts, first.parts) == ((log[1], log[3]), (log[2],))
    assert first.nano_usd == 1_375_000_000
    assert (refused.answer, refused.head, refused.attempts) == (None, log[4], ())


def at(seconds: float, **facts: Any) -> Line:
    return line(time=f"2026-11-20T12:00:{seconds:06.3f}Z", **facts)


def parts(log: list[Line]) -> dict[str, list[str]]:
    return {one.id: [part.id for part in one.parts] for one in requests(log)}


def test_the_gateways_own_calls_before_an_answer_go_to_the_next_request_that_is_like_theirs() -> None:
    own = {"part": "critique", "served": "", "latency_s": 0.5, "score": 0.25}
    log = [
        at(1, id="0", action="a", score=0.25),
        at(2, id="p1", action="a", **own),
        at(2, id="p2", action="b", **own),
        at(3, id="p3", action="a", **own),
        at(3, id="1", status="refused: no", member="", served="", action="a", score=0.25),
        at(3, id="2", action="a", score=0.5),
        at(3, id="3", action="b", score=0.25),
        at(3, id="4", action="a", score=0.25, client="other"),
        at(4, id="5", action="a", score=0.25),
    ]
    assert parts(log) == {"0": [], "1": [], "2": [], "3": ["p2"], "4": [], "5": ["p1", "p3"]}


def test_the_gateways_own_calls_right_after_a_streams_answer_go_to_it() -> None:
    own = {"part": "consensus", "served": "", "latency_s": 2.0}
    log = [at(1, id="0"), at(3.1, id="p1", **own), at(5.2, id="p2", **own), at(9.5, id="p3", **own), at(10, id="1")]
    assert parts(log) == {"0": ["p1", "p2"], "1": ["p3"]}
    assert [one.head.id for one in requests(log)] == ["0", "1"]


def test_own_calls_at_the_end_of_a_log_go_to_the_last_request_or_stand_alone() -> None:
    own = {"part": "critique", "served": "", "latency_s": 0.1}
    log = [at(1, id="0"), at(20, id="p1", **own), at(20, id="p2", action="nobody's", **own)]
    assert parts(log) == {"0": ["p1"], "p2": ["p2"]}
    assert [one.id for one in requests(log) if one.orphan] == ["p2"]


def test_own_calls_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_requests, "WINDOW", 2)
    monkeypatch.setattr(log_requests, "MOST_LINES", 3)
    log = [line(id=f"{kind}{at}", part="critique", action=kind) for at in range(4) for kind in "abc"]
    found = list(requests(log))
    assert sum(len(one.lines) for one in found) == 12
    assert all(one.orphan and len(one.lines) <= 3 for one in found)


def test_one_id_of_two_processes_or_answered_twice_is_two_requests() -> None:
    log = [line(id="a"), line(id="a"), line(id="a", writer="other")]
    assert [len(one.lines) for one in requests(log)] == [1, 1, 1]


def test_open_requests_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_requests, "WINDOW", 3)
    log = [line(id=str(at), served="") for at in range(10)] + [line(id="0"), line(id="9")]
    assert [(one.id, len(one.lines)) for one in requests(log)][-3:] == [("8", 1), ("9", 2), ("0", 1)]
    assert sum(len(one.lines) for one in requests(log)) == len(log)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans())))
def test_no_line_is_lost_on_the_way_to_requests(drawn: list[tuple[str, bool, bool]]) -> None:
    log = [
        line(id=id_, served="cloud" if served else "", part="critique" if own else "", n=at)
        for at, (id_, served, own) in enumerate(drawn)
    ]
    found = [one for request in requests(log) for one in request.lines]
    assert sorted(found, key=lambda one: one.n) == log
