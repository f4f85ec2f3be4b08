"""Texts of a fixed form, and what is suggested for what people paste instead."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from dreamc.spec import base


@pytest.mark.parametrize(
    ("kind", "text", "help"),
    [
        (base.Origin, "https://huggingface.co/Qwen/Qwen3-8B", "write hf:Qwen/Qwen3-8B"),
        (base.Origin, "https://huggingface.co/Qwen/Qwen3-8B/tree/main", "write hf:Qwen/Qwen3-8B"),
        (base.Origin, "https://ollama.com/library/llama3.1:8b", "write ollama:llama3.1:8b"),
        (base.Origin, "Qwen/Qwen3-8B", "write hf:Qwen/Qwen3-8B"),
        (base.Address, "https://user:password@example.com/v1", "write https://example.com/v1"),
        (base.Bind, "localhost", "write 127.0.0.1"),
        (base.Peer, "http://10.0.0.7/x", "write 10.0.0.7"),
        (base.Registry, "https://registry.example.com/mirror/", "write registry.example.com/mirror"),
        (base.Version, "vllm/vllm-openai:v0.30.0", "write v0.30.0"),
        (base.Folder, "data", ""),
        (base.Folder, "/srv/my data", "write /srv/my-data"),
        (base.FileName, "logs/usage.jsonl", "write usage.jsonl"),
    ],
)
def test_what_was_probably_meant(kind: Any, text: str, help: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(text)
    (error,) = caught.value.errors()
    assert (error["type"], error["ctx"]["help"]) == ("DRM110", help)
    assert "^" not in error["ctx"]["message"]
