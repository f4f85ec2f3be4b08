from __future__ import annotations

from dreamc.sizing.types import GIB
from dreamc.stack.types import Instance
from dreamc.workloads.types import DependsOn, Publish, SecretUse
from dreamc.workloads.vllm import load_seconds, vllm
from tests.unit.backends.stacks import fit, fleet, host, stack
from tests.unit.backends.stacks import vllm as model


def test_there_is_no_model_server_in_cloud_mode() -> None:
    assert vllm(stack(), "desk", "cloud") == ()


def test_beside_the_gateway_a_server_is_not_published_and_needs_no_key() -> None:
    (server,) = vllm(stack(), "desk", "hybrid")
    assert (server.publish, server.secrets, server.networks) == ((), (), ("inner",))


def test_away_from_the_gateway_a_server_is_published_with_a_key_that_is_in_no_argument() -> None:
    (server,) = vllm(fleet(), "gpu01", "hybrid")
    assert server.publish == (Publish("0.0.0.0", 8001, 8000),)
    assert server.secrets == (SecretUse("VLLM_API_KEY", "DREAM_VLLM_KEY"),)
    assert not any("api-key" in word for word in server.command)


def test_two_servers_on_one_card_start_one_after_the_other_the_larger_first() -> None:
    first, second = vllm(fleet(), "gpu02", "hybrid")
    assert (first.service, first.depends_on) == ("vllm-quality", ())
    assert (second.service, second.depends_on) == ("vllm-embed", (DependsOn("vllm-quality", "healthy"),))


def test_servers_on_different_cards_start_together() -> None:
    a = model("a", Instance(0, "desk", (0,), "vllm-a", 8001, ""))
    b = model("b", Instance(0, "desk", (1,), "vllm-b", 8002, ""))
    servers = vllm(stack(hosts=(host(cards=2),), locals=(a, b)), "desk", "local")
    assert [server.depends_on for server in servers] == [(), ()]


def test_a_server_on_two_cards_waits_for_those_on_both() -> None:
    wide = model("w", Instance(0, "desk", (0, 1), "vllm-w", 8003, ""), size=fit(claim=GIB), tensor_parallel=2)
    a = model("a", Instance(0, "desk", (0,), "vllm-a", 8001, ""))
    b = model("b", Instance(0, "desk", (1,), "vllm-b", 8002, ""))
    servers = vllm(stack(hosts=(host(cards=2),), locals=(wide, a, b)), "desk", "local")
    last = next(server for server in servers if server.service == "vllm-w")
    assert last.depends_on == (DependsOn("vllm-a", "healthy"), DependsOn("vllm-b", "healthy"))


def test_the_servers_are_offline_and_tell_nobody_in_every_mode() -> None:
    for mode in ("local", "hybrid"):
        (server,) = vllm(stack(), "desk", mode)
        environment = dict(server.environment)
        assert environment["HF_HUB_OFFLINE"] == environment["TRANSFORMERS_OFFLINE"] == "1"
        assert environment["VLLM_NO_USAGE_STATS"] == environment["DO_NOT_TRACK"] == "1"


def test_weights_are_read_only_and_compiled_graphs_are_kept_per_server() -> None:
    (server,) = vllm(stack(), "desk", "local")
    weights, cache = server.mounts
    assert (weights.source, weights.read_only) == ("/opt/dream/models/huggingface", True)
    assert (cache.source, cache.read_only) == ("/opt/dream/data/vllm/vllm-quality", False)
    environment = dict(server.environment)
    assert environment["HF_HUB_CACHE"].startswith(weights.target)
    assert environment["VLLM_CACHE_ROOT"] == cache.target


def test_a_large_model_has_longer_to_load() -> None:
    assert load_seconds(model(size=fit(weights=5 * GIB))) == 300 + 25
    assert load_seconds(model(size=fit(weights=100 * GIB))) == 300 + 512
    assert load_seconds(model(size=fit(weights=100 * GIB), tensor_parallel=2)) == 300 + 1024


def test_only_tensor_parallel_servers_get_shared_memory() -> None:
    (one,) = vllm(stack(), "desk", "local")
    (two,) = vllm(fleet(), "gpu01", "local")
    assert one.shm is None
    assert two.shm == 2 * GIB


def test_weights_moved_to_main_memory_count_there_and_never_exceed_what_there_is() -> None:
    (plain,) = vllm(stack(), "desk", "local")
    (moved,) = vllm(stack(locals=(model(size=fit(offload=4 * GIB)),)), "desk", "local")
    (huge,) = vllm(stack(locals=(model(size=fit(offload=400 * GIB)),)), "desk", "local")
    assert moved.memory - plain.memory == 4 * GIB
    assert huge.memory == 32 * GIB
