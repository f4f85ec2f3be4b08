"""The LiteLLM proxy with the policy inside it; one container per replica."""

from __future__ import annotations

from dreamc.stack.spending import LEDGER_URL
from dreamc.stack.types import GATEWAY_KEY, VLLM_KEY, Mode, Provider, Secret, Stack
from dreamc.workloads.assumptions import GATEWAY_MEMORY
from dreamc.workloads.images import reference
from dreamc.workloads.paths import (
    EDITS_FOLDER,
    LEDGER,
    LEDGER_FOLDER,
    LEDGER_REDIS,
    LITELLM,
    POLICY,
    RUNTIME,
    data,
    litellm_config,
)
from dreamc.workloads.reach import GATEWAY_ALIAS, GATEWAY_PORT, gateway_service, outward, published, serves
from dreamc.workloads.types import DependsOn, Directory, Health, Mount, Publish, SecretUse, Workload

SWITCHES = ("HYBRID_FALLBACK_ENABLED", "HYBRID_FALLBACK_TIMEOUT", "HYBRID_MAX_BODY_BYTES")
"""What the operator of a host may change without compiling anew; runtime/switches.py reads it."""

# /health calls every model and costs money; /health/liveliness touches nothing.
_ALIVE = f"http://127.0.0.1:{GATEWAY_PORT}/health/liveliness"
_PROBE = f"import urllib.request; urllib.request.urlopen('{_ALIVE}', timeout=3)"

READ_KEY = "DREAM_READ_KEY"
"""A second key, which the operator of a host may set, for /stats, /metrics and the dashboard alone."""
PAGES = "dream_runtime.pages:install"
"""Adds these pages (LiteLLM 1.106.2 proxy/proxy_server.py:1396)."""


def gateway(stack: Stack, host: str, mode: Mode) -> tuple[Workload, ...]:
    """Every replica of a host that runs the gateway."""
    if host not in stack.gateway.hosts:
        return ()
    return tuple(_workload(stack, host, mode, number) for number in range(stack.gateway.replicas))


def providers(stack: Stack, mode: Mode) -> tuple[Provider, ...]:
    """The clouds that are asked in a mode; none in local mode."""
    used = {cloud.provider for cloud in stack.clouds} if mode != "local" else set()
    return tuple(provider for provider in stack.providers if provider.name in used)


def secrets(stack: Stack, mode: Mode) -> tuple[Secret, ...]:
    """Every secret that the gateway of a mode needs, each variable once."""
    keys = [stack.gateway.secret, *(provider.secret for provider in providers(stack, mode) if provider.secret)]
    far = any(published(stack, one) for local in stack.locals if local.engine == "vllm" for one in local.instances)
    if mode != "local":
        keys += [one.secret for one in stack.mcp_servers if one.secret is not None]
    if serves(stack, mode) and far:
        keys.append(vllm_secret())
    keys += _of_the_budget(stack, mode)
    return tuple({key.variable: key for key in keys}.values())


def _of_the_budget(stack: Stack, mode: Mode) -> tuple[Secret, ...]:
    """Where nothing can be spent, nothing is counted and nobody is told."""
    rules = stack.policy
    found = (rules.ledger_url, rules.alert_webhook) if providers(stack, mode) else ()
    return tuple(secret for secret in found if secret is not None)


def vllm_secret() -> Secret:
    """The key that gateways present to model servers on other hosts: any long random text, the same on all hosts."""
    return Secret(VLLM_KEY, "env://VLLM_KEY", "key between the gateway and model servers on other hosts")


