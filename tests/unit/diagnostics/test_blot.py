"""What looks like a secret is not repeated."""

from __future__ import annotations

import pytest

from dreamc.diagnostics.blot import blotted, secret_ranges


@pytest.mark.parametrize(
    "secret",
    [
        "sk-ant-api03-abcdefghijkl",
        "hf_abcdefghijklmnop",
        "ghp_0123456789abcdef",
        "AIzaSyA0123456789abc",
        "AKIAIOSFODNN7EXAMPLE",
    ],
)
def test_keys_of_known_issuers_are_recognised(secret: str) -> None:
    assert blotted(f"unknown value '{secret}'") == "unknown value '••••••••'"
    assert secret_ranges(f"key: {secret}") == ((5, 5 + len(secret)),)


def test_the_password_in_a_url_is_recognised() -> None:
    assert blotted("redis://user:pa55@host:6379/0") == "redis://••••••••@host:6379/0"


@pytest.mark.parametrize(
    "text",
    [
        "env://OPENAI_API_KEY",
        "http://host:8001/v1",
        "task-based-routing-long-name",
        "sk-short",
        "hf:Qwen/Qwen2.5-Coder",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert blotted(text) == text
