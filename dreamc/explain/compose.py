"""docker-compose.<mode>.yml, all but what is particular to one kind of service."""

from __future__ import annotations

from dreamc.explain import compose_services as services
from dreamc.explain.cast import gpus_path, role
from dreamc.explain.sized import claim
from dreamc.explain.types import Explain, Input, Origin, Rule, Scene, Spot, Told
from dreamc.explain.words import chosen, fixed
from dreamc.knowledge.services import service as service_of
from dreamc.sizing.types import GIB, MIB
from dreamc.stack.types import Local
from dreamc.workloads.assumptions import ENGINE_BASE, ENGINE_PER_GPU, GATEWAY_MEMORY, OLLAMA_BASE, RELAY_MEMORY

HERE = "backends/compose.py"
NETWORKS = (
    ("inner", "internal: every service is on it and nothing on it can leave the host"),
    ("edge", "an ordinary bridge, for what is published or goes out in cloud and hybrid mode"),
    ("sealed", "takes the place of edge in local mode: without masquerade published ports work, but nothing goes out"),
    ("uplink", "only for the relays to model servers on other hosts, in local mode"),
)


def _network(_scene: Scene, spot: Spot) -> Told:
    name = str(spot.keys[spot.keys.index("networks") + 1])
    return chosen(HERE, dict(NETWORKS).get(name, "a network of the project"), ("mode",), what=f"network {name}")


def _network_name(scene: Scene, _spot: Spot) -> Told:
    why = "project name and network name, so that all modes share one network"
    return chosen(HERE, why, ("name",), what=f"dream-{scene.stack.name}-…")


def _dependency(scene: Scene, spot: Spot) -> Told | None:
    found, other = role(scene, spot.host, spot.text(1)), spot.text(3)
    if found is None:
        return None
    if found.kind == "vllm":
        why = "vLLM profiles its card while it starts and fails when memory changes: servers of one card start in turn"
    elif found.kind == "ollama":
        why = "Ollama takes what is free, vLLM needs its share at start: vLLM goes first on a card they share"
    elif found.kind == "gateway":
        why = "LiteLLM looks for Redis once, at its start (BerriAI/litellm#42653)"
    else:
        why = f"{spot.text(1)} uses {other}"
        row = service_of(spot.text(1))
        tables = (
            (Origin("table", f"services: {spot.text(1)}", f"needs {other}", row.source, row.checked),) if row else ()
        )
        return Told(why, (("services", spot.text(1)),), tables)
    return chosen("workloads", why)


def _label(_scene: Scene, _spot: Spot) -> Told:
    why = "digest of the mounted files: compose does not see that their content changed, but it sees a label"
    return chosen(HERE, why)


def _device(scene: Scene, spot: Spot) -> Told | None:
    found = role(scene, spot.host, spot.text(1))
    if found is None or found.instance is None:
        return None
    if "device_ids" not in spot.keys:
        return chosen(HERE, "how compose hands GPUs to a container of the NVIDIA runtime")
    local = found.locals[0]
    paths = ((*local.at, "gpu"), (*local.at, "gpus"), gpus_path(found.instance))
    return Told(f"the card that {local.name} was placed on: {found.instance.why}", paths)


def _memory(scene: Scene, spot: Spot) -> Told | None:
    found = role(scene, spot.host, spot.text(1))
    if found is None:
        return None
    if found.extra is not None:
        path = (*found.extra.at, "memory")
        return Told("main memory that the service may take", (path,), services.row(found.extra, "memory limit"))
    if found.kind in ("gateway", "relay", "door"):
        size = GATEWAY_MEMORY if found.kind == "gateway" else RELAY_MEMORY
        return chosen("workloads/assumptions.py", f"{size // MIB} MiB of main memory, assumed as stated there")
    return _engine_memory(found.locals[0], scene, spot)


def _engine_memory(local: Local, scene: Scene, spot: Spot) -> Told:
    told = claim(scene, local, "main memory (not GPU memory) that the server may take")
    if local.engine == "ollama":
        formula, base = "base + weights of the largest model", (("base", OLLAMA_BASE),)
    else:
        formula = "base + per GPU x GPUs + what engine_args move to main memory; at most the host's ram"
        base = (("base", ENGINE_BASE), ("per GPU", ENGINE_PER_GPU))  # type: ignore[assignment]
    inputs = tuple(
        Input(name, f"{size / GIB:g} GiB", "assumed", "dreamc/workloads/assumptions.py") for name, size in base
    )
    weights = tuple(one for one in told.inputs if one.name == "weights")
    return Told(told.why, (("hardware", spot.host, "ram"), (*local.at, "source")), (), formula, (*inputs, *weights))