def _workload(stack: Stack, host: str, mode: Mode, number: int) -> Workload:
    ledger = data(stack, "litellm")
    return Workload(
        service=gateway_service(number),
        host=host,
        title="LiteLLM gateway" + (f", replica {number + 1}" if number else ""),
        image=reference(stack, "litellm"),
        command=("--config", LITELLM, "--host", "0.0.0.0", "--port", str(GATEWAY_PORT)),  # noqa: S104 - in a container
        environment=_environment(stack, host, mode, number),
        secrets=_uses(stack, mode),
        passed=(READ_KEY, *SWITCHES),
        publish=(Publish(stack.gateway.bind, stack.gateway.port + number, GATEWAY_PORT),),
        mounts=(*_files(mode), Mount(ledger, LEDGER_FOLDER), *_edits(stack)),
        directories=(Directory(ledger, 0, 0, "0750"), *(edits_folder(one.source) for one in _edits(stack))),
        networks=("inner", outward(mode)),
        aliases=(GATEWAY_ALIAS,),
        health=Health(("CMD", "python3", "-c", _PROBE), 5, 4, 6, 120),
        memory=GATEWAY_MEMORY,
        depends_on=_redis(stack, host),
        tmpfs=("/tmp",),  # noqa: S108 - inside a container
        stop_grace=30,
    )


def _files(mode: Mode) -> tuple[Mount, ...]:
    """The bundle's files that the gateway reads. The policy package stands apart from the configuration: LiteLLM would
    load a module beside its configuration once per reference (BerriAI/litellm proxy/types_utils/utils.py)."""
    pairs = (
        (litellm_config(mode), LITELLM),
        ("config/policy.json", POLICY),
        ("config/runtime", RUNTIME),
    )
    return tuple(Mount(f"./{path}", target, read_only=True) for path, target in pairs)


def _edits(stack: Stack) -> tuple[Mount, ...]:
    """Where edits of the whitelist lie; a stack without a whitelist has none to edit. The gateway only reads them."""
    given = stack.policy.whitelist is not None
    return (Mount(data(stack, "whitelist"), EDITS_FOLDER, read_only=True),) if given else ()


def edits_folder(path: str) -> Directory:
    """The folder belongs to who edits and is read by all: a gateway that lost its capabilities is root in name only."""
    return Directory(path, 1000, 1000, "0755")


def _ledger(stack: Stack, mode: Mode) -> tuple[tuple[str, str], ...]:
    """Where the money is counted. A server whose address is a secret is named among the secrets instead."""
    if not providers(stack, mode) or stack.policy.ledger == "sqlite":
        return (("DREAM_LEDGER", LEDGER),)
    return () if stack.policy.ledger_url is not None else (("DREAM_LEDGER", LEDGER_REDIS),)


def _environment(stack: Stack, host: str, mode: Mode, number: int) -> tuple[tuple[str, str], ...]:
    """The policy's own variables, and every switch that keeps LiteLLM from calling home (LiteLLM 1.106.2)."""
    return (
        ("DREAM_DATA", LEDGER_FOLDER),
        ("DREAM_INSTANCE", f"{host}/{gateway_service(number)}"),
        *_ledger(stack, mode),
        ("DREAM_MODE", mode),
        ("DREAM_POLICY", POLICY),
        *((("DREAM_WHITELIST_EDITS", EDITS_FOLDER),) if stack.policy.whitelist is not None else ()),
        ("HF_HUB_OFFLINE", "1"),
        ("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True"),
        ("LITELLM_LOCAL_AUTOROUTER_PRESETS", "True"),
        ("LITELLM_LOCAL_BLOG_POSTS", "True"),
        ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
        ("LITELLM_LOCAL_POLICY_TEMPLATES", "true"),
        ("LITELLM_WORKER_STARTUP_HOOKS", PAGES),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("PYTHONPATH", RUNTIME),
    )


def _uses(stack: Stack, mode: Mode) -> tuple[SecretUse, ...]:
    named = {LEDGER_URL: "DREAM_LEDGER"}
    wanted = (secret.variable for secret in secrets(stack, mode))
    own = tuple(SecretUse(named.get(variable, variable), variable) for variable in wanted)
    return tuple(dict.fromkeys((*own, SecretUse(GATEWAY_KEY, stack.gateway.secret.variable))))


def _redis(stack: Stack, host: str) -> tuple[DependsOn, ...]:
    """LiteLLM looks for Redis once, at its start (BerriAI/litellm#42653)."""
    here = any(extra.name == "redis" and extra.host == host for extra in stack.services)
    return (DependsOn("redis", "healthy"),) if here else ()
