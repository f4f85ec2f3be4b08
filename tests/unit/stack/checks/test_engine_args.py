from __future__ import annotations

import pytest

from tests.unit.stack.files import found, local

MODEL = '  m: {{source: "hf:Qwen/Qwen2.5-7B-Instruct-AWQ", context: 4k, engine_args: {{{}}}}}\n'


@pytest.mark.parametrize(
    "argument",
    [
        "pipeline-parallel-size: 2", "data-parallel-size: 2", "num-gpu-blocks-override: 100", "download-dir: /tmp",
        "root-path: /x", "ssl-keyfile: /x",
    ],
)  # fmt: skip
def test_what_would_break_the_size_or_the_way_to_the_server_is_refused(argument: str) -> None:
    assert len(found(local(MODEL.format(argument)), "DRM607")) == 1


@pytest.mark.parametrize(
    ("argument", "said"),
    [("enable-lora: true", 1), ("enable-lora: false", 0), ("hf-overrides: '{}'", 1), ("seed: 3", 0)],
)
def test_memory_that_sizing_does_not_count_is_said(argument: str, said: int) -> None:
    assert len(found(local(MODEL.format(argument)), "DRM313")) == said
