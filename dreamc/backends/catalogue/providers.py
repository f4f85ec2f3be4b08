"""providers.yaml: every model server and every cloud account, with what it serves and what it needs."""

from __future__ import annotations

from typing import Any

from dreamc.backends.catalogue.index import Index
from dreamc.backends.catalogue.names import Service
from dreamc.backends.litellm.deployments import api_base
from dreamc.knowledge.providers import provider as provider_kind
from dreamc.sizing.types import GIB, Fit
from dreamc.stack.types import VLLM_KEY, Card, Cloud, Local, Provider
from dreamc.workloads.reach import model_address, published

Value = dict[str, Any]

TYPES = (
    ("anthropic", "anthropic"),
    ("openai", "openai"),
    ("google", "google"),
    ("together", "openai_compatible"),
    ("ollama-cloud", "ollama"),
    ("openai-compatible", "openai_compatible"),
)
HEALTH = (("vllm", "/health"), ("ollama", "/api/version"))
"""Neither loads a model nor spends money."""

INTERVAL, TIMEOUT, ATTEMPTS = 30, 5, 3
"""How often the catalogue proposes to ask: seconds, seconds, times."""


def providers(index: Index, host: str) -> Value:
    """The entries of `providers`, local servers first, as the gateway on `host` reaches them."""
    local = {service.id: _local(index, service, host) for service in index.services}
    return {**local, **{name: _cloud(provider, index.clouds[name]) for name, provider in index.accounts.items()}}


def metadata(entries: Value) -> Value:
    """Counts, and what speaks for each provider."""
    return {
        "version": "1.0",
        "total_providers": len(entries),
        "total_models_available": len({model["name"] for entry in entries.values() for model in entry["models"]}),
        "provider_types": sorted({entry["type"] for entry in entries.values()}),
        "selection_criteria": {name: _criteria(entry) for name, entry in entries.items()},
    }


def health_checks(entries: Value) -> Value:
    """Only of local servers: asking a cloud costs money."""
    endpoints = {
        name: _root(entry["base_url"]) + entry["health_endpoint"]
        for name, entry in entries.items()
        if "health_endpoint" in entry
    }
    numbers = {"interval_seconds": INTERVAL, "timeout_seconds": TIMEOUT, "retry_attempts": ATTEMPTS}
    return {"enabled": bool(endpoints), **numbers, "endpoints": endpoints}


def _local(index: Index, service: Service, host: str) -> Value:
    first, far = service.models[0], published(index.stack, service.instance)
    address = model_address(index.addresses, service.instance, first.engine, host, "hybrid")
    entry: Value = {
        "type": first.engine,
        "base_url": f"http://{address}" + ("/v1" if first.engine == "vllm" else ""),
        "status": "active",
        "description": _where(service),
        "models": [_model(local) for local in service.models],
        "health_endpoint": dict(HEALTH)[first.engine],
        "location": service.instance.host,
        "hardware_requirements": _hardware(index, service),
        **_sized(first),
    }
    if far and first.engine == "vllm":
        return {**entry, "requires_api_key": True, "env_var": VLLM_KEY}
    return {**entry, "requires_api_key": False}


def _where(service: Service) -> str:
    gpus = ", ".join(map(str, service.instance.gpus))
    engine = "vLLM" if service.models[0].engine == "vllm" else "Ollama"
    return f"{engine} on {service.instance.host}" + (f", GPU {gpus}" if gpus else "")


def _model(local: Local) -> Value:
    size = local.size
    quantization = size.quantization if isinstance(size, Fit) else None
    found: Value = {
        "name": local.name,
        "quantization": quantization,
        "context_length": local.context,
        "model_size_gb": _gb(size.weights),
        "kv_cache_available_gb": _gb(size.kv_cache_bytes if isinstance(size, Fit) else size.kv_cache),
        "tags": [tag for tag in (local.tier, local.task, *local.abilities) if tag],
        "description": local.description or local.source,
    }
    return {key: value for key, value in found.items() if value is not None}


def _sized(local: Local) -> Value:
    size = local.size
    if isinstance(size, Fit):
        return {"gpu_memory_utilization": float(size.utilization), "max_model_len": size.max_model_len}
    return {"configuration": {"n_ctx": size.context, "n_parallel": size.parallel}}


def _hardware(index: Index, service: Service) -> Value:
    cards = _cards(index, service)
    if not cards:
        return {}
    return {
        "gpu_vram_gb": _gb(max(local.size.claim for local in service.models)),
        "gpu_model": cards[0].label,
        "compute_capability": ".".join(map(str, cards[0].capability)),
    }


def _cards(index: Index, service: Service) -> tuple[Card, ...]:
    held = index.hosts[service.instance.host].cards
    return tuple(card for card in held if card.index in service.instance.gpus)


def _cloud(provider: Provider, models: tuple[Cloud, ...]) -> Value:
    kind = provider_kind(provider.kind)
    entry: Value = {
        "type": dict(TYPES).get(provider.kind, "openai_compatible"),
        "base_url": api_base(provider) or provider.base_url,
        "status": "active",
        "description": provider.description or (kind.title if kind else provider.kind),
        "models": [_cloud_model(cloud) for cloud in models],
        "api_format": provider.prefix.rstrip("/"),
        "requires_api_key": provider.secret is not None,
    }
    if provider.secret is not None:
        entry["env_var"] = provider.secret.variable
    limits = {"requests_per_minute": provider.requests_per_minute, "tokens_per_minute": provider.tokens_per_minute}
    entry["rate_limits"] = {key: limit for key, limit in limits.items() if limit is not None}
    entry["cost_per_1k_tokens"] = {cloud.name: _per_thousand(cloud) for cloud in models if cloud.rates is not None}
    return {key: value for key, value in entry.items() if value != {}}


def _cloud_model(cloud: Cloud) -> Value:
    found: Value = {
        "name": cloud.name,
        "context_length": cloud.context or None,
        "tags": [tag for tag in (cloud.tier, cloud.task, *cloud.abilities) if tag],
        "description": cloud.description or cloud.id,
    }
    return {key: value for key, value in found.items() if value is not None}


def _per_thousand(cloud: Cloud) -> Value:
    """US dollars per thousand tokens, input and output apart."""
    assert cloud.rates is not None
    return {"input": round(cloud.rates.input / 1000, 9), "output": round(cloud.rates.output / 1000, 9)}


def _criteria(entry: Value) -> Value:
    hardware = entry.get("hardware_requirements")
    used = f"{hardware['gpu_vram_gb']:g} GiB of {hardware['gpu_model']}" if hardware else "none here"
    tags = {tag for model in entry["models"] for tag in model.get("tags", ())}
    return {"best_for": sorted(tags), "resource_usage": used}


def _root(url: str) -> str:
    """The address without the path of the API."""
    return url.removesuffix("/v1")


def _gb(size: int) -> float:
    """GiB: the original's keys say GB and mean what nvidia-smi shows."""
    return round(size / GIB, 2)
