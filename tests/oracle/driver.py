"""Asks vLLM 0.32's own code for weight bytes of a rank and KV capacity of a config.json; run by a Python with vLLM.

Nothing is loaded and no rank is started: the model is built on torch's meta device while every process group claims
the size that is asked. One question is a line on stdin, one answer a line on stdout:
{"repo", "config", "tp", "build_at", "lengths", "pool", "batched"} -> {"repo", "tp", "weight_bytes", "capacity"}, where
capacity holds [length, blocks, requests of that length, tokens] or [length, "does not fit"], or -> {…, "refused"}.

Two settings make the CPU build count as a GPU does: blocks of 16 tokens, and asynchronous scheduling.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from vllm.config import set_current_vllm_config
from vllm.distributed import parallel_state
from vllm.engine.arg_utils import EngineArgs
from vllm.model_executor.model_loader.utils import initialize_model
from vllm.platforms import current_platform
from vllm.utils.torch_utils import set_default_torch_dtype
from vllm.v1.attention.backend import MultipleOf
from vllm.v1.attention.backends.cpu_attn import CPUAttentionBackend
from vllm.v1.core import kv_cache_utils

BLOCK = 16
ALONE = ("_PP", "_DP", "_DCP", "_PCP", "_EPLB")
TOGETHER = ("_WORLD", "_TP", "_EP")


class Ranks:
    """A process group seen from rank 0 that only knows its size."""

    def __init__(self, size: int) -> None:
        self.world_size, self.ranks, self.first_rank, self.last_rank = size, list(range(size)), 0, size - 1
        self.rank = self.rank_in_group = self.local_rank = 0
        self.is_first_rank, self.is_last_rank = True, size == 1
        self.cpu_group = self.device_group = Torch(size)
        self.device_communicator, self.unique_name, self.use_custom_op_call = None, "oracle", False


class Torch:
    """What such a group says where torch's own is asked."""

    def __init__(self, size: int) -> None:
        self.ranks = size

    def size(self) -> int:
        """Number of ranks."""
        return self.ranks

    def rank(self) -> int:
        """This rank."""
        return 0


def claim(tp: int) -> None:
    """Let vLLM believe that it is rank 0 of `tp`."""
    for name in (*ALONE, *TOGETHER):
        if hasattr(parallel_state, name):
            setattr(parallel_state, name, Ranks(tp if name in TOGETHER else 1))


def engine(folder: str, question: dict[str, Any]) -> Any:
    """vLLM's configuration; the split is set afterwards, because one CPU has no cards to count."""
    claim(question["tp"])
    config = EngineArgs(
        model=folder,
        skip_tokenizer_init=True,
        load_format="dummy",
        enforce_eager=True,
        disable_log_stats=True,
        max_model_len=question["build_at"],
    ).create_engine_config()
    config.parallel_config.tensor_parallel_size = question["tp"]
    config.scheduler_config.async_scheduling = True
    config.scheduler_config.max_num_batched_tokens = question["batched"]
    config.cache_config.block_size, config.cache_config.kv_cache_layout = BLOCK, "LBHNC"
    if config.model_config.is_hybrid:
        config.cache_config.user_specified_block_size, config.cache_config.mamba_page_size_padded = True, None
        current_platform._align_hybrid_block_size(config, CPUAttentionBackend)
    return config


def build(config: Any) -> tuple[int, dict[str, Any]]:
    """Bytes of the rank's parameters, and what each layer caches."""
    meta = torch.device("meta")
    with set_current_vllm_config(config), set_default_torch_dtype(config.model_config.dtype), meta:
        model = initialize_model(vllm_config=config)
    distinct = {id(parameter): parameter for parameter in model.parameters()}.values()
    specs = {}
    with set_current_vllm_config(config):
        for name, layer in config.compilation_config.static_forward_context.items():
            spec = layer.get_kv_cache_spec(config) if hasattr(layer, "get_kv_cache_spec") else None
            if spec is not None:
                specs[name] = spec
    return sum(parameter.numel() * parameter.element_size() for parameter in distinct), specs


def capacity(config: Any, specs: dict[str, Any], pool: int, length: int) -> list[Any]:
    """What a pool of that many bytes holds at this max_model_len."""
    config.model_config.max_model_len = config.model_config.original_max_model_len = length
    try:
        ranks = kv_cache_utils.get_kv_cache_configs(config, [dict(specs)], [pool])
    except ValueError:
        return [length, "does not fit"]
    seen = kv_cache_utils.generate_scheduler_kv_cache_config(ranks)
    tokens, requests = kv_cache_utils.get_kv_cache_capacity(config, seen)
    return [length, seen.num_blocks, requests, tokens]


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """One line out for one line in; what vLLM refuses is an answer too."""
    said = {"repo": question["repo"], "tp": question["tp"]}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.json").write_text(json.dumps(question["config"]), encoding="utf-8")
        try:
            config = engine(folder, question)
            size, specs = build(config)
        except Exception as reason:  # noqa: BLE001 - vLLM refuses with whatever its layers raise
            return {**said, "refused": f"{type(reason).__name__}: {reason}"[:300]}
    held = [capacity(config, specs, question["pool"], length) for length in question["lengths"] if specs]
    return {**said, "weight_bytes": size, "capacity": held}


def main(lines: Iterable[str]) -> None:
    """Answer every line; what vLLM itself prints on stdout goes to stderr."""
    CPUAttentionBackend.get_supported_kernel_block_sizes = staticmethod(lambda *_: [MultipleOf(BLOCK)])
    out, sys.stdout = sys.stdout, sys.stderr
    for line in lines:
        print(json.dumps(answer(json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main(sys.stdin)
