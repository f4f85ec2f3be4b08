"""What a start of vLLM says of itself: its log, or the `/metrics` of a server that runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from dreamc.sizing.types import GIB

ENGINE = "Initializing a V1 LLM engine (v…) with config: model='…', …"
LOADED = "Model loading took … GiB"
USED = "Actual usage is … GiB for …, or: Available KV cache memory: … GiB"
_GIB = r"([\d.]+) GiB"
CACHE = "vllm:cache_config_info{…}"


class Facts(Struct, frozen=True):
    """One start. Sizes in bytes per GPU, of the rank that has least left; None and empty texts are not said.

    ``pinned`` is a KV cache of given bytes, for which vLLM measures no activation. ``graphs`` are the larger of what
    was captured and what the budget was charged with before. ``blocks`` of ``block`` tokens are what `/metrics` says.
    ``strange`` is what the model of memory does not hold.
    """

    kind: Literal["log", "metrics"]
    model: str
    version: str
    tp: int = 1
    pp: int = 1
    dtype: str = ""
    quantization: str = ""
    kv_cache_dtype: str = "auto"
    eager: bool = False
    length: int | None = None
    seqs: int | None = None
    batched: int | None = None
    share: str | None = None
    pinned: bool = False
    device: str = ""
    total: int | None = None
    budget: int | None = None
    loaded: int | None = None
    activation: int | None = None
    non_torch: int | None = None
    graphs: int | None = None
    available: int | None = None
    blocks: int | None = None
    block: int = 0
    strange: str = ""


def read_log(text: str) -> Facts | tuple[str, ...]:
    """The last start in the log, vLLM 0.10 to 0.33; or the lines that it lacks."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    starts = list(re.finditer(r"Initializing an? (?:V1 )?LLM engine \(v([^)]*)\) with config: (.*)", text))
    if not starts:
        return (ENGINE, *_lacking(text))
    last, before = starts[-1], starts[-2].end() if len(starts) > 1 else 0
    asked, rest = text[before : last.start()], text[last.end() :]
    lacking = _lacking(rest)
    return lacking or _facts(last[1], last[2], asked, rest)


def read_metrics(text: str) -> Facts | tuple[str, ...]:
    """What a running server publishes of its KV cache; or the line that is missing."""
    line = re.search(r"^vllm:cache_config_info\{(.*)\}", text, re.MULTILINE)
    if line is None:
        return (CACHE,)
    said = dict(re.findall(r'(\w+)="([^"]*)"', line[1]))
    blocks = said.get("num_gpu_blocks", "")
    if not blocks.isdigit():
        return (f"{CACHE} with num_gpu_blocks",)
    name = re.search(r'^vllm:\w+\{[^}]*model_name="([^"]*)"', text, re.MULTILINE)
    return Facts(
        kind="metrics",
        model=name[1] if name else "",
        version="",
        kv_cache_dtype=said.get("cache_dtype", "auto"),
        share=said.get("gpu_memory_utilization"),
        pinned=said.get("kv_cache_memory_bytes", "None") not in ("None", ""),
        blocks=int(blocks),
        block=int(said["block_size"]) if said.get("block_size", "").isdigit() else 0,
    )


def _lacking(text: str) -> tuple[str, ...]:
    pinned = "kv_cache_memory_bytes config" in text
    used = re.search(r"Actual usage is|Available KV cache memory:", text) or (pinned and "Graph capturing" in text)
    wanted = ((LOADED, re.search(r"Model loading took [\d.]+ Gi?B", text)), (USED, used))
    return tuple(line for line, found in wanted if not found)