def _health(scene: Scene, spot: Spot) -> Told | None:
    found = role(scene, spot.host, spot.text(1))
    if found is None:
        return None
    if found.extra is not None:
        return Told(
            "health check inside the container", (found.extra.at,), services.row(found.extra, "its health check")
        )
    if spot.keys[3] == "start_period" and found.kind == "vllm":
        why = "300 s for imports and graphs, and the weights at 200 MiB a second from disk"
        return chosen("workloads/vllm.py", why, (*found.locals[0].at, "source"))
    why = {
        "gateway": "asks /health/liveliness, which touches nothing; /health would call every model and cost money",
        "vllm": "asks /health with Python, because curl is not in every release of the image",
        "ollama": "`ollama list` loads no model",
    }.get(found.kind, "a check that spends nothing")
    return chosen(f"workloads/{found.kind}.py", why)


def _dns(_scene: Scene, _spot: Spot) -> Told:
    why = "it has no way out of the project, so no name of the outside is resolved: a look-up would carry data out"
    return chosen(HERE, why, ("mode",))


def _confined(why: str) -> Explain:
    return fixed(HERE, why)


def _of_table(why: str, attribute: str) -> Explain:
    """What the service table says, or the compiler for its own services."""

    def explain(scene: Scene, spot: Spot) -> Told | None:
        found = role(scene, spot.host, spot.text(1))
        if found is None:
            return None
        if found.extra is not None:
            return Told(why, (found.extra.at,), services.row(found.extra, attribute))
        return chosen(f"workloads/{found.kind}.py", why)

    return explain


def _aliases(_scene: Scene, _spot: Spot) -> Told:
    return chosen("workloads/gateway.py", "the name under which services reach any replica of the gateway")


FILE = "docker-compose.*.yml"
RULES: tuple[Rule, ...] = (
    Rule(
        FILE,
        ("name",),
        lambda _s, _p: chosen(HERE, "one project name in all modes, so that they share data", ("name",)),
    ),
    Rule(FILE, ("networks", "*", "name"), _network_name),
    Rule(FILE, ("networks", "**"), _network),
    Rule(FILE, ("services", "*", "image"), services.image),
    Rule(FILE, ("services", "*", "entrypoint", "**"), services.entrypoint),
    Rule(FILE, ("services", "*", "command", "**"), services.command),
    Rule(FILE, ("services", "*", "environment", "*"), services.environment),
    Rule(FILE, ("services", "*", "ports", "**"), services.port),
    Rule(FILE, ("services", "*", "volumes", "**"), services.volume),
    Rule(FILE, ("services", "*", "networks", "*", "aliases", "*"), _aliases),
    Rule(FILE, ("services", "*", "networks", "**"), _network),
    Rule(FILE, ("services", "*", "dns", "*"), _dns),
    Rule(FILE, ("services", "*", "dns_opt", "*"), fixed(HERE, "nobody waits for the name of a service that is down")),
    Rule(FILE, ("services", "*", "depends_on", "**"), _dependency),
    Rule(FILE, ("services", "*", "healthcheck", "**"), _health),
    Rule(FILE, ("services", "*", "deploy", "**"), _device),
    Rule(FILE, ("services", "*", "labels", "**"), _label),
    Rule(
        FILE,
        ("services", "*", "user"),
        _of_table("the user in the container: never root where the image allows it", "user"),
    ),
    Rule(FILE, ("services", "*", "read_only"), _of_table("the image writes nowhere but its volumes", "read-only")),
    Rule(
        FILE, ("services", "*", "tmpfs", "*"), _of_table("scratch space in memory that leaves nothing behind", "tmpfs")
    ),
    Rule(
        FILE,
        ("services", "*", "cap_add", "*"),
        _of_table("a capability that the image cannot start without", "cap_add"),
    ),
    Rule(FILE, ("services", "*", "mem_limit"), _memory),
    Rule(
        FILE,
        ("services", "*", "security_opt", "*"),
        _confined("no-new-privileges: a set-uid program in the image cannot make anybody root"),
    ),
    Rule(
        FILE,
        ("services", "*", "cap_drop", "*"),
        _confined("all capabilities are dropped; what an image cannot do without comes back in cap_add"),
    ),
    Rule(
        FILE,
        ("services", "*", "pids_limit"),
        _confined("4096 processes and threads, and again for each GPU: a fork bomb stops here, a vLLM worker does not"),
    ),
    Rule(
        FILE,
        ("services", "*", "shm_size"),
        fixed(
            "workloads/assumptions.py",
            "1 GiB of /dev/shm per GPU: NCCL asks for it in containers (NCCL user guide, troubleshooting)",
        ),
    ),
    Rule(FILE, ("services", "*", "init"), _confined("an init process reaps children and hands on signals")),
    Rule(
        FILE,
        ("services", "*", "restart"),
        _confined("starts again after a crash or a reboot, but not after you stopped it"),
    ),
    Rule(
        FILE,
        ("services", "*", "stop_grace_period"),
        fixed("workloads", "time to finish requests before the process is killed"),
    ),
    Rule(
        FILE,
        ("services", "*", "logging", "**"),
        _confined("logs of five files of 20 MB each: a full disk would stop everything else"),
    ),
)
