"""What a client is told of a request that nobody answered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dreamc.runtime.refusals import Ended, Ending, cause, ending, status_of
from dreamc.runtime.stamp import Stamp
from dreamc.runtime.state import Gateway
from tests.runtime.policies import desk
from tests.runtime.test_admission import gateway, spent
from tests.runtime.test_failures import raised

CODE = Stamp("code", None, "code", ("quality", "fast", "gemini", "claude"), None, "chain code")
CLOUDS = replace(CODE, members=("gemini", "claude"))
WHITELISTED = "the whitelist keeps simple_completion away from the cloud"


@pytest.fixture
def opened(tmp_path: Path) -> Gateway:
    return gateway(tmp_path, desk())


def test_a_failure_after_which_nobody_else_is_asked_is_told_as_it_is(opened: Gateway) -> None:
    stamp = replace(CODE, failed="no such parameter", failed_status=422, faults=(("quality", 502, "x"),))

    assert ending(opened, stamp) == Ending(422, "no such parameter", "the model")


def test_where_the_whitelist_shut_everybody_out_on_the_way_it_is_a_403(opened: Gateway) -> None:
    assert ending(opened, replace(CLOUDS, action="simple_completion")) == Ending(403, WHITELISTED, "dream policy")


def test_where_the_money_went_on_the_way_it_is_a_429(opened: Gateway) -> None:
    spent(opened, "google", 50)

    assert ending(opened, CLOUDS) == Ending(429, "the budget is used up", "dream policy")


def test_what_the_ledger_refused_to_hold_is_told_as_it_was_refused(opened: Gateway) -> None:
    stamp = replace(CLOUDS, barred=(("gemini", "too dear"), ("claude", "too dear")))

    assert ending(opened, stamp) == Ending(429, "too dear", "dream policy")


def test_who_failed_is_told_beside_what_kept_the_others_from_it(opened: Gateway) -> None:
    faults = (("quality", 504, "slow"), ("fast", 502, "empty answer"))
    called = ("quality@desk.0", "fast@desk.0")
    stamp = replace(CODE, members=("quality", "fast"), faults=faults, called=called, action="simple_completion")

    said = f"quality: slow; fast: empty answer; others may not be asked: {WHITELISTED}"
    assert ending(opened, stamp) == Ending(502, said, "the model")


def test_those_who_rest_leave_it_to_litellm(opened: Gateway) -> None:
    assert ending(opened, CODE) is None
    assert ending(opened, replace(CODE, action="simple_completion")) is None


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (raised("ContextWindowExceededError", 400), 400),
        (raised("ContentPolicyViolationError", 400), 400),
        (raised("RateLimitError", 429), 429),
        (raised("InternalServerError", 500), 502),
        (raised("AuthenticationError", 401, "OpenAIError", "HTTPStatusError"), 502),
        (raised("NotFoundError", 404, "OpenAIError", "HTTPStatusError"), 502),
        (raised("Timeout", 408, "APITimeoutError", "ReadTimeout"), 504),
    ],
)
def test_a_key_of_the_gateways_own_that_is_wrong_is_not_the_clients_401(error: Exception, status: int) -> None:
    assert status_of(error) == status


def test_a_refusal_of_our_own_is_no_status_500_where_the_others_rest(opened: Gateway) -> None:
    spent(opened, "google", 50)
    stamp = replace(CODE, members=("gemini", "fast"))
    error = type("APIConnectionError", (Exception,), {"status_code": 500, "llm_provider": "dream"})("dream policy: no")

    found = ending(opened, stamp, error)
    assert found is not None
    assert (found.status, found.source) == (429, "dream policy")
    assert found.said == "fast: left alone for a moment after failures; others may not be asked: the budget is used up"
    assert ending(opened, stamp, ValueError("of somebody else")) is None


def test_what_ended_a_stream_is_told_by_its_cause() -> None:
    ended = Ended(Ending(502, "broke off", "the model"))
    assert cause(ended) is ended
    ended.__cause__ = broke = ConnectionError("reset")
    assert cause(ended) is broke
    assert cause(broke) is broke
