"""docker-compose.<mode>.yml: image, command, environment, ports and volumes, by what the service is."""

from __future__ import annotations

from dreamc.diagnostics.types import Path
from dreamc.explain import vllm_args
from dreamc.explain.cast import Role, far_host, role, source_path
from dreamc.explain.known import image_row, model_row, service_row
from dreamc.explain.sized import figure
from dreamc.explain.types import Origin, Scene, Spot, Told
from dreamc.explain.words import chosen, secret
from dreamc.knowledge.services import service
from dreamc.stack.types import Extra

IMAGES = (("gateway", "litellm"), ("vllm", "vllm"), ("ollama", "ollama"), ("relay", "socat"), ("door", "socat"))
OFFLINE = "keeps LiteLLM from asking the world for prices, headers and presets (LiteLLM 1.106.2)"
QUIET = "weights are fetched and verified before the start; the server itself never goes online"
OLLAMA = (
    ("OLLAMA_CONTEXT_LENGTH", "for a request that names no context; the gateway names one with every request"),
    ("OLLAMA_FLASH_ATTENTION", "needed for a quantised KV cache, and what the memory formula assumes"),
    ("OLLAMA_HOST", "listens on the container's networks; what leaves it is decided by these"),
    ("OLLAMA_KEEP_ALIVE", "how long an unused model stays in GPU memory; -1 is for ever"),
    ("OLLAMA_KV_CACHE_TYPE", "number format of the KV cache"),
    ("OLLAMA_LOAD_TIMEOUT", "time to read the weights from a slow disk"),
    ("OLLAMA_MAX_LOADED_MODELS", "models in memory at once: those that take turns on a card count as one"),
    ("OLLAMA_MODELS", "where the models are mounted"),
    ("OLLAMA_NO_CLOUD", "a local server must not hand requests on to Ollama's cloud"),
    ("OLLAMA_NOPRUNE", "model files are brought by others, so nothing is cleaned up at start"),
    ("OLLAMA_NUM_PARALLEL", "requests served at the same time"),
)
OLLAMA_KEYS = (
    ("OLLAMA_CONTEXT_LENGTH", "context"),
    ("OLLAMA_KEEP_ALIVE", "keep_alive"),
    ("OLLAMA_KV_CACHE_TYPE", "kv_cache_dtype"),
    ("OLLAMA_NUM_PARALLEL", "concurrency"),
)
GATEWAY = (
    ("DREAM_LEDGER", "where the policy keeps what was spent; on a volume, so that it outlives releases"),
    ("DREAM_MODE", "the mode that the policy decides for"),
    ("DREAM_POLICY", "where policy.json is mounted"),
    ("DREAM_READ_KEY", "from the host's .env: a second key, for /stats, /metrics and the dashboard alone"),
    ("DREAM_WHITELIST_EDITS", "where edits of the whitelist made since the last apply are read from"),
    ("HYBRID_MAX_BODY_BYTES", "from the host's .env: the largest request; 32 MiB where it is not set"),
    ("HYBRID_FALLBACK_ENABLED", "from the host's .env: false asks only the first model of a chain"),
    ("HYBRID_FALLBACK_TIMEOUT", "from the host's .env: the longest wait for any model, instead of fallbacks.timeout"),
    ("LITELLM_WORKER_STARTUP_HOOKS", "adds /stats, /metrics and /dashboard to every worker of the gateway"),
    ("PYTHONPATH", "where the policy's package is mounted"),
    ("PYTHONDONTWRITEBYTECODE", "the package is mounted read-only"),
)


def row(extra: Extra, what: str) -> tuple[Origin, ...]:
    """The table's row of a service."""
    return service_row(extra.name, what)


def image(scene: Scene, spot: Spot) -> Told | None:
    """Which image: the file's pin, else the table's, behind the private registry."""
    found = role(scene, spot.host, spot.text(1))
    if found is None:
        return None
    name = dict(IMAGES).get(found.kind) or _table_image(found)
    pin, registry = ("images", name), ("images", "registry")
    return Told(f"the pinned version of {name}", (pin, registry), image_row(scene, name))


def entrypoint(scene: Scene, spot: Spot) -> Told | None:
    """What the container starts."""
    found = role(scene, spot.host, spot.text(1))
    if found is None:
        return None
    if found.extra is not None:
        return Told("what the container starts", (found.extra.at,), row(found.extra, "its entry point"))
    why = {
        "vllm": "`vllm serve`, so that the command line is the same as in config/vllm/*.args",
        "door": "socat with one fixed target: it holds no key and no data",
        "relay": "socat with one fixed target: nothing else can leave through it",
    }.get(found.kind, "what the image is started with")
    return chosen(f"workloads/{found.kind}.py", why)


