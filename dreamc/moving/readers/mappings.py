"""`model-mappings.yaml`: who serves a model, who stands in for it, and which skills it has."""

from __future__ import annotations

from typing import Any

from dreamc.diagnostics.types import Path
from dreamc.moving import kinds, words
from dreamc.moving.draft import Chain, Draft, Model
from dreamc.moving.notes import SEEN, Notes
from dreamc.moving.readers.skills import skills
from dreamc.moving.scalars import mapping, number, series, text

DIRECT = "the next model of the chain is the retry"


def read(notes: Notes, draft: Draft) -> None:
    """Exact matches, chains, skills; what chooses by patterns or sizes has no place here."""
    value = mapping(notes.given.value)
    chains = mapping(value.get("fallback_chains"))
    for name, match in mapping(value.get("exact_matches")).items():
        _match(notes, draft, name, mapping(match), chains)
    skills(notes, draft, value)
    for name, chain in chains.items():
        _chain(notes, draft, name, chain)
    for index, pattern in enumerate(series(value.get("patterns"))):
        del pattern
        notes.leave(("patterns", index), "names are matched exactly: give each model its own chain")
    if value.get("patterns") == []:
        notes.take(("patterns",), "", "none")
    _rest(notes, value)


def _match(notes: Notes, draft: Draft, name: str, match: dict[str, Any], chains: dict[str, Any]) -> None:
    at: Path = ("exact_matches", name)
    home, backend = text(match.get("provider")), text(match.get("backend_model"))
    model = Model(notes.at(at), notes, (name,), asked_for=True)
    draft.models.append(model)
    draft.of_provider(home, [name] if name not in draft.serves.get(home, []) else [])
    _home(draft, model, home, name, backend, at)
    for key, value in match.items():
        here = (*at, key)
        if key in ("provider", "backend_model"):
            notes.take(here, "models" if model.location == "local" else "providers")
        elif key == "description" and text(value):
            model.says("description", text(value), here)
            notes.take(here, "description")
        elif key == "fallback":
            _fallback(notes, draft, here, name, text(value), chains)
        elif key == "priority":
            notes.take(here, "", "the place in a chain says it")
        elif key == "rate_limit":
            notes.leave(here, "limits are those of a provider: providers: *: rate_limits:")


def _home(draft: Draft, model: Model, home: str, name: str, backend: str, at: Path) -> None:
    """What serves it, where no other file says more."""
    engine = draft.engines.get(home) or kinds.kind_of(home) or home.lower()
    if engine in ("ollama", "vllm"):
        model.location = "local"
        tag = backend.removeprefix("ollama/").removeprefix("ollama_chat/") or name
        if engine == "ollama" and kinds.kind_by_id(tag) != "ollama-cloud":
            model.says("source", f"ollama:{tag}", at)
        elif engine == "vllm" and backend.count("/") == 1:
            model.says("source", f"hf:{backend}", (*at, "backend_model"))
            model.handles.add(f"source:hf:{backend.lower()}")
    kind = kinds.kind_of(engine)
    if kind and kind != "openai-compatible":
        model.location, model.account = "cloud", kind
        model.says("id", backend.partition("/")[2] or backend or name, at)


def _fallback(notes: Notes, draft: Draft, at: Path, name: str, after: str, chains: dict[str, Any]) -> None:
    if name in chains:
        notes.take(at, ("fallbacks", "chains", name), "its chain says more")
    elif after:
        notes.take(at, ("fallbacks", "chains", name))
        draft.chains.append(Chain(name, notes, at, ((name, at), (after, at))))


def _chain(notes: Notes, draft: Draft, name: str, chain: object) -> None:
    """A mapping with `chain`, or the list itself."""
    at: Path = ("fallback_chains", name)
    under: Path = (*at, "chain") if isinstance(chain, dict) else at
    listed = chain.get("chain") if isinstance(chain, dict) else chain
    members = tuple((text(one), (*under, index)) for index, one in enumerate(series(listed)))
    for _, here in members:
        notes.take(here, ("fallbacks", "chains", name))
        if name == "default":
            notes.correct(
                here, ("fallbacks", "chains", name), "a name that clients ask for; nothing stands behind all others"
            )
    details = mapping(chain)
    says = text(details.get("description"))
    draft.chains.append(Chain(words.name(name), notes, at, members, description=says))
    for key, value in details.items():
        here = (*at, key)
        if key == "description":
            notes.take(here, ("fallbacks", "chains", name, "description"))
        elif key == "tier":
            notes.take(here, "", "where its members run says it")
        elif key in ("retry_attempts", "retry_delay_ms"):
            notes.correct(here, "", DIRECT) if number(value) else notes.take(here, "", DIRECT)
        elif key == "notes":
            notes.leave(here, "for people; write it as a comment")


def _rest(notes: Notes, value: dict[str, Any]) -> None:
    for key in mapping(value.get("routing_rules")):
        notes.leave(("routing_rules", key), "routing: decides by action and complexity, and a name has its own chain")
    if "special_cases" in value:
        notes.leave(("special_cases",), "fallbacks: triggers: says when the next model is asked, for all chains")
    if "metadata" in value:
        notes.leave(("metadata",), f"for people; {SEEN}, without a date")
    if "notes" in value:
        notes.leave(("notes",), "for people; write it as a comment")
