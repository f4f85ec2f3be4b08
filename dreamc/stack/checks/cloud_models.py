"""Cloud models against the tables: known ids, end of life, windows, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.knowledge.ollama import cloud_tag, cloud_tags
from dreamc.knowledge.prices import cloud_model, cloud_model_ids, nearest_cloud_models
from dreamc.knowledge.providers import provider as known_provider
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Cloud, Provider, Stack

NEAR = timedelta(days=90)
"""An end of life within a quarter is reported: time to try another model before it comes."""


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Every cloud model and every provider address."""
    providers = {one.name: one for one in stack.providers}
    for model in stack.clouds:
        yield from _model(model, providers[model.provider], dream, inputs.today)
    for provider in stack.providers:
        yield from _address(provider, dream)


def _model(model: Cloud, provider: Provider, dream: Dream, today: date) -> Iterator[Diagnostic]:
    spec = dream.providers[model.provider].models.get(model.name)
    path = (*model.at, "id") if spec and spec.id else model.at
    on_key = path == model.at
    known = cloud_model(provider.kind, model.id)
    if known is None:
        listed = cloud_model_ids(provider.kind) or (cloud_tags() if provider.kind == "ollama-cloud" else ())
        if listed and not (provider.kind == "ollama-cloud" and cloud_tag(model.id)):
            close = nearest_cloud_models(provider.kind, model.id, 2)
            yield Diagnostic(
                "DRM601",
                path,
                f"{provider.kind} has no model '{model.id}' that the tables know",
                "not in the table",
                f"did you mean {' or '.join(close)}?" if close else "check the id with the provider",
                on_key=on_key,
            )
        return
    if known.deprecated:
        end = date.fromisoformat(known.deprecated)
        if end - today <= NEAR:
            when = f"ended on {end}" if end <= today else f"ends on {end}, in {(end - today).days} days"
            yield Diagnostic(
                "DRM602",
                path,
                f"{model.id} {when}",
                "near its end of life" if end > today else "gone",
                f"its provider lists {', '.join(_alive(provider.kind, model.id, today))}",
                on_key=on_key,
            )
    if spec and spec.context and known.context and spec.context > known.context:
        yield Diagnostic(
            "DRM613",
            (*model.at, "context"),
            f"{model.id} reads {known.context:,} tokens, not {spec.context:,}",
            "longer than its window",
            f"write context: {known.context} or drop the key",
        )


def _alive(kind: str, id_: str, today: date) -> tuple[str, ...]:
    """Models of the provider that stay, those with the most similar names first."""
    close = dict.fromkeys((*nearest_cloud_models(kind, id_, 12), *reversed(cloud_model_ids(kind))))
    return tuple(other for other in close if other != id_ and _stays(kind, other, today))[:3]


def _stays(kind: str, id_: str, today: date) -> bool:
    model = cloud_model(kind, id_)
    return model is not None and (not model.deprecated or date.fromisoformat(model.deprecated) - today > NEAR)


def _address(provider: Provider, dream: Dream) -> Iterator[Diagnostic]:
    spec = dream.providers[provider.name]
    table = known_provider(provider.kind)
    if spec.base_url is None or table is None:
        return
    path = (*provider.at, "base_url")
    yield from _version(provider, table.v1, path)
    if provider.domain == "localhost" or provider.domain.startswith("127.") or provider.domain == "::1":
        yield Diagnostic(
            "DRM510",
            path,
            f"in the gateway's container {provider.domain} is the container itself, so '{provider.name}' never answers",
            "not this machine",
            "write an address at which this machine is reached, such as http://192.168.1.20:8080/v1; the "
            "server may have to listen there",
        )
    if provider.kind == "openai" and _private(provider.domain):
        yield Diagnostic(
            "DRM618",
            path,
            f"{provider.domain} is in your own network, and LiteLLM would speak to it as if it were OpenAI",
            "not OpenAI",
            f"write kind: openai-compatible in '{provider.name}'",
        )
    if spec.base_url.startswith("http://") and not _private(provider.domain):
        yield Diagnostic(
            "DRM505",
            path,
            f"the key of '{provider.name}' would cross the network unencrypted",
            "http://",
            "use https://",
        )


def _version(provider: Provider, v1: str, path: Path) -> Iterator[Diagnostic]:
    """Whether the address must, may or must not hold the version of the API is `v1` of the provider's row."""
    versioned = any(re.fullmatch(r"v[0-9][a-z0-9]*", part) for part in urlsplit(provider.base_url).path.split("/"))
    if v1 == "required" and not versioned:
        yield Diagnostic(
            "DRM614",
            path,
            f"the address of an {provider.kind} provider holds the version of its API, mostly as /v1 at the end",
            "no version",
            f"write base_url: {provider.base_url}/v1",
        )
    if v1 == "forbidden" and provider.base_url.endswith("/v1"):
        yield Diagnostic(
            "DRM614",
            path,
            f"the address of {provider.kind} must not end in /v1: it is added on every call",
            "drop /v1",
            f"write base_url: {provider.base_url.removesuffix('/v1')}",
        )


def _private(domain: str) -> bool:
    try:
        return ip_address(domain).is_private
    except ValueError:
        return "." not in domain or domain.endswith((".local", ".lan", ".internal", ".localhost"))
