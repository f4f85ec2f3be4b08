"""The arguments of one vLLM server, from its fit; every option is one that the pinned version has."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.knowledge.vllm import Flag, flag
from dreamc.sizing.types import GIB, Fit
from dreamc.stack.types import Local, Stack
from dreamc.workloads.reach import VLLM_PORT

Value = str | tuple[str, ...] | bool


def arguments(stack: Stack, local: Local) -> tuple[str, ...]:
    """What stands behind `vllm serve`: the model, then one `--option=value` or switch each, the user's own last.

    An option that the user gives takes the place of ours. KeyError for an option that the version does not have:
    a bug of the compiler, which checks the user's before.
    """
    fit = local.size
    if not isinstance(fit, Fit):
        raise TypeError(f"{local.name} is served by {local.engine}, not by vLLM")
    own = [(_known(stack.vllm, name), value) for name, value in _own(stack.vllm, local, fit)]
    theirs = {_known(stack.vllm, f"--{name.replace('_', '-')}"): value for name, value in local.engine_args}
    kept = [(option, value) for option, value in own if option not in theirs]
    both = [*kept, *((option, _plain(value)) for option, value in theirs.items() if value is not None)]
    return (local.source, *(token for option, value in both for token in _tokens(option, value)))


def _own(version: str, local: Local, fit: Fit) -> Iterator[tuple[str, Value]]:
    if local.revision:
        yield "--revision", local.revision
    yield "--served-model-name", local.name
    yield "--host", "0.0.0.0"  # noqa: S104 - inside a container; what leaves it is decided by its networks
    yield "--port", str(VLLM_PORT)
    yield "--dtype", fit.dtype
    if fit.quantization and not _slower(version, fit.quantization):
        yield "--quantization", fit.quantization
    yield "--max-model-len", str(fit.max_model_len)
    yield "--max-num-seqs", str(fit.max_num_seqs)
    yield "--max-num-batched-tokens", str(fit.max_num_batched_tokens)
    yield "--tensor-parallel-size", str(local.tensor_parallel)
    yield from _memory(fit)
    if local.task == "embed":
        yield from _embedding(version)


def _slower(version: str, method: str) -> bool:
    """Before 0.24 naming `awq` or `gptq` keeps vLLM from its faster Marlin kernels, which it chooses by itself (vLLM
    0.21.0 model_executor/layers/quantization/awq_marlin.py, override_quantization_method)."""
    major, minor = (int(part) for part in version.split(".")[:2])
    return method in ("awq", "gptq") and (major, minor) < (0, 24)


def _memory(fit: Fit) -> Iterator[tuple[str, Value]]:
    """The pinned cache makes tokens and concurrency exact; the share is still checked at start (vLLM 0.33.0
    v1/worker/utils.py:716), so both are given. A model without a KV cache has nothing to pin."""
    if fit.kv_cache_dtype != "auto":
        yield "--kv-cache-dtype", fit.kv_cache_dtype
    yield "--gpu-memory-utilization", fit.utilization
    if fit.kv_cache_bytes:
        yield "--kv-cache-memory-bytes", str(fit.kv_cache_bytes)
    if fit.enforce_eager:
        yield "--enforce-eager", True
    if fit.offload:
        yield "--cpu-offload-gb", f"{fit.offload / GIB:g}"


def _embedding(version: str) -> Iterator[tuple[str, Value]]:
    """`--task` is gone after vLLM 0.11.2; `--runner` and `--convert` are there since 0.10.2."""
    if flag(version, "--runner"):
        yield "--runner", "pooling"
        yield "--convert", "embed"
    else:
        yield "--task", "embed"


def _tokens(option: Flag, value: Value) -> tuple[str, ...]:
    match value:
        case True:
            return (option.name,)
        case False:
            return (_negation(option),)
        case tuple():
            return (option.name, *value)
        case _:
            return (f"{option.name}={value}",)


def _negation(option: Flag) -> str:
    """How the version says no to a switch: `--no-enable-x`, or since vLLM 0.33 `--disable-x`."""
    for alias in option.aliases:
        if alias.startswith(("--no-", "--disable-")):
            return alias
    raise KeyError(f"{option.name} cannot be switched off")


def _plain(value: object) -> Value:
    match value:
        case bool() | str():
            return value
        case tuple() | list():
            return tuple(str(item) for item in value)
        case _:
            return str(value)


def _known(version: str, name: str) -> Flag:
    found = flag(version, name)
    if found is None:
        raise KeyError(f"vLLM {version} has no option {name}")
    return found
