"""`providers.yaml`: model servers and cloud accounts, with what each serves."""

from __future__ import annotations

from typing import Any

from dreamc.diagnostics.types import Path
from dreamc.moving import kinds, words
from dreamc.moving.draft import Draft, Model
from dreamc.moving.keys import usual
from dreamc.moving.notes import SEEN, Notes
from dreamc.moving.readers.provider_keys import account_keys, hardware, server_keys
from dreamc.moving.readers.tiers import price
from dreamc.moving.scalars import mapping, series, text, whole

OFF = ("disabled", "inactive")
UNREADY = ("pending_integration", "template", "planned")
FOR_PEOPLE = "for people; nothing reads it"


def read(notes: Notes, draft: Draft) -> None:
    """Every entry; counts and probes are the compiler's own."""
    value = mapping(notes.given.value)
    for id_, entry in mapping(value.get("providers")).items():
        if isinstance(entry, dict):
            _provider(notes, draft, ("providers", id_), id_, entry)
    for key in value:
        if key == "metadata":
            notes.leave((key,), "counts and dates; compile counts anew and writes no date")
        elif key == "health_checks":
            notes.take((key,), "", f"{SEEN}: every service has a check that spends no money")


def _provider(notes: Notes, draft: Draft, at: Path, id_: str, entry: dict[str, Any]) -> None:
    status, spoken = text(entry.get("status")).lower(), text(entry.get("type")).lower()
    url = text(entry.get("base_url"))
    if status in UNREADY:
        notes.leave(at, f"its status is {status}: nothing serves it yet")
        return
    kind = _kind(spoken, id_, url)
    if kind is None and spoken not in ("ollama", "vllm"):
        notes.leave(at, _refused(spoken))
        return
    draft.engines[id_] = kind or spoken
    notes.leave(at)
    for key in ("type", "base_url", "status"):
        if key in entry:
            notes.take((*at, key), ("providers", _name(id_, kind)) if kind else "models")
    if kind is None:
        _server(notes, draft, at, id_, entry, spoken)
    else:
        _account(notes, draft, at, id_, entry, kind)


def _kind(spoken: str, id_: str, url: str) -> str | None:
    """A cloud's kind; None for a server of one's own."""
    if spoken in kinds.LOCAL and (not url or kinds.is_here(url)):
        return None
    there = kinds.kind_at(url)
    if there:
        return there
    if spoken in ("openai_compatible", "openai-compatible"):
        return kinds.kind_of(id_) if not url else "openai-compatible"
    return kinds.kind_of(spoken) or ("ollama-cloud" if spoken == "ollama" else None)


def _refused(spoken: str) -> str:
    if spoken in kinds.LOCAL:
        return "dreamc runs vLLM and Ollama; add this server as a provider of kind: openai-compatible, with /v1"
    if spoken == "web_ui":
        return "no model server; Open WebUI is services: open-webui"
    if spoken == "tool_server":
        return "no model server; MCP servers elsewhere go under gateway: mcp_servers:"
    return f"dreamc knows no provider of type '{spoken}'; what speaks OpenAI's API is kind: openai-compatible"


def _name(id_: str, kind: str) -> str:
    """What the provider is called in dream.yaml: its kind, so that several files mean the same one."""
    return words.label(id_) if kind == "openai-compatible" else kind


def _account(notes: Notes, draft: Draft, at: Path, id_: str, entry: dict[str, Any], kind: str) -> None:
    name = _name(id_, kind)
    draft.accounts.setdefault(name, usual(kind) if kind != "openai-compatible" else "")
    if name != kind:
        draft.claim(notes, (*at, "type"), ("providers", name, "kind"), kind)
    url = text(entry.get("base_url")).rstrip("/")
    if url and kinds.kind_at(url) != kind:
        draft.claim(notes, (*at, "base_url"), ("providers", name, "base_url"), url)
    if text(entry.get("status")).lower() in OFF:
        draft.claim(notes, (*at, "status"), ("providers", name, "enabled"), False)
    account_keys(notes, draft, at, entry, name)
    prices = mapping(entry.get("cost_per_1k_tokens"))
    listed = series(entry.get("models"))
    for index, one in enumerate(listed):
        path: Path = (*at, "models", index)
        called = text(one.get("name")) if isinstance(one, dict) else text(one)
        model = Model(notes.at(path), notes, (called,), "cloud", name, handles={f"provider:{id_}"})
        model.says("id", called, path)
        _entry(notes, draft, path, one, model, called)
        if called in prices:
            price(notes, (*at, "cost_per_1k_tokens", called), prices[called], model, called)
    draft.of_provider(id_, [text(one.get("name")) if isinstance(one, dict) else text(one) for one in listed])


def _server(notes: Notes, draft: Draft, at: Path, id_: str, entry: dict[str, Any], engine: str) -> None:
    listed, off = series(entry.get("models")), text(entry.get("status")).lower() in OFF
    url = text(entry.get("base_url"))
    called = []
    for index, one in enumerate(listed):
        path: Path = (*at, "models", index)
        name = text(one.get("name")) if isinstance(one, dict) else text(one)
        called.append(name)
        cloud = engine == "ollama" and kinds.kind_by_id(name) == "ollama-cloud"
        model = Model(notes.at(path), notes, (name,), "cloud" if cloud else "local", "ollama-cloud" if cloud else "")
        if engine == "vllm" and url and len(listed) == 1:
            model.handles.add(f"at:{kinds.address(url)}")
        _entry(notes, draft, path, one, model, name)
        if cloud:
            draft.accounts.setdefault("ollama-cloud", usual("ollama-cloud"))
            notes.correct((*path, "name") if isinstance(one, dict) else path, "providers.ollama-cloud", ONLY_THERE)
            model.says("id", name, path)
        else:
            _local(model, path, engine, name, off)
    draft.of_provider(id_, called)
    server_keys(notes, at, entry, draft.models[-len(listed) :] if listed else [])
    hardware(notes, draft, at, entry)
    if entry.get("status") and off:
        notes.take((*at, "status"), "enabled: false")


ONLY_THERE = "this tag runs on Ollama's servers only, whatever address asks for it"


def _local(model: Model, path: Path, engine: str, name: str, off: bool) -> None:
    if engine == "ollama":
        model.says("source", f"ollama:{name}", path)
        model.handles.add(f"source:ollama:{name}")
    else:
        model.says("engine", "vllm", path)
        if name.count("/") == 1:
            model.says("source", f"hf:{name}", path)
            model.handles.add(f"source:hf:{name.lower()}")
    if off:
        model.says("enabled", False, path)


def _entry(notes: Notes, draft: Draft, path: Path, one: object, model: Model, name: str) -> None:
    """One model: a name, or a mapping with what is said of it."""
    draft.models.append(model)
    if not name:
        notes.leave(path, "no name")
        return
    if not isinstance(one, dict):
        notes.take(path, "models")
        return
    for key, value in one.items():
        at = (*path, key)
        if key == "name":
            notes.take(at, "models")
        elif key == "context_length" and whole(value):
            model.says("context", words.tokens(whole(value) or 0), at)
            notes.take(at, "context")
        elif key == "description" and text(value):
            model.says("description", text(value), at)
            notes.take(at, "description")
        elif key in ("size", "quantization", "model_size_gb", "kv_cache_available_gb"):
            notes.correct(at, "source", "the weights themselves say it, and the compiler computes it")
        elif key in ("pulled_at", "specialty", "tags", "use_case"):
            notes.leave(at, FOR_PEOPLE)