def command(scene: Scene, spot: Spot) -> Told | None:
    """One word of a command line."""
    found = role(scene, spot.host, spot.text(1))
    if found is None:
        return None
    if found.kind == "vllm":
        return vllm_args.option(scene, found.locals[0], spot)
    if found.kind == "door":
        why = "forwards one port to the service behind it, which has no route out of the project in local mode"
        return chosen("workloads/door.py", why, ("mode",))
    if found.kind == "gateway":
        why = (
            "LiteLLM reads the mounted configuration and listens inside its container; the port outside is gateway.port"
        )
        return chosen("workloads/gateway.py", why, ("gateway", "port"))
    if found.extra is not None:
        return Told(
            "a word of the service's command", (found.extra.at,), row(found.extra, "its command, options filled in")
        )
    if found.target is not None:
        there = far_host(scene, found.target)
        why = f"relays port {found.target.port} to {there} and nowhere else"
        return chosen("workloads/relay.py", why, ("hardware", there, "address"))
    return None


def environment(scene: Scene, spot: Spot) -> Told | None:
    """One variable of a container."""
    name, value = spot.text(3), str(spot.value)
    if value.startswith("${") and (known := secret(scene, value[2:].partition(":")[0])) is not None:
        return known
    found = role(scene, spot.host, spot.text(1))
    if found is None:
        return None
    if found.kind == "gateway":
        return chosen(
            "workloads/gateway.py", dict(GATEWAY).get(name, OFFLINE), *((("mode",),) if name == "DREAM_MODE" else ())
        )
    if found.kind == "vllm":
        return chosen("workloads/vllm.py", "the cache of compiled graphs" if name == "VLLM_CACHE_ROOT" else QUIET)
    if found.kind == "ollama":
        return _ollama(scene, found, name)
    if found.extra is None:
        return None
    if value.startswith("${"):
        return Told(
            "a secret that is made up once for this host and kept in its .env",
            (found.extra.at,),
            row(found.extra, name),
        )
    return Told(
        f"the service's own setting {name}", (found.extra.at,), row(found.extra, f"{name}, by mode and neighbours")
    )


def port(scene: Scene, spot: Spot) -> Told | None:
    """A published port."""
    found, key = role(scene, spot.host, spot.text(1)), str(spot.keys[-1])
    if found is None:
        return None
    found = found.behind or found
    if key in {"protocol", "mode"}:
        return chosen("backends/compose.py", "one TCP port of the host, without Docker's own load balancer")
    if found.kind == "gateway":
        if key == "target":
            return chosen("workloads/reach.py", "the port inside the container is the same for everybody")
        own: Path = ("gateway", "bind" if key == "host_ip" else "port")
        return Told("where clients reach the gateway; replicas take the ports that follow", (own,))
    if found.extra is not None:
        path: Path = (
            ("gateway", "bind") if key == "host_ip" and found.extra.name == "open-webui" else (*found.extra.at, "port")
        )
        return Told("where people open the service in a browser", (path,), row(found.extra, "its ports"))
    return _server_port(found, key)


def volume(scene: Scene, spot: Spot) -> Told | None:
    """A mount."""
    found, key = role(scene, spot.host, spot.text(1)), str(spot.keys[-1])
    if key == "create_host_path":
        return chosen("backends/compose.py", "Docker would make a missing directory itself, empty and owned by root")
    if key == "type":
        return chosen(
            "backends/compose.py", "a path of the host that is the same in every mode, so that no data is lost"
        )
    entry = spot.above(4)
    source = str(entry.get("source", "")) if isinstance(entry, dict) else ""
    if source.startswith("${"):
        why = "a file of this bundle, read-only; DREAM_BUNDLE is set by the host script to the current release"
        return chosen("backends/compose.py", why)
    if found is not None and found.extra is not None:
        return Told(
            "data that outlives releases and modes", (("data", "root"), found.extra.at), row(found.extra, "its volumes")
        )
    return chosen("workloads/paths.py", "weights and data lie below one root, outside the release", ("data", "root"))


def _table_image(found: Role) -> str:
    table = service(found.extra.name) if found.extra else None
    return table.image if table else ""


def _ollama(scene: Scene, found: Role, name: str) -> Told:
    why = dict(OLLAMA).get(name, "a setting of Ollama")
    wanted = dict(OLLAMA_KEYS).get(name)
    if wanted is None:
        return chosen("workloads/ollama.py", why, *((*one.at, "source") for one in found.locals))
    told = figure(scene, found.locals[0], "kv_cache", why)
    return Told(
        why, tuple((*one.at, wanted) for one in found.locals), (), "", told.inputs if wanted != "keep_alive" else ()
    )


def _server_port(found: Role, key: str) -> Told | None:
    if found.instance is None:
        return None
    local = found.locals[0]
    if key == "target":
        return chosen("workloads/reach.py", f"{local.engine}'s own port inside the container")
    why = "a gateway on another host asks this server, so it listens on the host and asks for a key"
    return Told(why, ((*local.at, "port"), ("gateway", "hosts"), source_path(local)), model_row(local))
