"""LiteLLM configurations: deployments, groups of them, and what the router does when one fails."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from dreamc.diagnostics.types import Path
from dreamc.moving import kinds, words
from dreamc.moving.draft import Chain, Draft, Model
from dreamc.moving.keys import REVOKE, usual, variable
from dreamc.moving.keys import key as key_of
from dreamc.moving.notes import SEEN, Notes
from dreamc.moving.prices import PER_TOKEN, judged
from dreamc.moving.readers.litellm_settings import settings
from dreamc.moving.scalars import mapping, number, series, text, whole

STRATEGIES = {
    "simple-shuffle": "load_balance", "least-busy": "least_loaded", "usage-based-routing": "least_loaded",
    "usage-based-routing-v2": "least_loaded", "latency-based-routing": "fastest", "cost-based-routing": "cheapest",
}  # fmt: skip
COSTS = ("input_cost_per_token", "output_cost_per_token")


def read(notes: Notes, draft: Draft) -> None:
    """The model list, then everything around it."""
    value = mapping(notes.given.value)
    entries = [(index, mapping(one)) for index, one in enumerate(series(value.get("model_list")))]
    groups: dict[str, list[str]] = defaultdict(list)
    count: dict[str, int] = defaultdict(int)
    for _, entry in entries:
        count[text(entry.get("model_name"))] += 1
    for index, entry in entries:
        alias = text(entry.get("model_name"))
        model = _deployment(notes, draft, ("model_list", index), entry, alias, alone=count[alias] == 1)
        if model is not None:
            groups[alias].append(model.names[0])
    strategy = STRATEGIES.get(text(mapping(value.get("router_settings")).get("routing_strategy")), "load_balance")
    for alias, members in groups.items():
        if count[alias] > 1 and len(set(members)) > 1:
            at: Path = ("model_list", next(index for index, one in entries if text(one.get("model_name")) == alias))
            named = tuple((member, at) for member in dict.fromkeys(members))
            draft.chains.append(Chain(words.name(alias), notes, at, named, "capability", strategy))
    settings(notes, draft, value)


def _deployment(
    notes: Notes, draft: Draft, at: Path, entry: dict[str, Any], alias: str, *, alone: bool
) -> Model | None:
    params = mapping(entry.get("litellm_params"))
    written = text(params.get("model"))
    if not alias or not written:
        notes.leave(at, "a deployment needs model_name and litellm_params: model")
        return None
    if written.startswith("auto_router/"):
        notes.leave(at, "LiteLLM's own router: write a chain NAME: routed, and routing: tiers:")
        return None
    model = _identified(notes, draft, at, params, written, alias, alone)
    if model is None:
        return None
    draft.models.append(model)
    notes.take((*at, "model_name"), "the name that clients ask for")
    for key, value in params.items():
        if key not in ("model", "api_base", *COSTS):
            _param(notes, draft, (*at, "litellm_params", key), key, value, model)
    info = mapping(entry.get("model_info"))
    priced = "litellm_params" if any(name in params for name in COSTS) else "model_info"
    prices = params if priced == "litellm_params" else info
    _costs(notes, (*at, priced), prices, model, written.partition("/")[2] or written)
    for key, value in info.items():
        if key not in COSTS or prices is params:
            _info(notes, (*at, "model_info", key), key, value, model)
    return model


def _identified(
    notes: Notes, draft: Draft, at: Path, params: dict[str, Any], written: str, alias: str, alone: bool
) -> Model | None:
    """Which model of which provider, or of one's own, it is."""
    prefix, slash, rest = written.partition("/")
    base, here = text(params.get("api_base")), (*at, "litellm_params")
    if not slash or (prefix not in kinds.PREFIXES and kinds.kind_by_prefix(prefix) is None and not base):
        kind = kinds.kind_by_id(written)
        prefix, rest = (kind or prefix), (written if kind or not slash else rest)
    if _local(prefix, rest, base):
        return _own(notes, at, here, prefix, rest, base, alias, alone)
    kind = _kind(prefix, base)
    if kind is None:
        notes.leave(at, f"dreamc has no provider of kind '{prefix}': give api_base, for kind: openai-compatible")
        return None
    return _cloud(notes, draft, here, kind, rest, base, alias, alone)


def _local(prefix: str, rest: str, base: str) -> bool:
    if prefix in ("ollama", "ollama_chat"):
        return (not base or kinds.is_here(base)) and kinds.kind_by_id(rest) != "ollama-cloud"
    return bool(base) and kinds.is_here(base)


def _kind(prefix: str, base: str) -> str | None:
    if prefix in ("ollama", "ollama_chat"):
        return "ollama-cloud"
    there = kinds.kind_at(base) if base else None
    kind = kinds.kind_by_prefix(prefix) or kinds.kind_of(prefix)
    return there or ("openai-compatible" if base else kind)


