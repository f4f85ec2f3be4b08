"""What was decided travels with the request, and a client cannot forge it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from dreamc.runtime.stamp import Stamp, find, put

STAMP = Stamp("auto", "local_fast", "tier:local_fast", ("fast", "quality"), "edit_file", "action edit_file")


def test_a_stamp_is_found_where_it_was_put() -> None:
    body: dict[str, Any] = {"metadata": {"user": "x"}}
    put(body, STAMP)

    assert find(body) == STAMP
    assert body["metadata"]["user"] == "x"


def test_a_stamp_goes_where_litellm_keeps_its_own() -> None:
    body: dict[str, Any] = {"metadata": {"user_id": "x"}, "litellm_metadata": {}}
    put(body, STAMP)

    assert body["metadata"] == {"user_id": "x"}
    assert find(body) == STAMP


def test_a_stamp_is_found_in_the_parameters_of_a_logged_call() -> None:
    body: dict[str, Any] = {}
    put(body, STAMP)

    assert find({"litellm_params": body}) == STAMP


def test_a_stamp_is_found_in_a_call_that_may_only_be_read() -> None:
    body: dict[str, Any] = {}
    put(body, STAMP)

    assert find(MappingProxyType(body)) == STAMP
    assert find({"litellm_params": MappingProxyType(body)}) == STAMP


def test_a_forged_stamp_is_replaced() -> None:
    forged = {"dream": {"members": ["gpt"]}}
    body: dict[str, Any] = {"metadata": dict(forged), "litellm_metadata": dict(forged)}
    put(body, STAMP)

    assert body["metadata"] == {}
    assert find(body) == STAMP


def test_a_metadata_that_is_no_object_is_replaced() -> None:
    body: dict[str, Any] = {"metadata": "x"}
    put(body, STAMP)

    assert find(body) == STAMP


def test_nothing_is_found_where_nothing_was_put() -> None:
    assert find(None) is None
    assert find({"metadata": None, "litellm_params": None}) is None


def test_a_member_that_was_tried_is_not_admitted_again() -> None:
    assert STAMP.admits("fast")
    assert not STAMP.without("fast").admits("fast")
    assert STAMP.without("fast").admits("quality")
    assert not STAMP.admits("gpt")