def _facts(version: str, config: str, asked: str, text: str) -> Facts:
    free = re.search(r"Free memory on device [^(]*\(([\d.]+)/([\d.]+) GiB\)", text)
    wanted = re.search(r"Desired GPU memory utilization is \(([\d.]+), ([\d.]+) GiB\)", text)
    activation, non_torch, captured = _used(text)
    left = _numbers(r"Available KV cache memory: (-?[\d.]+) GiB", text)
    captured = captured or _most(rf"Graph capturing finished in .*?took {_GIB}", text)
    both = (captured, _estimated(text))
    return Facts(
        kind="log",
        model=_of(config, "model").strip("'\""),
        version=version,
        tp=int(_of(config, "tensor_parallel_size") or 1),
        pp=int(_of(config, "pipeline_parallel_size") or 1),
        dtype=_of(config, "dtype").removeprefix("torch."),
        quantization=_of(config, "quantization").replace("None", ""),
        kv_cache_dtype=_of(config, "kv_cache_dtype") or "auto",
        eager=_of(config, "enforce_eager") == "True",
        length=_whole(re.search(r"max_seq_len=(\d+)", config)),
        seqs=_whole(re.search(r"'max_num_seqs': (\d+)", asked)),
        batched=_whole(re.search(r"max_num_batched_tokens(?:=|': )(\d+)", asked)),
        share=wanted[1] if wanted else _share(asked),
        pinned="kv_cache_memory_bytes config" in text,
        device=_of(text, "device_name").partition(".json")[0].replace("_", " "),
        total=_bytes(float(free[2])) if free else None,
        budget=_bytes(float(wanted[2])) if wanted else None,
        loaded=_bytes(max(_numbers(r"Model loading took ([\d.]+) Gi?B", text))),
        activation=activation,
        non_torch=non_torch,
        graphs=max((size for size in both if size is not None), default=None),
        available=_bytes(min(left)) if left else None,
        strange="; ".join(_strange(config, asked)),
    )


def _used(text: str) -> tuple[int | None, int | None, int | None]:
    """Bytes of activation, what lies outside torch, CUDA graphs, of the rank that took most.

    Since 0.28 weights and what lies outside torch are one figure, and the peak holds the estimate of the CUDA graphs
    (vLLM 0.32.0 v1/worker/gpu_worker.py:738-741).
    """
    parted = re.findall(
        rf"Actual usage is {_GIB} for weight, {_GIB} for peak activation, {_GIB} for non-torch memory, and {_GIB} for "
        r"CUDAGraph", text,
    )  # fmt: skip
    if parted:
        _, peak, outside, graphs = max((tuple(map(float, one)) for one in parted), key=lambda one: sum(one[:3]))
        return _bytes(peak), _bytes(outside), _bytes(graphs)
    joined = re.findall(
        rf"Actual usage is {_GIB} for consumed memory[^,]*, {_GIB} for peak activation, and {_GIB} for CUDAGraph", text
    )
    if not joined:
        return None, None, None
    consumed, peak, graphs = max((tuple(map(float, one)) for one in joined), key=lambda one: sum(one[:2]))
    loaded = max(_numbers(r"Model loading took ([\d.]+) Gi?B", text))
    return max(0, _bytes(peak) - (_estimated(text) or 0)), max(0, _bytes(consumed - loaded)), _bytes(graphs)


def _estimated(text: str) -> int | None:
    return _most(rf"GiB \(actual\), {_GIB} \(estimated\)", text) or _most(rf"Estimated CUDA graph memory: {_GIB}", text)


def _most(pattern: str, text: str) -> int | None:
    return max((_bytes(one) for one in _numbers(pattern, text)), default=None)


def _strange(config: str, asked: str) -> Iterator[str]:
    """What the model of memory does not hold, so that a figure would be blamed on the wrong part."""
    if re.search(r"speculative_config=(?!None)", config):
        yield "it speculates with a draft model"
    if re.search(r"'enable_lora': True", asked):
        yield "it serves adapters"
    if re.search(r"'cpu_offload_gb': (?!0[,}.])", asked):
        yield "part of its weights lies in main memory"
    if re.search(r"load_format=(?!auto|safetensors|hf)\w+", config):
        yield f"its load format is {_of(config, 'load_format')}"


def _of(text: str, name: str) -> str:
    found = re.search(rf"\b{name}=('[^']*'|[^,\s)\]]*)", text)
    return found[1] if found else ""


def _share(asked: str) -> str | None:
    found = re.search(r"'gpu_memory_utilization': ([\d.]+)", asked)
    return found[1] if found else None


def _numbers(pattern: str, text: str) -> tuple[float, ...]:
    return tuple(float(one) for one in re.findall(pattern, text))


def _whole(found: re.Match[str] | None) -> int | None:
    return int(found[1]) if found else None


def _bytes(gib: float) -> int:
    return int(gib * GIB)