def _own(
    notes: Notes, at: Path, here: Path, prefix: str, rest: str, base: str, alias: str, alone: bool
) -> Model | None:
    ollama = prefix in ("ollama", "ollama_chat")
    names = (alias,) if alone else (rest.rpartition("/")[2] or alias,)
    model = Model(notes.at(at), notes, names, "local", asked_for=alone)
    if ollama:
        model.says("source", f"ollama:{rest}", (*here, "model"))
        model.handles.add(f"source:ollama:{rest}")
    else:
        model.says("engine", "vllm", (*here, "model"))
        model.handles |= {f"at:{kinds.address(base)}", f"name:{rest}"}
        if rest.count("/") == 1:
            model.says("source", f"hf:{rest}", (*here, "model"))
            model.handles.add(f"source:hf:{rest.lower()}")
    notes.take((*here, "model"), "models.*.source")
    notes.take((*here, "api_base"), "", "the compiler gives servers their addresses")
    return model


def _cloud(notes: Notes, draft: Draft, here: Path, kind: str, rest: str, base: str, alias: str, alone: bool) -> Model:
    account = words.label(kinds.host_of(base).replace(".", "-")) if kind == "openai-compatible" else kind
    draft.accounts.setdefault(account, usual(kind) if kind != "openai-compatible" else "")
    model = Model(notes.at(here[:-1]), notes, (alias,) if alone else (rest,), "cloud", account, asked_for=alone)
    id_ = f"{rest}-cloud" if kind == "ollama-cloud" and kinds.kind_by_id(f"{rest}-cloud") else rest
    if kind == "ollama-cloud" and kinds.kind_by_id(rest) == "ollama-cloud":
        id_ = rest
    model.says("id", id_, (*here, "model"))
    notes.take((*here, "model"), ("providers", account, "models"))
    if account != kind:
        draft.claim(notes, (*here, "api_base"), ("providers", account, "kind"), kind)
        draft.claim(notes, (*here, "api_base"), ("providers", account, "base_url"), base.rstrip("/"))
    elif base and kinds.is_here(base):
        notes.correct((*here, "api_base"), ("providers", account), "the tag runs on Ollama's servers, asked directly")
    else:
        notes.take((*here, "api_base"), "", "the provider's own address")
    return model


def _param(notes: Notes, draft: Draft, at: Path, key: str, value: object, model: Model) -> None:
    if key == "api_key" and model.location == "cloud":
        key_of(draft, notes, at, ("providers", model.account, "key"), value, variable(model.account))
    elif key == "api_key":
        why = "the compiler sets the key of servers on other hosts"
        literal = kinds.secret_name(text(value)) is None and not kinds.is_no_key(text(value))
        notes.correct(at, "", f"{why}; this one {REVOKE}") if literal else notes.take(at, "", why)
    elif key in ("timeout", "request_timeout") and number(value):
        model.says("timeout", words.seconds(number(value) or 0), at)
        notes.take(at, "timeout")
    elif key == "num_ctx" and whole(value):
        model.says("context", words.tokens(whole(value) or 0), at)
        notes.take(at, "context")
    elif key in ("rpm", "tpm") and model.location == "cloud" and whole(value):
        name = "requests_per_minute" if key == "rpm" else "tokens_per_minute"
        draft.claim(notes, at, ("providers", model.account, "rate_limits", name), whole(value),
                    "the limit is that of the provider, for all its models")  # fmt: skip
    elif key in ("stream_timeout", "drop_params", "keep_alive"):
        notes.take(at, "", SEEN)
    elif key in ("weight", "order", "max_parallel_requests", "rpm", "tpm"):
        notes.leave(at, "shares are even; the place in a chain is the order")
    elif key in ("max_tokens", "temperature", "top_p", "stop"):
        notes.leave(at, "clients say this with each request; a gateway does not set it")


def _costs(notes: Notes, at: Path, params: dict[str, Any], model: Model, id_: str) -> None:
    given = {name.partition("_")[0]: number(params[name]) for name in COSTS if name in params}
    here = [(*at, name) for name in COSTS if name in params]
    if model.location == "local" or not given:
        for one in here:
            notes.take(one, "", "models of one's own have no price per token")
        return
    whole_ = (
        given
        if len(given) == 2
        else {**given, "input": next(iter(given.values())), "output": next(iter(given.values()))}
    )
    found = judged(model.account, id_, whole_, PER_TOKEN)
    for one in here:
        if found is None:
            notes.leave(one, "no price")
        elif found.why:
            notes.correct(one, "usd_per_mtok", found.why)
        else:
            notes.take(one, "usd_per_mtok" if found.rates else "the table's price")
    if found is not None and found.rates is not None:
        model.says("usd_per_mtok", found.rates, here[0])


def _info(notes: Notes, at: Path, key: str, value: object, model: Model) -> None:
    if key == "mode" and value == "embedding":
        model.says("task", "embed", at)
        notes.take(at, "task")
    elif key in ("max_input_tokens", "max_tokens") and whole(value):
        model.says("context", words.tokens(whole(value) or 0), at)
        notes.take(at, "context")
    elif key == "description" and text(value):
        model.says("description", text(value), at)
        notes.take(at, "description")
    elif key in ("id", "mode", "base_model"):
        notes.take(at, "", SEEN)
    elif key in COSTS:
        notes.leave(at, "the price among the parameters wins")
    elif "cost_per_token" in key or "token_cost" in key:
        notes.leave(at, "what a provider's cache and long prompts cost is taken from the table of prices")
    else:
        notes.leave(at, "for people; nothing reads it")
