from __future__ import annotations

import pytest

from tests.unit.stack.files import BOX, HEAD, found, one

CLOUD = f"{HEAD}mode: cloud\n{BOX}"


def served(address: str) -> str:
    return (
        f'{CLOUD}providers:\n  mine: {{kind: openai-compatible, base_url: "{address}", models: {{a: {{id: x}}}}}}\n'
        "fallbacks: {chains: {chat: [a]}}\n"
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://openrouter.ai/api/v1", "https://generativelanguage.googleapis.com/v1beta/openai",
        "https://open.bigmodel.cn/api/paas/v4", "http://192.168.1.20:8080/v1",
    ],
)  # fmt: skip
def test_an_address_that_holds_the_version_of_its_api(address: str) -> None:
    assert found(served(address), "DRM614") == []


@pytest.mark.parametrize("address", ["https://api.example.com", "https://example.com/api"])
def test_an_address_without_one(address: str) -> None:
    assert one(served(address), "DRM614").help == f"write base_url: {address}/v1"


def test_a_model_that_ended_is_answered_with_names_like_it() -> None:
    text = (
        f"{CLOUD}providers:\n  together:\n    key: env://K\n    models: "
        "{a: {id: meta-llama/Llama-3.3-70B-Instruct-Turbo}}\n"
        "fallbacks: {chains: {chat: [a]}}\n"
    )
    assert "meta-llama/" in one(text, "DRM602").help


@pytest.mark.parametrize("address", ["http://192.168.1.20:8080/v1", "http://nas.lan:1234/v1", "http://llama:8080/v1"])
def test_a_server_of_ones_own_is_not_openai(address: str) -> None:
    text = served(address).replace("kind: openai-compatible", "kind: openai, key: env://K")
    assert one(text, "DRM618").help == "write kind: openai-compatible in 'mine'"
    assert found(served(address), "DRM618") == []


def test_another_way_to_openai_is_openai() -> None:
    text = served("https://gateway.example.com/v1").replace("kind: openai-compatible", "kind: openai, key: env://K")
    assert found(text, "DRM618") == []
