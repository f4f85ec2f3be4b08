"""One container per vLLM instance."""

from __future__ import annotations

from dreamc.sizing.types import Fit
from dreamc.stack.types import VLLM_KEY, Instance, Local, Mode, Stack
from dreamc.workloads.assumptions import (
    ENGINE_BASE,
    ENGINE_PER_GPU,
    ENGINE_SEEN,
    ENGINE_START,
    LOAD_SPEED,
    SHARED_MEMORY_PER_GPU,
)
from dreamc.workloads.images import reference
from dreamc.workloads.paths import data, weights
from dreamc.workloads.reach import VLLM_PORT, outward, published, serves
from dreamc.workloads.types import DependsOn, Directory, Health, Mount, Network, Publish, SecretUse, Workload
from dreamc.workloads.vllm_arguments import arguments

MODELS = "/models/huggingface"
CACHE = "/var/cache/vllm"

# curl is not in every release of the image; Python is.
_PROBE = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{VLLM_PORT}/health', timeout=5)"


def vllm(stack: Stack, host: str, mode: Mode) -> tuple[Workload, ...]:
    """Every vLLM server of a host; none in cloud mode."""
    servers = on_host(stack, host) if serves(stack, mode) else ()
    return tuple(_workload(stack, local, instance, mode, servers) for local, instance in servers)


def on_host(stack: Stack, host: str) -> tuple[tuple[Local, Instance], ...]:
    """The vLLM instances of a host, in the order in which they start: the greatest share of a card first.

    A vLLM server profiles the card while it starts and fails when memory changes meanwhile (vLLM 0.33.0
    v1/worker/gpu_worker.py:732), so those that share one start one after another.
    """
    found = [(a, b) for a in stack.locals if a.engine == "vllm" for b in a.instances if b.host == host]
    return tuple(sorted(found, key=lambda pair: (-pair[0].size.claim, pair[1].service)))


def load_seconds(local: Local) -> int:
    """Seconds until the server answers, at an assumed disk speed; all shards come from one disk."""
    return ENGINE_START + local.size.weights * local.tensor_parallel // LOAD_SPEED


def _workload(
    stack: Stack, local: Local, instance: Instance, mode: Mode, servers: tuple[tuple[Local, Instance], ...]
) -> Workload:
    far = published(stack, instance)
    inner: tuple[Network, ...] = ("inner",)
    cache = data(stack, "vllm", instance.service)
    return Workload(
        service=instance.service,
        host=instance.host,
        title=f"vLLM: {local.name} ({local.source})",
        image=reference(stack, "vllm"),
        entrypoint=("vllm", "serve"),
        command=arguments(stack, local),
        environment=_environment(),
        secrets=(SecretUse("VLLM_API_KEY", VLLM_KEY),) if far else (),
        publish=(Publish("0.0.0.0", instance.port, VLLM_PORT),) if far else (),  # noqa: S104 - asked by other hosts
        networks=(*inner, outward(mode)) if far else inner,
        mounts=(Mount(weights(stack, "huggingface"), MODELS, read_only=True), Mount(cache, CACHE)),
        directories=(Directory(weights(stack, "huggingface"), 0, 0, "0755"), Directory(cache, 0, 0, "0755")),
        gpus=instance.gpus,
        health=Health(("CMD", "python3", "-c", _PROBE), 10, 6, 3, load_seconds(local)),
        memory=_memory(stack, local, instance),
        shm=SHARED_MEMORY_PER_GPU * local.tensor_parallel if local.tensor_parallel > 1 else None,
        depends_on=_before(instance, servers),
        stop_grace=60,
        serves_models=True,
    )


def _before(instance: Instance, servers: tuple[tuple[Local, Instance], ...]) -> tuple[DependsOn, ...]:
    """For each of its cards, the server that starts on that card just before this one."""
    at = next(index for index, (_, other) in enumerate(servers) if other == instance)
    earlier = [other for _, other in servers[:at]]
    last = {next((one.service for one in reversed(earlier) if gpu in one.gpus), "") for gpu in instance.gpus}
    return tuple(DependsOn(service, "healthy") for service in sorted(last) if service)


def _environment() -> tuple[tuple[str, str], ...]:
    """Offline in every mode: weights are fetched and verified before the start, never by the server.

    The weights are mounted read-only; compiled graphs and anything that the hub library writes go to the cache.
    """
    return (
        ("DO_NOT_TRACK", "1"),
        ("HF_HOME", f"{CACHE}/huggingface"),
        ("HF_HUB_CACHE", f"{MODELS}/hub"),
        ("HF_HUB_OFFLINE", "1"),
        ("TRANSFORMERS_OFFLINE", "1"),
        ("VLLM_CACHE_ROOT", CACHE),
        ("VLLM_NO_USAGE_STATS", "1"),
    )


def _memory(stack: Stack, local: Local, instance: Instance) -> int:
    """Limit in bytes: the processes, and what the user moves there from the card; at most what the host has."""
    ram = next(known.ram for known in stack.hosts if known.name == instance.host)
    wanted = ENGINE_BASE + ENGINE_PER_GPU * local.tensor_parallel + _offloaded(local)
    return min(wanted, ram) if ram else wanted


def main_memory(local: Local) -> int:
    """Bytes of main memory that one server needs: its processes, and what the user moves there from the card."""
    return ENGINE_SEEN + ENGINE_PER_GPU * (local.tensor_parallel - 1) + _offloaded(local)


def _offloaded(local: Local) -> int:
    """Bytes of the weights that stay there (`--cpu-offload-gb`, per card) and of `--kv-offloading-size` (GiB over all
    cards)."""
    given = {name.replace("_", "-"): value for name, value in local.engine_args}
    per_card = local.size.offload if isinstance(local.size, Fit) else 0
    return per_card * local.tensor_parallel + _gib(given.get("kv-offloading-size"))


def _gib(value: object) -> int:
    return int(value * 2**30) if isinstance(value, int | float) else 0
