from __future__ import annotations

import pytest

from dreamc.stack.engines import engine_findings
from tests.unit.stack.files import BOX, HEAD, dream

OLLAMA = 'source: "ollama:qwen2.5-coder:3b"'
VLLM = 'source: "hf:Qwen/Qwen2.5-7B-Instruct"'


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (f"{OLLAMA}, port: 9000", "port"),
        (f"{OLLAMA}, dtype: half", "dtype"),
        (f"{OLLAMA}, quantization: awq", "quantization"),
        (f"{OLLAMA}, kv_cache_dtype: fp8", "kv_cache_dtype"),
        (f"{VLLM}, keep_alive: 5m", "keep_alive"),
        (f"{VLLM}, weights: 4 GiB", "weights"),
        (f"{VLLM}, kv_cache_dtype: q8_0", "kv_cache_dtype"),
    ],
)
def test_a_setting_of_the_other_engine_is_not_dropped_in_silence(settings: str, key: str) -> None:
    (one,) = engine_findings(dream(f"{HEAD}{BOX}models: {{m: {{{settings}}}}}\n"))
    assert (one.code, one.path) == ("DRM209", ("models", "m", key))


@pytest.mark.parametrize(
    "settings", [f"{OLLAMA}, keep_alive: 5m, kv_cache_dtype: q8_0", f"{VLLM}, port: 9000, dtype: half"]
)
def test_its_own_settings_pass(settings: str) -> None:
    assert list(engine_findings(dream(f"{HEAD}{BOX}models: {{m: {{{settings}}}}}\n"))) == []
