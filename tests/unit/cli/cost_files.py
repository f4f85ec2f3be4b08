"""A file with an own card, clouds and `costs:`, for the verbs of `dreamc cost`."""

from __future__ import annotations

from pathlib import Path

DAY = ("--today", "2026-11-20")
STACK = """\
dream: 1
name: hybrid
mode: hybrid
hardware:
  desk: {gpus: rtx-4090, ram: 64 GiB, disk: 500 GiB}
models:
  quality: {source: "ollama:qwen2.5-coder:7b", context: 8k}
providers:
  anthropic: {key: env://K, models: {claude: {id: claude-haiku-4-5}, sonnet: {id: claude-sonnet-5-5}}}
  mistral:
    kind: openai-compatible
    base_url: https://api.mistral.ai/v1
    key: env://K
    models: {large: {id: mistral-large-latest, context: 100k}}
fallbacks: {chains: {auto: [quality, claude, sonnet, large]}}
"""
COSTS = """\
costs:
  electricity: 0.25 EUR/kWh
  exchange: {EUR: 1.20 USD}
  hosts: {desk: {busy: 400 W, idle: 40 W, price: 1752 EUR, lifetime: 4y}}
  models: {quality: {prefill: 2000 tok/s, decode: 500 tok/s}}
  traffic: {requests_per_day: 100, input: 1000, output: 250}
"""
METRICS = """\
vllm:prompt_tokens_total{engine="0",model_name="quality"} 160000.0
vllm:generation_tokens_total{engine="0",model_name="quality"} 40000.0
vllm:request_prefill_time_seconds_sum{engine="0",model_name="quality"} 20.0
vllm:request_decode_time_seconds_sum{engine="0",model_name="quality"} 80.0
"""


def written(folder: Path, costs: str = COSTS) -> tuple[str, str]:
    """`-f` and the file."""
    path = folder / "dream.yaml"
    path.write_text(STACK + costs, encoding="utf-8")
    return ("-f", str(path))
