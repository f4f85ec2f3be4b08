"""The LiteLLM proxy with the policy inside it; one container per replica."""

from __future__ import annotations

from dreamc.stack.types import GATEWAY_KEY, VLLM_KEY, Mode, Provider, Secret, Stack
from dreamc.workloads.assumptions import GATEWAY_MEMORY
from dreamc.workloads.images import reference
from dreamc.workloads.paths import LEDGER, LEDGER_FOLDER, LITELLM, POLICY, RUNTIME, data, litellm_config
from dreamc.workloads.reach import GATEWAY_ALIAS, GATEWAY_PORT, gateway_service, outward, published, serves
from dreamc.workloads.types import DependsOn, Directory, Health, Mount, Publish, SecretUse, Workload

# /health calls every model and costs money; /health/liveliness touches nothing.
_ALIVE = f"http://127.0.0.1:{GATEWAY_PORT}/health/liveliness"
_PROBE = f"import urllib.request; urllib.request.urlopen('{_ALIVE}', timeout=5)"


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
    if serves(stack, mode) and far:
        keys.append(vllm_secret())
    return tuple({key.variable: key for key in keys}.values())


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
        environment=_environment(mode),
        secrets=_uses(stack, mode),
        publish=(Publish(stack.gateway.bind, stack.gateway.port + number, GATEWAY_PORT),),
        mounts=(*_files(mode), Mount(ledger, LEDGER_FOLDER)),
        directories=(Directory(ledger, 0, 0, "0750"),),
        networks=("inner", outward(mode)),
        aliases=(GATEWAY_ALIAS,),
        health=Health(("CMD", "python3", "-c", _PROBE), 10, 6, 3, 120),
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


def _environment(mode: Mode) -> tuple[tuple[str, str], ...]:
    """The policy's own variables, and every switch that keeps LiteLLM from calling home (LiteLLM 1.106.2)."""
    return (
        ("DREAM_LEDGER", LEDGER),
        ("DREAM_MODE", mode),
        ("DREAM_POLICY", POLICY),
        ("HF_HUB_OFFLINE", "1"),
        ("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True"),
        ("LITELLM_LOCAL_AUTOROUTER_PRESETS", "True"),
        ("LITELLM_LOCAL_BLOG_POSTS", "True"),
        ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
        ("LITELLM_LOCAL_POLICY_TEMPLATES", "true"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("PYTHONPATH", RUNTIME),
    )


def _uses(stack: Stack, mode: Mode) -> tuple[SecretUse, ...]:
    own = tuple(SecretUse(secret.variable, secret.variable) for secret in secrets(stack, mode))
    return tuple(dict.fromkeys((*own, SecretUse(GATEWAY_KEY, stack.gateway.secret.variable))))


def _redis(stack: Stack, host: str) -> tuple[DependsOn, ...]:
    """LiteLLM looks for Redis once, at its start (BerriAI/litellm#42653)."""
    here = any(extra.name == "redis" and extra.host == host for extra in stack.services)
    return (DependsOn("redis", "healthy"),) if here else ()
