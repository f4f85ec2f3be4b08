"""`providers:` to accounts and their models, with prices and windows from the tables."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlsplit

from msgspec import Struct

from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.document.scalars import Money, SecretRef
from dreamc.knowledge.ollama import cloud_tag
from dreamc.knowledge.prices import CloudModel as Known
from dreamc.knowledge.prices import Price, cloud_model
from dreamc.knowledge.providers import provider as known_provider
from dreamc.knowledge.providers import provider_kinds
from dreamc.spec.dream import Dream
from dreamc.spec.providers import CloudModel as CloudSpec
from dreamc.spec.providers import Provider as ProviderSpec
from dreamc.stack.spending import Limits, Rates
from dreamc.stack.types import Cloud, Provider, Secret


class Clouds(Struct, frozen=True):
    """All accounts and their models, and what was found wrong on the way."""

    providers: tuple[Provider, ...]
    models: tuple[Cloud, ...]
    findings: tuple[Diagnostic, ...]


def clouds(dream: Dream) -> Clouds:
    """Resolve every provider that is switched on."""
    findings: list[Diagnostic] = []
    providers: list[Provider] = []
    models: list[Cloud] = []
    for name, spec in dream.providers.items():
        found = _provider(name, spec, findings) if spec.enabled else None
        if found is None:
            continue
        providers.append(found)
        for alias, model in spec.models.items():
            if model is None or model.enabled:
                models.append(_model(alias, found, model or CloudSpec(), dream.fallbacks.timeout))
    return Clouds(tuple(providers), tuple(models), tuple(findings))


def secret(reference: SecretRef, fallback: str, what: str) -> Secret:
    """The variable that carries a secret: `DREAM_<NAME>` for `env://NAME`, else `DREAM_<fallback>`."""
    name = reference.name if reference.kind == "env" else fallback
    return Secret(f"DREAM_{name.upper().removeprefix('DREAM_')}", str(reference), what)


def _provider(name: str, spec: ProviderSpec, findings: list[Diagnostic]) -> Provider | None:
    path: Path = ("providers", name)
    kind = spec.kind or name
    table = known_provider(kind)
    if table is None:
        findings.append(_no_kind(path, name, spec))
        return None
    base_url = (spec.base_url or table.base_url).rstrip("/")
    if not base_url:
        message, remedy = f"provider '{name}' has no address", "write base_url: https://api.example.com/v1"
        findings.append(Diagnostic("DRM214", path, message, "expected a `base_url`", remedy, on_key=True))
        return None
    if spec.key is None and table.key_env:
        message, remedy = f"provider '{name}' has no key", f"write key: env://{table.key_env[0]}"
        findings.append(Diagnostic("DRM502", path, message, "expected a `key`", remedy, on_key=True))
    variable = f"{name.upper().replace('-', '_')}_KEY"
    return Provider(
        name=name,
        kind=kind,
        prefix=table.prefix,
        base_url=base_url,
        domain=table.domain if not spec.base_url else _domain(base_url),
        secret=secret(spec.key, variable, f"API key of {name}") if spec.key else None,
        requests_per_minute=spec.rate_limits.requests_per_minute,
        tokens_per_minute=spec.rate_limits.tokens_per_minute,
        custom_price=table.custom_price,
        description=spec.description or table.title,
        at=path,
        budget=Limits(usd(spec.budget.daily), usd(spec.budget.monthly)),
    )


def usd(money: Money | None) -> float | None:
    """The amount; None where none is given. Another currency has been refused by a check."""
    return None if money is None else float(Decimal(money.amount))


def _no_kind(path: Path, name: str, spec: ProviderSpec) -> Diagnostic:
    others = ", ".join(kind for kind in provider_kinds() if kind != "openai-compatible")
    return Diagnostic(
        "DRM213",
        path,
        f"what provider '{name}' speaks is not said",
        "expected a `kind`",
        f"{_kind_of(spec)}write kind: openai-compatible and the `base_url:`, which most services speak; "
        f"the other kinds are {others}",
        on_key=True,
    )


def _kind_of(spec: ProviderSpec) -> str:
    """The kind whose usual variable holds the key, as a suggestion."""
    held = spec.key.name if spec.key and spec.key.kind == "env" else ""
    kinds = (kind for kind in provider_kinds() if (table := known_provider(kind)) and held in table.key_env)
    found = next(kinds, "")
    return f"did you mean kind: {found}? Otherwise " if found else ""


def _domain(url: str) -> str:
    return urlsplit(url).hostname or ""


def _model(name: str, provider: Provider, spec: CloudSpec, timeout: float) -> Cloud:
    id_ = spec.id or name
    known = cloud_model(provider.kind, id_)
    tag = cloud_tag(id_) if provider.kind == "ollama-cloud" else None
    abilities = known.abilities if known else tag.abilities if tag else ()
    return Cloud(
        name=name,
        provider=provider.name,
        id=id_,
        task="embed" if known and known.mode == "embedding" else spec.task,
        tier=spec.tier,
        abilities=spec.abilities if spec.abilities is not None else abilities,
        context=spec.context or (known and known.context) or (tag.context if tag else 0),
        timeout=spec.timeout or timeout,
        rates=_rates(spec, known),
        description=spec.description or "",
        at=("providers", provider.name, "models", name),
        max_output=(known and known.max_output) or 0,
    )


def _rates(spec: CloudSpec, known: Known | None) -> Rates | None:
    if spec.usd_per_mtok:
        own = spec.usd_per_mtok
        return Rates(own.input, own.output, own.cache_read, own.cache_write, "dream.yaml")
    if known is None or known.price is None:
        return None
    return _tariff(known.price, known.source)


def _tariff(price: Price, source: str) -> Rates:
    read, write = (None if one is None else float(one) for one in (price.cache_read, price.cache_write))
    above = None if price.above is None else _tariff(price.above, source)
    return Rates(float(price.input), float(price.output), read, write, source, price.above_tokens, above)
