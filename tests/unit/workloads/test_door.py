from __future__ import annotations

from dreamc.workloads import workloads
from dreamc.workloads.types import Publish
from tests.unit.backends.stacks import assistant, fleet


def test_in_local_mode_a_door_takes_over_the_port_and_the_service_has_no_route_out() -> None:
    door, inside = sorted(workloads(fleet(), "gpu01", "local"), key=lambda one: one.service)
    assert (inside.service, inside.publish, inside.networks) == ("vllm-big", (), ("inner",))
    assert (door.service, door.publish) == ("door-vllm-big", (Publish("0.0.0.0", 8001, 8000),))
    assert door.command == ("TCP-LISTEN:8000,fork,reuseaddr", "TCP:vllm-big:8000")


def test_a_door_holds_no_secret_no_data_and_no_card() -> None:
    doors = [one for one in workloads(assistant(), "desk", "local") if one.service.startswith("door-")]
    assert [one.service for one in doors] == ["door-litellm", "door-open-webui", "door-n8n"]
    for door in doors:
        assert (door.secrets, door.mounts, door.gpus, door.environment) == ((), (), (), ())
        assert (door.user, door.read_only) == ("65534:65534", True)


def test_the_other_modes_need_no_doors() -> None:
    for mode in ("cloud", "hybrid"):
        found = workloads(assistant(), "desk", mode)
        assert not [one for one in found if one.service.startswith("door-")]
