from __future__ import annotations

import pytest

from tests.unit.stack.files import BOX, HEAD, found

CLOUD = f"{HEAD}mode: cloud\n{BOX}"


def file(openai: str, anthropic: str, more: str = "") -> str:
    return (
        f'{CLOUD}providers:\n  openai: {{key: "{openai}", models: {{a: {{id: gpt-5.4}}}}}}\n'
        f'  anthropic: {{key: "{anthropic}", models: {{b: {{id: claude-sonnet-5-5}}}}}}\n'
        f"fallbacks: {{chains: {{chat: [a, b]}}}}\n{more}"
    )


@pytest.mark.parametrize(
    ("openai", "anthropic", "providers"),
    [
        ("env://A", "env://B", []),
        ("env://A", "env://A", []),
        ("env://GATEWAY_KEY", "env://B", ["openai"]),
        ("env://A", "env://VLLM_KEY", ["anthropic"]),
        ("env://A", "env://DREAM_A", ["anthropic"]),
        ("env://ANTHROPIC_KEY", "file:///run/k", ["anthropic"]),
    ],
)
def test_two_secrets_of_one_variable(openai: str, anthropic: str, providers: list[str]) -> None:
    assert [finding.path[1] for finding in found(file(openai, anthropic), "DRM508")] == providers


def test_a_gateway_key_of_its_own_name_frees_the_usual_one() -> None:
    assert found(file("env://GATEWAY_KEY", "env://B", "gateway: {key: env://FRONT_DOOR}\n"), "DRM508") == []
