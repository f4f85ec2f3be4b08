"""A compiled LiteLLM configuration, made to run here: addresses of containers become addresses of this machine. Pure.

The files of a bundle name services (`http://vllm-quality:8000/v1`), which exist only inside the compose network.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

Config = dict[str, Any]

# LiteLLM appends the path below the version itself for these, and asks for it in the address for all others
# (litellm 1.106.2: llms/anthropic/common_utils.py, llms/ollama/chat/transformation.py, llms/gemini/common_utils.py).
_WITHOUT_VERSION = ("anthropic", "ollama", "ollama_chat", "gemini")
# Virtual models: they stand for other deployments and have no address of their own.
_VIRTUAL = ("auto_router", "dream")
_REDIS_KEYS = ("redis_host", "redis_port", "redis_password", "redis_url", "redis_db", "redis_ssl")


def through_upstream(config: Mapping[str, Any], upstream: str) -> Config:
    """Every deployment answered by the demo upstream at `upstream` (http://127.0.0.1:PORT), with a key of no value.

    The address tells deployments apart (/at/<model_info.id>), so that one of them can be counted and broken.
    """
    return _rewritten(config, lambda deployment: _to_upstream(deployment, upstream))


def through_loopback(config: Mapping[str, Any], published: Mapping[tuple[str, int], int]) -> Config:
    """Local deployments reached on 127.0.0.1, cloud ones as they are.

    `published` maps (service, port) of the compose network to a port of this machine; a service that is not
    in it is expected on its own port.
    """
    return _rewritten(config, lambda deployment: _to_loopback(deployment, published))


def deployments(config: Mapping[str, Any]) -> Iterator[Config]:
    """The entries of model_list that have an upstream, so without virtual models."""
    for deployment in config.get("model_list") or ():
        if _provider(deployment) not in _VIRTUAL:
            yield deployment


def _rewritten(config: Mapping[str, Any], move: Callable[[Config], None]) -> Config:
    moved = copy.deepcopy(dict(config))
    for deployment in deployments(moved):
        move(deployment)
    return _without_redis(moved)


def _to_upstream(deployment: Config, upstream: str) -> None:
    params = deployment["litellm_params"]
    name = str(deployment.get("model_info", {}).get("id") or deployment["model_name"])
    version = "" if _provider(deployment) in _WITHOUT_VERSION else "/v1"
    params["api_base"] = f"{upstream}/at/{quote(name, safe='')}{version}"
    if "api_key" in params:
        params["api_key"] = "demo"


def _to_loopback(deployment: Config, published: Mapping[tuple[str, int], int]) -> None:
    params = deployment["litellm_params"]
    if deployment.get("model_info", {}).get("dream_location") != "local" or "api_base" not in params:
        return
    address = urlsplit(params["api_base"])
    if address.hostname is None or "." in address.hostname or ":" in address.hostname:
        return  # a name with a domain or an IP address: another machine, reachable from here as it stands
    port = address.port or 80
    here = published.get((address.hostname, port), port)
    params["api_base"] = address._replace(netloc=f"127.0.0.1:{here}").geturl()


def _without_redis(config: Config) -> Config:
    """One process needs no shared state: the cache moves into its memory."""
    router, settings = config.get("router_settings") or {}, config.get("litellm_settings") or {}
    for key in _REDIS_KEYS:
        router.pop(key, None)
    cache = settings.get("cache_params")
    if isinstance(cache, dict) and cache.get("type") == "redis":
        kept = {key: cache[key] for key in ("ttl", "namespace", "mode", "supported_call_types") if key in cache}
        settings["cache_params"] = {"type": "local", **kept}
    (config.get("general_settings") or {}).pop("coordination_redis", None)
    return _without_neighbours(config)


def _without_neighbours(config: Config) -> Config:
    """MCP servers of the bundle are containers, and none runs here."""
    servers = config.pop("mcp_servers", None) or {}
    elsewhere = {name: one for name, one in servers.items() if "." in (urlsplit(one["url"]).hostname or "")}
    return {**config, "mcp_servers": elsewhere} if elsewhere else config


def _provider(deployment: Mapping[str, Any]) -> str:
    return str(deployment["litellm_params"].get("model", "")).partition("/")[0]
