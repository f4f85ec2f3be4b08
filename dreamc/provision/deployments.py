"""The deployments of a gateway: those it was compiled with against those it has loaded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct

from dreamc.diagnostics.types import Source
from dreamc.document.read import read

Way = Literal["live", "file", "none"]
PRICES = ("input_cost_per_token", "output_cost_per_token")


class Deployment(Struct, frozen=True):
    """One entry of LiteLLM's model_list. Prices in US dollars per token, None where it names none."""

    id: str
    name: str
    model: str
    api_base: str
    prices: tuple[float | None, float | None] = (None, None)


class Loaded(Struct, frozen=True):
    """What one of the gateway's containers has loaded. `way`: `live` as it says itself, `file` as the configuration in
    its container says, `none` where neither could be read; `why` it is not live."""

    container: str
    way: Way
    deployments: tuple[Deployment, ...] = ()
    why: str = ""


_WAYS: Mapping[str, Way] = {"live": "live", "file": "file"}


def compiled(text: str) -> tuple[Deployment, ...]:
    """The deployments of a `config/litellm/<mode>-config.yaml`; none where it cannot be read."""
    document, _ = read(Source("config", text))
    value = document.value if document is not None else None
    rows = value.get("model_list") if isinstance(value, dict) else None
    return tuple(_compiled(one) for one in rows if isinstance(one, dict)) if isinstance(rows, list) else ()


def loaded(said: str) -> tuple[Loaded, ...]:
    """What the step `deployed` printed; a container that said nothing is one that could not be asked."""
    rows = (line.partition("\t") for line in said.splitlines() if "\t" in line)
    return tuple(_loaded(name, text) for name, _, text in rows)


def _loaded(container: str, text: str) -> Loaded:
    try:
        found = json.loads(text)
        rows = tuple(_row(one) for one in found["rows"])
        return Loaded(container, _WAYS.get(found["way"], "none"), rows, str(found["why"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Loaded(container, "none", (), "it did not answer")


def _compiled(one: Mapping[str, Any]) -> Deployment:
    info, params = (
        found if isinstance(found := one.get(part), dict) else {} for part in ("model_info", "litellm_params")
    )
    return _deployment(info.get("id"), one.get("model_name"), _priced(params, info))


def _row(one: Mapping[str, Any]) -> Deployment:
    return _deployment(one["id"], one["name"], _priced(one["params"], one["known"]))


def _priced(params: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with the prices, which stand with what is known of a model; those of a call count before."""
    prices = {key: params.get(key) if params.get(key) is not None else known.get(key) for key in PRICES}
    return {**params, **prices}


def _deployment(identity: object, name: object, params: Mapping[str, Any]) -> Deployment:
    first, second = (_number(params.get(key)) for key in PRICES)
    model, base = params.get("model") or "", params.get("api_base") or ""
    return Deployment(str(identity or ""), str(name or ""), str(model), str(base), (first, second))


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        return None


class Divergence(Struct, frozen=True):
    """One deployment that is not as it was compiled."""

    id: str
    kind: Literal["missing", "extra", "changed"]
    what: str


def divergences(wanted: Iterable[Deployment], found: Iterable[Deployment]) -> Iterator[Divergence]:
    """By id, those that were compiled first. A price that was not compiled is LiteLLM's own affair."""
    now = {one.id: one for one in found}
    known = {one.id: one for one in wanted}
    for name, one in known.items():
        if name not in now:
            yield Divergence(name, "missing", f"{name} is not loaded")
        else:
            yield from (Divergence(name, "changed", f"{name}: {what}") for what in _changes(one, now[name]))
    for name, one in now.items():
        if name not in known:
            yield Divergence(name, "extra", f"{name or one.name} ({one.model}) is loaded, but was not compiled")


def _changes(wanted: Deployment, found: Deployment) -> Iterator[str]:
    pairs = (("name", wanted.name, found.name), ("model", wanted.model, found.model))
    yield from (f"{what} {now or 'nothing'} instead of {then}" for what, then, now in pairs if then != now)
    if wanted.api_base and wanted.api_base.rstrip("/") != found.api_base.rstrip("/"):
        yield f"api_base {found.api_base or 'nothing'} instead of {wanted.api_base}"
    for key, then, now_ in zip(PRICES, wanted.prices, found.prices, strict=True):
        if then is not None and then != now_:
            yield f"{key} {'nothing' if now_ is None else f'{now_:g}'} instead of {then:g}"
