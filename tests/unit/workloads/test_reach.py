from __future__ import annotations

from msgspec.structs import replace

from dreamc.workloads import workloads
from dreamc.workloads.reach import addresses, gateway_url, model_address, published, relay_targets
from dreamc.workloads.relay import relay
from tests.unit.backends.stacks import fleet, host, stack


def test_a_model_on_the_same_host_is_asked_by_its_service_name() -> None:
    quality, fast = stack().locals
    assert model_address(addresses(stack()), quality.instances[0], "vllm", "desk", "hybrid") == "vllm-quality:8000"
    assert model_address(addresses(stack()), fast.instances[0], "ollama", "desk", "hybrid") == "ollama:11434"


def test_a_model_on_another_host_is_asked_at_its_address_and_in_local_mode_through_a_relay() -> None:
    big = fleet().locals[0].instances[0]
    assert model_address(addresses(fleet()), big, "vllm", "desk", "hybrid") == "10.0.0.11:8001"
    assert model_address(addresses(fleet()), big, "vllm", "desk", "local") == "relay-gpu01-vllm-big:8001"


def test_every_relay_address_has_a_relay() -> None:
    services = {workload.service for workload in workloads(fleet(), "desk", "local")}
    for local in fleet().locals:
        for one in local.instances:
            assert model_address(addresses(fleet()), one, "vllm", "desk", "local").partition(":")[0] in services


def test_relays_exist_in_local_mode_on_gateway_hosts_only() -> None:
    assert len(relay(fleet(), "desk", "local")) == 3
    assert relay(fleet(), "desk", "hybrid") == ()
    assert relay(fleet(), "gpu01", "local") == ()
    assert relay(stack(), "desk", "local") == ()


def test_a_relay_reaches_one_target_and_runs_as_nobody() -> None:
    first = relay(fleet(), "desk", "local")[0]
    assert first.command == ("TCP-LISTEN:8001,fork,reuseaddr", "TCP:10.0.0.11:8001")
    assert first.networks == ("inner", "uplink")
    assert (first.user, first.read_only) == ("65534:65534", True)


def test_only_relays_have_an_uplink_in_local_mode() -> None:
    for workload in workloads(fleet(), "desk", "local"):
        assert ("uplink" in workload.networks) == workload.service.startswith("relay-")
        assert ("sealed" in workload.networks) == workload.service.startswith("door-")
        assert "edge" not in workload.networks


def test_an_ipv6_address_is_written_in_brackets() -> None:
    there = fleet(hosts=(host("desk", 0), host("gpu01", 2, "fd00::11"), host("gpu02", 1)))
    big = there.locals[0].instances[0]
    assert relay(there, "desk", "local")[0].command[-1] == "TCP:[fd00::11]:8001"
    assert model_address(addresses(there), big, "vllm", "desk", "hybrid") == "[fd00::11]:8001"


def test_a_gateway_at_an_ipv6_address_is_found_by_services_of_other_hosts() -> None:
    there = fleet(hosts=(host("desk", 0, "fd00::1"), host("gpu01", 2), host("gpu02", 1)))
    assert gateway_url(there, "gpu01") == "http://[fd00::1]:4000/v1"


def test_one_server_of_two_models_is_relayed_once() -> None:
    there = fleet()
    again = replace(there.locals[0], name="other")
    assert len(relay_targets(replace(there, locals=(*there.locals, again)), "desk")) == 3


def test_a_server_is_published_as_soon_as_one_gateway_is_elsewhere() -> None:
    one = stack().locals[0].instances[0]
    assert not published(stack(), one)
    assert published(stack(gateway=replace(stack().gateway, hosts=("desk", "other"))), one)


def test_services_find_the_gateway_on_their_own_host_or_at_its_address() -> None:
    assert gateway_url(stack(), "desk") == "http://gateway:4000/v1"
    assert gateway_url(fleet(), "gpu01") == "http://desk:4000/v1"
