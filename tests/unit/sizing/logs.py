"""Lines of start-up logs in the words of vLLM 0.10 to 0.33, and of `/metrics`."""

from __future__ import annotations

CONFIG = (
    "(EngineCore pid=30) INFO 11-19 18:12:05 [core.py:134] Initializing a V1 LLM engine (v{version}) with config: "
    "model='org/model', speculative_config=None, tokenizer='org/model', dtype=torch.bfloat16, max_seq_len=8192, "
    "download_dir=None, load_format=auto, tensor_parallel_size={tp}, pipeline_parallel_size=1, data_parallel_size=1, "
    "quantization=None, enforce_eager=False, kv_cache_dtype=auto, device_config=cuda"
)
FREE = "Free memory on device (78.66/79.19 GiB) on startup. Desired GPU memory utilization is (0.95, 75.23 GiB). "
METRICS = (
    "# TYPE vllm:num_requests_running gauge\n"
    'vllm:num_requests_running{engine="0",model_name="quality"} 0.0\n'
    'vllm:cache_config_info{block_size="16",cache_dtype="auto",engine="0",gpu_memory_utilization="0.92",'
    'kv_cache_memory_bytes="None",num_gpu_blocks="2048"} 1.0\n'
)


def log(version: str, used: str, model: str = "org/model", seqs: int = 64) -> str:
    """A start with ``seqs`` sequences and 8,192 batched tokens that loads 14.99 GiB and leaves 58.11 GiB."""
    asked = f"non-default args: {{'model': '{model}', 'max_num_seqs': {seqs}, 'gpu_memory_utilization': 0.95}}"
    return "\n".join(
        (
            f"(APIServer pid=1) INFO 11-19 18:11:24 [utils.py:328] {asked}",
            "INFO 11-19 18:11:54 [scheduler.py:222] Chunked prefill is enabled with max_num_batched_tokens=8192.",
            CONFIG.format(version=version, tp=1).replace("org/model", model),
            "(EngineCore pid=30) INFO [model_runner.py:425] Model loading took 14.99 GiB memory and 10.2 s",
            "(EngineCore pid=30) INFO 11-19 18:12:33 [gpu_worker.py:740] Available KV cache memory: 58.11 GiB",
            used,
        )
    )


def parted(weights: float, peak: float, outside: float, graphs: float) -> str:
    """What 0.10 to 0.27 say at the end."""
    return (
        f"{FREE}Actual usage is {weights} GiB for weight, {peak} GiB for peak activation, {outside} GiB for non-torch "
        f"memory, and {graphs} GiB for CUDAGraph memory. Replace gpu_memory_utilization config with …"
    )


def joined(consumed: float, peak: float, graphs: float) -> str:
    """What 0.28 and later say."""
    return (
        f"{FREE}Actual usage is {consumed} GiB for consumed memory (weights + non-torch), {peak} GiB for peak "
        f"activation, and {graphs} GiB for CUDAGraph memory. Replace gpu_memory_utilization config with …"
    )
