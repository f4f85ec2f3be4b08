"""`providers:` out of the catalogue, the policy and the gateway's deployments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dreamc.knowledge.ollama import cloud_tag
from dreamc.knowledge.prices import CloudModel, Price, cloud_model
from dreamc.knowledge.providers import Provider, provider, provider_kinds
from dreamc.moving import words
from dreamc.moving.bundle.opened import MAPPINGS, PROVIDERS, Opened
from dreamc.moving.types import Claim


def clouds(found: Opened) -> Iterator[Claim]:
    """Every account and its models."""
    entries = found.gateway.value(PROVIDERS).get("providers", {})
    for name, entry in entries.items():
        if "location" not in entry:
            kind = _kind(name, entry)
            yield from _account(found, name, entry, kind)
            for model in entry["models"]:
                yield from _model(found, name, kind, model)


def _kind(name: str, entry: Any) -> str:
    """What the account speaks: its own name, else the kind whose prefix and address it has."""

    def speaks(known: Provider | None) -> bool:
        return known is not None and known.prefix.rstrip("/") == entry.get("api_format")

    if speaks(provider(name)):
        return name
    alike = [kind for kind in provider_kinds() if speaks(provider(kind))]
    there = [kind for kind in alike if (known := provider(kind)) and known.base_url == entry.get("base_url")]
    return (there or alike or ["openai-compatible"])[0]


def _account(found: Opened, name: str, entry: Any, kind: str) -> Iterator[Claim]:
    origin, known = found.gateway.at(PROVIDERS, "providers", name), provider(kind)
    secret = found.secrets().get(entry.get("env_var", ""))
    base = entry.get("base_url", "").rstrip("/")
    usual = {known.base_url.rstrip("/"), known.base_url.rstrip("/").removesuffix("/v1")} if known else set()
    budget = found.policy.get("budget", {}).get("providers", {}).get(name, {})
    spent = {"daily": budget.get("daily_usd"), "monthly": budget.get("monthly_usd")}
    values = {
        "kind": None if kind == name else kind,
        "key": secret,
        "base_url": None if base in usual else base,
        "description": None if known and entry.get("description") == known.title else entry.get("description"),
        "rate_limits": entry.get("rate_limits"),
        "budget": {key: words.money(limit) for key, limit in spent.items() if limit is not None} or None,
    }
    yield from (Claim(("providers", name, key), value, origin) for key, value in values.items() if value is not None)
    if not entry["models"]:
        yield Claim(("providers", name, "models"), {}, origin)


def _model(found: Opened, account: str, kind: str, entry: Any) -> Iterator[Claim]:
    name = entry["name"]
    at, origin = ("providers", account, "models", name), found.gateway.at(PROVIDERS, "providers", account, "models")
    match = found.gateway.value(MAPPINGS).get("exact_matches", {}).get(name, {})
    says = match.get("description")
    id_ = match.get("backend_model", "").partition("/")[2] if says else entry["description"]
    member = found.policy.get("members", {}).get(name, {})
    deployment: Any = next(iter(found.deployments().get(name, {}).values()), {})
    values = {"id": None if id_ == name else id_, **_known(kind, id_, member, deployment), "description": says}
    wait = deployment.get("litellm_params", {}).get("timeout")
    values["timeout"] = None if wait in (None, found.policy.get("timeout_s")) else words.seconds(wait)
    claims = [Claim((*at, key), value, origin) for key, value in values.items() if value is not None]
    yield from claims or [Claim(at, {}, origin)]


def _known(kind: str, id_: str, member: Any, deployment: Any) -> dict[str, Any]:
    """What is not as the tables have it."""
    known = cloud_model(kind, id_)
    tag = cloud_tag(id_) if kind == "ollama-cloud" else None
    abilities = list(known.abilities if known else tag.abilities if tag else ())
    context = (known and known.context) or (tag.context if tag else 0)
    info = deployment.get("model_info", {})
    embeds = info.get("mode") == "embedding" and not (known and known.mode == "embedding")
    prices, stated = _prices(known), member.get("usd_per_mtok")
    return {
        "tier": member.get("tier") or info.get("dream_tier"),
        "task": "embed" if embeds else None,
        "context": words.tokens(member["context"]) if member.get("context", 0) not in (0, context) else None,
        "abilities": None if member.get("abilities", []) == abilities else member["abilities"],
        "usd_per_mtok": None if stated in (None, prices) else _written(stated),
    }


def _written(stated: dict[str, Any]) -> dict[str, int | float]:
    """As the file can say it: a price of its own holds for prompts of every length."""
    return {key: words.number(one) for key, one in stated.items() if not key.startswith("above")}


def _prices(known: CloudModel | None) -> dict[str, Any] | None:
    return None if known is None or known.price is None else _tariff(known.price)


def _tariff(price: Price) -> dict[str, Any]:
    found = {"input": price.input, "output": price.output, "cache_read": price.cache_read}
    found["cache_write"] = price.cache_write
    said: dict[str, Any] = {key: float(one) for key, one in found.items() if one is not None}
    return said if price.above is None else {**said, "above_tokens": price.above_tokens, "above": _tariff(price.above)}
