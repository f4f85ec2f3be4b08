"""Providers as LiteLLM addresses them, and secrets that were written out."""

from __future__ import annotations

import pytest

from dreamc.knowledge.prices import KINDS
from dreamc.knowledge.providers import provider, provider_kinds, secret_in


def test_every_kind_has_its_prefix_and_address() -> None:
    prefixes = {kind: found.prefix for kind in provider_kinds() if (found := provider(kind))}
    assert prefixes == {
        "anthropic": "anthropic/",
        "google": "gemini/",
        "ollama-cloud": "ollama_chat/",
        "openai": "openai/",
        "openai-compatible": "hosted_vllm/",
        "together": "together_ai/",
    }
    assert set(KINDS) < set(prefixes)


@pytest.mark.parametrize("kind", provider_kinds())
def test_an_address_obeys_its_own_rule(kind: str) -> None:
    found = provider(kind)
    assert found is not None
    if found.base_url:
        assert found.base_url.endswith("/v1") == (found.v1 == "required")
        assert found.domain in found.base_url
        assert found.key_env


def test_what_litellm_does_not_do_is_known() -> None:
    slow = [kind for kind in provider_kinds() if (found := provider(kind)) and not found.cools_down]
    unpriced = [kind for kind in provider_kinds() if (found := provider(kind)) and not found.custom_price]
    assert (slow, unpriced) == (["google", "ollama-cloud"], ["together"])


def test_a_misspelt_kind_is_not_known() -> None:
    assert provider("antropic") is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("sk-ant-" + "api03-" + "x" * 40, "anthropic"),
        ("sk-proj-" + "A1b2" * 10, "openai"),
        ("sk-" + "A1b2" * 12, "sk"),
        ("AIza" + "B" * 35, "google"),
        ("hf_" + "c" * 34, "huggingface"),
        ("ghp_" + "d" * 36, "github"),
        ("xoxb-" + "1" * 20, "slack"),
        ("AKIA" + "Q" * 16, "aws"),
        ("https://me:sk-ant-" + "y" * 30 + "@example.com", "anthropic"),
        ("-----BEGIN OPENSSH " + "PRIVATE KEY-----", "private-key"),
    ],
)
def test_a_written_out_secret_is_recognised(text: str, name: str) -> None:
    found = secret_in(text)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "text",
    [
        "env://OPENAI_API_KEY",
        "sk-...",
        "hf:Qwen/Qwen2.5-Coder-7B-Instruct-AWQ",
        "claude-sonnet-5-5",
        "task-oriented-assistants-for-everyone",
        "sops://secrets.yaml#anthropic",
        "risk-assessment-and-mitigation-plan",
    ],
)
def test_an_honest_value_is_no_secret(text: str) -> None:
    assert secret_in(text) is None
