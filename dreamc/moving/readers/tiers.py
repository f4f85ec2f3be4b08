"""`llm_config.yaml`: models in tiers, the rules of a router, its budget and its checks."""

from __future__ import annotations

from typing import Any

from dreamc.diagnostics.types import Path
from dreamc.moving import kinds, words
from dreamc.moving.draft import Chain, Draft, Model
from dreamc.moving.keys import key as key_of
from dreamc.moving.keys import usual, variable
from dreamc.moving.notes import Notes
from dreamc.moving.prices import PER_THOUSAND, judged
from dreamc.moving.readers.tier_rules import rules
from dreamc.moving.scalars import mapping, number, series, switch, text, whole
from dreamc.moving.types import Claim

ALIAS = "auto"
"""What clients ask for where the router chooses."""


def read(notes: Notes, draft: Draft) -> None:
    """Tiers from the first to the last, which is from the cheapest to the dearest."""
    value = mapping(notes.given.value)
    tiers = [words.word(name) for name in mapping(value.get("tiers"))]
    for name, tier in mapping(value.get("tiers")).items():
        listed = mapping(tier).get("models") if isinstance(tier, dict) else tier
        under: Path = ("tiers", name, "models") if isinstance(tier, dict) else ("tiers", name)
        for index, entry in enumerate(series(listed)):
            if isinstance(entry, dict):
                _model(notes, draft, (*under, index), entry, words.word(name))
    if tiers:
        draft.claims.append(Claim(("routing", "tiers"), tiers, notes.at(("tiers",))))
        draft.chains.append(Chain(ALIAS, notes, ("tiers",), (), "routed"))
    rules(notes, draft, value, tiers)


def _model(notes: Notes, draft: Draft, at: Path, entry: dict[str, Any], tier: str) -> None:
    spoken = text(entry.get("provider")).lower()
    id_ = text(entry.get("model_id")) or text(entry.get("model")) or text(entry.get("name"))
    name = text(entry.get("name")) or id_
    if not id_:
        notes.leave(at, "no model is named")
        return
    endpoint = text(entry.get("endpoint"))
    kind = kinds.kind_of(spoken) or (kinds.kind_by_id(id_) if spoken not in kinds.LOCAL else None)
    if spoken == "ollama" and kinds.kind_by_id(id_) == "ollama-cloud":
        kind = "ollama-cloud"
    if spoken not in ("ollama", "vllm") and kind is None:
        notes.leave(at, f"dreamc runs no '{spoken}': serve it elsewhere, and add it as kind: openai-compatible")
        return
    model = Model(
        notes.at(at), notes, (name, id_) if name != id_ else (name,), "cloud" if kind else "local", kind or ""
    )
    draft.models.append(model)
    _identity(notes, draft, at, entry, model, id_, spoken)
    model.says("tier", tier, at)
    for key, value in entry.items():
        _key(notes, draft, (*at, key), value, model, id_)
    if endpoint:
        _endpoint(notes, draft, (*at, "endpoint"), endpoint, kind)


def _identity(notes: Notes, draft: Draft, at: Path, entry: dict[str, Any], model: Model, id_: str, spoken: str) -> None:
    key = next((one for one in ("model_id", "model", "name") if entry.get(one)), "name")
    for one in ("name", "provider", "model_id", "model"):
        if one in entry:
            notes.take((*at, one), "models" if model.location == "local" else ("providers", model.account))
    if model.location == "cloud":
        draft.accounts.setdefault(model.account, usual(model.account))
        model.says("id", id_, (*at, key))
        return
    scheme = "ollama" if spoken == "ollama" else "hf"
    if scheme == "hf" and "/" not in id_:
        notes.leave((*at, key), "which Hugging Face repository it is is said nowhere: write source: hf:ORG/REPO")
        return
    model.says("source", f"{scheme}:{id_}", (*at, key))
    model.handles.add(f"source:{scheme}:{id_}" if scheme == "ollama" else f"source:hf:{id_.lower()}")


def _key(notes: Notes, draft: Draft, at: Path, value: object, model: Model, id_: str) -> None:
    amount, key = number(value), at[-1]
    if key == "enabled" and switch(value) is not None:
        notes.take(at, "enabled")
        if not switch(value):
            model.says("enabled", False, at)
    elif key == "timeout" and amount:
        model.says("timeout", words.seconds(amount), at)
        notes.take(at, "timeout")
    elif key in ("context_window", "context_length") and whole(value):
        model.says("context", words.tokens(whole(value) or 0), at)
        notes.take(at, "context")
    elif key in ("cost_per_1k_tokens", "cost_per_1k"):
        price(notes, at, value, model, id_)
    elif key in ("api_key", "key"):
        key_of(draft, notes, at, ("providers", model.account, "key"), value, variable(model.account))
    elif key in ("max_tokens", "temperature", "top_p", "top_k", "stop"):
        notes.leave(at, "clients say this with each request; a gateway does not set it")
    elif key == "description" and text(value):
        model.says("description", text(value), at)
        notes.take(at, "description")


def price(notes: Notes, at: Path, value: object, model: Model, id_: str) -> None:
    """A price per thousand tokens, looked at beside the table's."""
    if model.location == "local":
        free = not number(value)
        notes.take(at, "", "models of one's own have no price per token") if free else notes.leave(
            at, "a model of one's own has no price per token"
        )
        return
    found = judged(model.account, id_, value, PER_THOUSAND)
    if found is None:
        notes.leave(at, "no price")
        return
    if found.rates is not None:
        model.says("usd_per_mtok", found.rates, at)
    target = "usd_per_mtok" if found.rates is not None else "the table's price"
    if found.why:
        notes.correct(at, target, found.why)
    else:
        notes.take(at, target)


def _endpoint(notes: Notes, draft: Draft, at: Path, url: str, kind: str | None) -> None:
    if kind is None:
        if kinds.is_here(url):
            notes.take(at, "", "the compiler gives servers their addresses")
        else:
            notes.leave(at, "a server elsewhere: list its host under hardware:, or add it as kind: openai-compatible")
    elif kinds.kind_at(url) == kind:
        notes.take(at, "", "the provider's own address")
    else:
        draft.claim(notes, at, ("providers", kind, "base_url"), url.rstrip("/"))
