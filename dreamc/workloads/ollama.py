"""One Ollama server per host and set of cards; several models share it."""

from __future__ import annotations

from dreamc.sizing.ollama import OllamaClaim
from dreamc.stack.locals import OLLAMA_PORT
from dreamc.stack.types import Instance, Local, Mode, Stack
from dreamc.workloads.assumptions import ENGINE_START, LOAD_SPEED, OLLAMA_BASE
from dreamc.workloads.images import reference
from dreamc.workloads.paths import weights
from dreamc.workloads.reach import serves
from dreamc.workloads.types import DependsOn, Directory, Health, Mount, Workload
from dreamc.workloads.vllm import on_host

MODELS = "/models/ollama"
_KV_TYPES = ("q4_0", "q8_0", "f16")  # from the smallest


def ollama(stack: Stack, host: str, mode: Mode) -> tuple[Workload, ...]:
    """Every Ollama server of a host; none in cloud mode."""
    if not serves(stack, mode):
        return ()
    return tuple(_workload(stack, host, service) for service in services(stack, host))


def services(stack: Stack, host: str) -> tuple[str, ...]:
    """Names of the Ollama servers of a host."""
    return tuple(dict.fromkeys(one.service for _, one in _pairs(stack, host)))


def served_by(stack: Stack, host: str, service: str) -> tuple[Local, ...]:
    """The models that one Ollama server answers for."""
    return tuple(local for local, one in _pairs(stack, host) if one.service == service)


def _pairs(stack: Stack, host: str) -> tuple[tuple[Local, Instance], ...]:
    every = ((a, b) for a in stack.locals if a.engine == "ollama" for b in a.instances)
    return tuple((local, instance) for local, instance in every if instance.host == host)


def _workload(stack: Stack, host: str, service: str) -> Workload:
    locals_ = served_by(stack, host, service)
    gpus = tuple(sorted({gpu for _, one in _pairs(stack, host) if one.service == service for gpu in one.gpus}))
    return Workload(
        service=service,
        host=host,
        title=f"Ollama: {', '.join(local.name for local in locals_)}",
        image=reference(stack, "ollama"),
        environment=_environment(stack, host, locals_),
        mounts=(Mount(weights(stack, "ollama"), MODELS),),
        directories=(Directory(weights(stack, "ollama"), 0, 0, "0755"),),
        networks=("inner",),
        gpus=gpus,
        health=Health(("CMD", "ollama", "list"), 10, 6, 3, 30),
        memory=main_memory(locals_),
        depends_on=_after_vllm(stack, host, gpus),
    )


def main_memory(models: tuple[Local, ...]) -> int:
    """Bytes of main memory that one server may take while it loads the largest of its models."""
    return OLLAMA_BASE + max(_claim(local).weights for local in models)


def _environment(stack: Stack, host: str, models: tuple[Local, ...]) -> tuple[tuple[str, str], ...]:
    """Everything that Ollama would else derive from the card it finds is said (Ollama server/routes.go, sched.go).

    The context here is only for a request that names none; the gateway names one with every request. Nothing is pruned
    at start, because model files are brought by others.
    """
    claims = tuple(_claim(local) for local in models)
    cache = max((claim.kv_type for claim in claims), key=_KV_TYPES.index)
    return (
        ("OLLAMA_CONTEXT_LENGTH", str(min(claim.context for claim in claims))),
        ("OLLAMA_FLASH_ATTENTION", "1"),
        ("OLLAMA_HOST", f"0.0.0.0:{OLLAMA_PORT}"),
        ("OLLAMA_KEEP_ALIVE", _keep_alive(models)),
        ("OLLAMA_KV_CACHE_TYPE", cache),
        ("OLLAMA_LOAD_TIMEOUT", f"{_load_seconds(claims)}s"),
        ("OLLAMA_MAX_LOADED_MODELS", str(together(stack, host, models))),
        ("OLLAMA_MODELS", MODELS),
        ("OLLAMA_NO_CLOUD", "1"),
        ("OLLAMA_NOPRUNE", "1"),
        ("OLLAMA_NUM_PARALLEL", str(max(claim.parallel for claim in claims))),
    )


def together(stack: Stack, host: str, models: tuple[Local, ...]) -> int:
    """How many of a server's models may be in memory at once: those that the ledger lets take turns count as one."""
    names = {local.name for local in models}
    groups = {
        entry.exclusive_group or f"alone:{entry.name}"
        for card in stack.ledgers
        if card.host == host
        for entry in card.ledger.entries
        if entry.name.partition(" #")[0] in names
    }
    return len(groups) or len(names)


def _keep_alive(models: tuple[Local, ...]) -> str:
    """The longest; -1 is for ever. The gateway sends each model's own."""
    if any(local.keep_alive is None for local in models):
        return "-1"
    return f"{max(int(local.keep_alive or 0) for local in models)}s"


def _load_seconds(claims: tuple[OllamaClaim, ...]) -> int:
    return ENGINE_START + max(claim.weights for claim in claims) // LOAD_SPEED


def _after_vllm(stack: Stack, host: str, gpus: tuple[int, ...]) -> tuple[DependsOn, ...]:
    """Ollama takes what it finds free, vLLM needs its share at start: so vLLM goes first on a card they share."""
    names = {instance.service for _, instance in on_host(stack, host) if set(instance.gpus) & set(gpus)}
    return tuple(DependsOn(name, "healthy") for name in sorted(names))


def _claim(local: Local) -> OllamaClaim:
    if not isinstance(local.size, OllamaClaim):
        raise TypeError(f"{local.name} is served by {local.engine}, not by Ollama")
    return local.size
