from __future__ import annotations

import pytest

from tests.unit.stack.files import HEAD, found, one

TWO = "mode: local\nhardware: {door: {}, box: {gpus: rtx-3090}}\n"
MODEL = 'models: {m: {source: "hf:Qwen/Qwen2.5-7B-Instruct-AWQ", context: 4k}}\nfallbacks: {chains: {chat: [m]}}\n'


def file(more: str) -> str:
    return HEAD + TWO + MODEL + more


def test_a_web_ui_on_another_host_cannot_reach_a_gateway_on_loopback() -> None:
    assert one(file("services: {open-webui: {host: box}}\n"), "DRM509").path == ("services", "open-webui", "host")


@pytest.mark.parametrize(
    "more",
    [
        "services: {open-webui: {}}\n",
        "gateway: {bind: 10.0.0.1}\nservices: {open-webui: {host: box}}\n",
        "gateway: {hosts: [box]}\nservices: {open-webui: {host: box}}\n",
    ],
)
def test_a_web_ui_that_reaches_it(more: str) -> None:
    assert found(file(more), "DRM509") == []


def test_a_redis_that_one_of_two_gateways_does_not_use() -> None:
    assert one(file("gateway: {hosts: [door, box], redis: {}}\n"), "DRM421").path == ("gateway", "redis")


def test_a_redis_away_from_every_gateway() -> None:
    more = "gateway: {hosts: [box], redis: {}}\nservices: {redis: {host: door}}\n"
    assert one(file(more), "DRM421").path == ("services", "redis", "host")


def test_replicas_of_one_host_share_it() -> None:
    assert found(file("gateway: {replicas: 2, redis: {}}\n"), "DRM421") == []


@pytest.mark.parametrize(
    ("gateway", "path"), [("replicas: 3", ("gateway", "replicas")), ("hosts: [door, box]", ("gateway", "hosts"))]
)
def test_gateways_without_a_redis_share_nothing(gateway: str, path: tuple[str, ...]) -> None:
    assert one(file(f"gateway: {{{gateway}}}\n"), "DRM421").path == path


def test_a_redis_that_only_keeps_answers_does_not_share_cool_downs() -> None:
    assert found(file("gateway: {replicas: 2}\nservices: {redis: {}}\n"), "DRM421")


def test_one_gateway_needs_no_redis() -> None:
    assert found(file(""), "DRM421") == []
