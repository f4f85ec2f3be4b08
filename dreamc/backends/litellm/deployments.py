"""`model_list`: one deployment per running server of a local model, and one per cloud model."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from dreamc.knowledge.providers import provider as provider_kind
from dreamc.stack.spending import Rates
from dreamc.stack.types import VLLM_KEY, Cloud, Instance, Local, Member, Mode, Provider, Stack
from dreamc.workloads.reach import addresses, model_address, published

Value = dict[str, Any]

COSTS = (
    *("input_cost_per_token", "output_cost_per_token"),
    *("cache_read_input_token_cost", "cache_creation_input_token_cost"),
)
"""LiteLLM's names of a price: of tokens in, out, read from the provider's cache and written to it."""

ALLOWED_FAILS = 1
"""A member is left alone after its second failure: a single slow answer must not close a model for everybody."""


def deployments(stack: Stack, host: str, mode: Mode, names: tuple[str, ...]) -> tuple[Value, ...]:
    """The deployments of the members `names`, in the order of the stack, as the gateway on `host` reaches them."""
    wanted, known = frozenset(names), addresses(stack)
    made = [
        _local(one, instance, model_address(known, instance, one.engine, host, mode), published(stack, instance))
        for one in stack.locals
        if one.name in wanted
        for instance in one.instances
    ]
    asked = tuple(cloud for cloud in stack.clouds if cloud.name in wanted)
    accounts = {provider.name: provider for provider in stack.providers}
    shares = _shares(stack, asked)
    limited = any(_limits(accounts[name], count) for name, count in shares.items())
    made += [_cloud(cloud, accounts[cloud.provider], shares[cloud.provider]) for cloud in asked]
    return tuple(_weighed(one) for one in made) if limited else tuple(made)


def internal(member: Member) -> str:
    """The `model_name` of a member's deployments. Clients ask for aliases, which never hold an `@`."""
    return f"{member.name}@{'local' if isinstance(member, Local) else member.provider}"


def instance_id(local: Local, instance: Instance) -> str:
    """LiteLLM's id of one running server."""
    return f"{local.name}@{instance.host}.{instance.number}"


def cloud_id(cloud: Cloud) -> str:
    """LiteLLM's id of a model of a provider."""
    return f"{cloud.name}@{cloud.provider}.0"


def copied(deployment: Value, name: str, alias: str) -> Value:
    """The same deployment under another `model_name` with an id of its own."""
    info = {**deployment["model_info"], "id": f"{deployment['model_info']['id']}/{alias}"}
    return {**deployment, "model_name": name, "model_info": info}


def _local(local: Local, instance: Instance, address: str, keyed: bool) -> Value:
    engine = _vllm(local, address, keyed=keyed) if local.engine == "vllm" else _ollama(local, address)
    free = dict.fromkeys(COSTS[:2], 0)
    return _deployment(local, {**engine, **_waits(local)}, instance_id(local, instance), free)


def _vllm(local: Local, address: str, *, keyed: bool) -> Value:
    """`hosted_vllm/` and not `openai/`: that would be bridged to /v1/responses and counted in OpenAI's budget. A server
    that is `keyed` wants the key of everybody, of the gateway beside it too."""
    params = {"model": f"hosted_vllm/{local.name}", "api_base": f"http://{address}/v1"}
    return {**params, "api_key": f"os.environ/{VLLM_KEY}"} if keyed else params


def _ollama(local: Local, address: str) -> Value:
    """Ollama's own API: over the OpenAI one `num_ctx` cannot be set. A negative keep_alive means for ever
    (https://github.com/ollama/ollama/blob/main/docs/faq.md)."""
    prefix = "ollama" if local.task == "embed" else "ollama_chat"
    keep = -1 if local.keep_alive is None else _plain(local.keep_alive)
    tag = local.source.removeprefix("ollama:")
    return {"model": f"{prefix}/{tag}", "api_base": f"http://{address}", "num_ctx": local.context, "keep_alive": keep}


def _cloud(cloud: Cloud, provider: Provider, shares: int) -> Value:
    params: Value = {"model": backend_model(cloud, provider)}
    if base := api_base(provider):
        params["api_base"] = base
    if provider.secret is not None:
        params["api_key"] = f"os.environ/{provider.secret.variable}"
    params |= _waits(cloud) | _limits(provider, shares)
    return _deployment(cloud, params, cloud_id(cloud), _costs(cloud, provider))


