"""What on a host is not as it was applied."""

from __future__ import annotations

import json

import msgspec
import pytest

from dreamc.provision.deployments import Deployment, Loaded
from dreamc.provision.drift import Difference, Known, drift
from dreamc.provision.types import HostFacts
from tests.unit.provision.world import CLOUD, ENV, LITELLM, REDIS, VLLM, after, bundle, container, image_id, release

HERE = release()
MADE = bundle(HERE)
FACTS = after(HERE, MADE)
KNOWN = Known(HERE, FACTS.release, ENV)


def ids(facts: HostFacts, known: Known = KNOWN) -> list[str]:
    return [one.id for one in drift(facts, known)]


def only(facts: HostFacts, known: Known = KNOWN) -> Difference:
    (one,) = drift(facts, known)
    return one


def changed(**more: object) -> HostFacts:
    return msgspec.structs.replace(FACTS, **more)


def entry(**more: object) -> str:
    return json.dumps({"action": "apply", "outcome": "done", "mode": "hybrid", "who": "ada"} | more)


def test_a_host_as_it_was_left_has_no_differences() -> None:
    assert ids(FACTS) == []
    assert ids(changed(journal=entry())) == []


def test_files_edited_by_hand_and_strangers_are_named_with_the_way_back() -> None:
    found = drift(changed(edited=("dream",), strangers=("notes.txt",)), KNOWN)
    assert [(one.id, one.what.split()[0]) for one in found] == [
        ("DRIFT-FILE-EDITED", "dream"),
        ("DRIFT-FILE-STRANGER", "notes.txt"),
    ]
    assert all("dreamc apply --host gpu01" in one.remedy for one in found)


@pytest.mark.parametrize(
    ("containers", "wanted"),
    [
        ((container(LITELLM), container(VLLM)), ["DRIFT-CONTAINER-MISSING"]),
        ((container(LITELLM), container(VLLM, definition="d"), container(REDIS)), ["DRIFT-CONTAINER-CHANGED"]),
        ((container(LITELLM), container(VLLM, state="exited"), container(REDIS)), ["DRIFT-CONTAINER-STOPPED"]),
        (
            (container(LITELLM), container(VLLM), container(REDIS), container(REDIS, service="own")),
            ["DRIFT-CONTAINER-EXTRA"],
        ),
        ((container(LITELLM), container(VLLM), container(REDIS), container(REDIS)), ["DRIFT-CONTAINER-EXTRA"]),
        ((container(LITELLM), container(VLLM), container(REDIS, image_id=image_id("old"))), ["DRIFT-IMAGE"]),
    ],
)
def test_containers_are_compared_with_the_release(containers: tuple[object, ...], wanted: list[str]) -> None:
    assert ids(changed(containers=containers)) == wanted


def test_an_image_that_is_not_the_locked_one_says_so() -> None:
    others = (container(LITELLM), container(VLLM), container(REDIS, image_id=image_id("old")))
    assert "locked is" in only(changed(containers=others)).what


def test_variables_that_are_missing_or_changed_are_named_and_never_their_values() -> None:
    assert only(changed(env=FACTS.env[1:])).id == "DRIFT-ENV-MISSING"
    found = only(changed(env=((FACTS.env[0][0], "0" * 64), FACTS.env[1])))
    assert (found.id, "0000" in found.what) == ("DRIFT-ENV-CHANGED", False)


def test_a_value_that_cannot_be_had_here_is_not_compared() -> None:
    assert ids(FACTS, msgspec.structs.replace(KNOWN, env={})) == []


def test_containers_of_another_mode_than_the_recorded_are_seen() -> None:
    there = tuple(container(one) for one in CLOUD.services)
    found = [one for one in drift(changed(containers=there), KNOWN) if one.id == "DRIFT-MODE"]
    assert [one.what for one in found] == ["the containers are those of cloud mode, recorded is hybrid"]


def test_a_mode_file_that_the_journal_contradicts_is_seen() -> None:
    found = only(changed(journal=entry(action="mode", mode="cloud")))
    assert (found.id, found.remedy) == ("DRIFT-MODE", "dreamc mode cloud --host gpu01")


def test_a_stack_that_was_stopped_on_purpose_is_one_difference() -> None:
    assert ids(changed(containers=(), journal=entry(action="down"))) == ["DRIFT-DOWN"]
    assert ids(changed(containers=(), journal=entry())) == ["DRIFT-CONTAINER-MISSING"] * 3


def test_a_file_that_has_gone_on_is_a_difference_of_its_own() -> None:
    found = only(FACTS, msgspec.structs.replace(KNOWN, compiled="0123456789ab"))
    assert (found.id, found.remedy) == ("DRIFT-RELEASE", "dreamc plan --host gpu01 shows what differs")


def test_what_cannot_be_compared_is_never_called_right() -> None:
    assert ids(changed(release="")) == ["DRIFT-RELEASE"]
    assert ids(FACTS, Known(None)) == ["DRIFT-UNKNOWN"]
    assert ids(changed(mode="")) == ["DRIFT-UNKNOWN"]
    assert ids(changed(engine_problem="no answer", containers=())) == ["DRIFT-UNKNOWN"]


def test_what_the_gateway_has_loaded_is_compared() -> None:
    one = Deployment("a", "a@local", "ollama_chat/a", "http://ollama:11434")
    known = msgspec.structs.replace(KNOWN, wanted=(one,))
    good, empty = Loaded("g-1", "live", (one,)), Loaded("g-2", "live")
    assert ids(FACTS, msgspec.structs.replace(known, loaded=(good, empty))) == ["DRIFT-MODEL-MISSING"]
    silent = Loaded("g-1", "none", (), "it did not answer")
    assert ids(FACTS, msgspec.structs.replace(known, loaded=(silent,))) == ["DRIFT-UNKNOWN"]
