"""A compiled configuration moved from the compose network to this machine."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from dreamc.gateway.reach import Config, through_loopback, through_upstream

UPSTREAM = "http://127.0.0.1:9"


def config(model: str, location: str = "cloud", **params: object) -> Config:
    info = {"id": "m@x.0", "dream_location": location}
    return {"model_list": [{"model_name": "m@x", "litellm_params": {"model": model, **params}, "model_info": info}]}


def params(moved: Config) -> dict[str, Any]:
    found: dict[str, Any] = moved["model_list"][0]["litellm_params"]
    return found


@pytest.mark.parametrize(
    ("model", "ending"),
    [
        ("openai/gpt-5.4", "/v1"),
        ("hosted_vllm/quality", "/v1"),
        ("together_ai/meta-llama/L", "/v1"),
        ("anthropic/claude", ""),
        ("ollama_chat/qwen3:8b", ""),
        ("ollama/nomic-embed-text", ""),
        ("gemini/gemini-3.8-flash", ""),
    ],
)
def test_the_address_ends_as_each_provider_wants_it(model: str, ending: str) -> None:
    assert params(through_upstream(config(model), UPSTREAM))["api_base"] == f"{UPSTREAM}/at/m%40x.0{ending}"


def test_a_key_of_a_provider_never_reaches_the_demo_upstream() -> None:
    assert params(through_upstream(config("openai/g", api_key="os.environ/DREAM_K"), UPSTREAM))["api_key"] == "demo"


def test_a_virtual_model_keeps_having_no_address() -> None:
    virtual = config("auto_router/complexity_router", complexity_router_config={})
    assert through_upstream(virtual, UPSTREAM) == virtual


def test_the_compiled_configuration_itself_is_not_changed() -> None:
    given = config("hosted_vllm/q", "local", api_base="http://vllm-q:8000/v1")
    before = copy.deepcopy(given)
    through_upstream(given, UPSTREAM)
    through_loopback(given, {})
    assert given == before


def test_a_local_service_is_reached_on_its_published_port_or_else_on_its_own() -> None:
    given = config("hosted_vllm/q", "local", api_base="http://vllm-q:8000/v1")
    assert params(through_loopback(given, {("vllm-q", 8000): 8101}))["api_base"] == "http://127.0.0.1:8101/v1"
    assert params(through_loopback(given, {}))["api_base"] == "http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    "address", ["http://10.0.0.5:8000/v1", "http://gpu.example.org:8000/v1", "http://[::1]:8000/v1"]
)
def test_another_machine_stays_where_it_is(address: str) -> None:
    given = config("hosted_vllm/q", "local", api_base=address)
    assert params(through_loopback(given, {}))["api_base"] == address


def test_a_cloud_deployment_stays_in_the_cloud() -> None:
    given = config("openai/g", api_base="http://relay:80/v1", api_key="os.environ/DREAM_K")
    assert through_loopback(given, {}) == given


def test_redis_gives_way_to_the_memory_of_the_process() -> None:
    given = config("openai/g") | {
        "router_settings": {"redis_host": "redis", "redis_port": 6379, "num_retries": 0},
        "litellm_settings": {"cache": True, "cache_params": {"type": "redis", "host": "redis", "ttl": 60}},
    }
    moved = through_loopback(given, {})
    assert moved["router_settings"] == {"num_retries": 0}
    assert moved["litellm_settings"]["cache_params"] == {"type": "local", "ttl": 60}