def backend_model(cloud: Cloud, provider: Provider) -> str:
    """LiteLLM's prefix and the id that the provider's API takes. Asked directly, Ollama's cloud wants the tag without
    the suffix that a local daemon needs (https://docs.ollama.com/cloud)."""
    prefix, name = provider.prefix.rstrip("/"), cloud.id
    if provider.kind == "ollama-cloud":
        name = name.removesuffix("-cloud").removesuffix(":cloud")
        prefix = "ollama" if cloud.task == "embed" else prefix
    return f"{prefix}/{name}"


def api_base(provider: Provider) -> str:
    """Where the provider's API is, with or without /v1 as LiteLLM wants it. Empty for Google's own address: LiteLLM
    adds the version to it only where it is not given."""
    kind, base = provider_kind(provider.kind), provider.base_url.rstrip("/")
    if kind is None:
        return base
    if provider.kind == "google" and base == kind.base_url:
        return ""
    if kind.v1 == "forbidden":
        return base.removesuffix("/v1")
    return f"{base}/v1" if kind.v1 == "required" and not urlsplit(base).path else base


def _deployment(member: Member, params: Value, identity: str, costs: Value) -> Value:
    """`allowed_fails` stands at the deployment: unlike the router's it spares a member that has no stand-in
    (LiteLLM 1.106.2 router_utils/cooldown_handlers.py:151). So do the prices: among the parameters of a call they would
    be registered anew for each of them, and every cache of what a model costs be emptied (main.py:5563, utils.py:5787).
    """
    info: Value = {"id": identity, "mode": "embedding" if member.task == "embed" else "chat"}
    if member.context > 0:
        info["max_input_tokens"] = member.context
    prefix = str(params["model"]).partition("/")[0]
    if prefix == "ollama_chat":
        # Else it is taken for "ollama", whose models it then does not know: no window is checked, and every request
        # writes a traceback to the log (LiteLLM 1.106.2 utils.py:5900, router.py:13007).
        info["litellm_provider"] = prefix
    info |= costs
    info |= {"allowed_fails": ALLOWED_FAILS, "dream_member": member.name, "dream_location": member.location}
    if member.tier is not None:
        info["dream_tier"] = member.tier
    return {"model_name": internal(member), "litellm_params": params, "model_info": info}


def _waits(member: Member) -> Value:
    """Without these LiteLLM waits 6,000 seconds (BerriAI/litellm#7001)."""
    return {"timeout": _plain(member.timeout), "stream_timeout": _plain(member.timeout)}


def _shares(stack: Stack, asked: tuple[Cloud, ...]) -> Counter[str]:
    """Among how many deployments the limits of each provider are divided: its models, at all gateways.

    Gateways that share a Redis count together (LiteLLM 1.106.2 router_utils/pre_call_checks/model_rate_limit_check.py).
    """
    gateways = 1 if stack.gateway.redis else len(stack.gateway.hosts) * stack.gateway.replicas
    return Counter({name: gateways * count for name, count in Counter(cloud.provider for cloud in asked).items()})


def _limits(provider: Provider, shares: int) -> Value:
    """A deployment's share of the provider's limits."""
    given = {"rpm": provider.requests_per_minute, "tpm": provider.tokens_per_minute}
    return {key: max(1, limit // shares) for key, limit in given.items() if limit is not None}


def _costs(cloud: Cloud, provider: Provider) -> Value:
    """US dollars per token, both directions or none: with one of them alone LiteLLM takes the other for 0."""
    if cloud.rates is None or not provider.custom_price:
        return {}
    above = cloud.rates.above
    longer = {} if above is None else _tariff(above, f"_above_{(cloud.rates.above_tokens or 0) // 1000}k_tokens")
    return {**_tariff(cloud.rates, ""), **longer}


def _tariff(rates: Rates, suffix: str) -> Value:
    prices = (rates.input, rates.output, rates.cache_read, rates.cache_write)
    return {f"{key}{suffix}": _per_token(price) for key, price in zip(COSTS, prices, strict=True) if price is not None}


def _per_token(per_million: float) -> float:
    return float(Decimal(str(per_million)) / 1_000_000)


def _weighed(deployment: Value) -> Value:
    """LiteLLM takes limits for weights where there are none, and never picks a server without limits beside one with
    (LiteLLM 1.106.2 router_strategy/simple_shuffle.py:57)."""
    return {**deployment, "litellm_params": {**deployment["litellm_params"], "weight": 1}}


def _plain(seconds: float) -> float | int:
    return int(seconds) if seconds == int(seconds) else seconds
