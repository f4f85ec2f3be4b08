"""What all sources say together: one model for all its names, the source that is believed most for each value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from dreamc.diagnostics.types import Path
from dreamc.hub.known import shape_of
from dreamc.hub.shape import ModelShape
from dreamc.knowledge.ollama import cloud_tag, ollama_model
from dreamc.knowledge.prices import cloud_model
from dreamc.knowledge.providers import provider, secret_in
from dreamc.moving import words
from dreamc.moving.draft import Draft, Model, Said
from dreamc.moving.join_chains import chains
from dreamc.moving.joined import Joined, One
from dreamc.moving.keys import REVOKE
from dreamc.moving.notes import Notes
from dreamc.moving.types import Claim, Conflict, dotted

NAMING = ("litellm", "mappings", "providers", "tiers", "vllm", "compose", "profile")
"""Whose name for a model is kept: what clients ask for first."""
NO_SOURCE = "where its weights come from is said nowhere: add the vLLM command line, or source: hf:ORG/REPO"
BELIEVED = "says otherwise, and is believed more"
OF_LOCAL = ("source", "engine", "concurrency", "gpus", "port", "dtype", "quantization", "kv_cache_dtype", "offload")
SOURCE = re.compile(r"ollama:[^\s@]+|hf:[A-Za-z0-9._-]+/[A-Za-z0-9._-]+(@[A-Za-z0-9._-]+)?")
OF_CLOUD = ("id", "usd_per_mtok")


def join(draft: Draft, sources: Sequence[Notes]) -> Joined:
    """Everything of the draft as claims; what is dropped on the way is noted at its source."""
    joined = Joined()
    everyone = _kept([_one(group, joined) for group in _groups(draft.models)])
    _unique(everyone)
    for one in everyone:
        joined.claims += _claims(one)
    joined.claims += chains(draft, everyone)
    _settings(draft, joined, {notes.given.index: notes for notes in sources})
    _keys(draft, everyone, joined)
    known = {notes.given.index: notes for notes in sources}
    joined.claims = [claim for claim in joined.claims if not _secret(claim, known)]
    return joined


def _secret(claim: Claim, sources: Mapping[int, Notes]) -> bool:
    """Whether a claim holds what looks like a key, wherever it stood; it is not written then."""
    found = any(secret_in(text) for text in _texts(claim.value)) or any(secret_in(str(part)) for part in claim.path)
    if found and claim.origin is not None:
        sources[claim.origin.given.index].leave(
            claim.origin.path, f"looks like a key, so it was not copied: it {REVOKE}"
        )
    return found


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield str(key)
            yield from _texts(below)
    elif isinstance(value, (list, tuple)):
        for below in value:
            yield from _texts(below)
    elif isinstance(value, str):
        yield value


def _groups(models: Sequence[Model]) -> list[list[Model]]:
    """Facts that share a name or a mark are of one model."""
    groups: list[tuple[set[str], list[Model]]] = []
    for model in models:
        marks = {f"name:{name}" for name in model.names} | model.handles
        marks = {mark for mark in marks if not mark.startswith("provider:")}
        same = [group for group in groups if group[0] & marks and _may_be(group[1], model)]
        merged = (set(marks), [model])
        for group in same:
            merged = (merged[0] | group[0], [*group[1], *merged[1]])
            groups.remove(group)
        groups.append(merged)
    order = {id(model): at for at, model in enumerate(models)}
    found = [sorted(facts, key=lambda one: order[id(one)]) for _, facts in groups]
    return sorted(found, key=lambda facts: order[id(facts[0])])


def _may_be(group: list[Model], model: Model) -> bool:
    """A model of one's own is no cloud's, and one cloud's is not another's."""
    places = {(one.location, one.account) for one in (*group, model) if one.location is not None}
    return len(places) < 2


def _one(facts: list[Model], joined: Joined) -> One:
    named = min(facts, key=lambda one: NAMING.index(one.at.given.kind) if one.at.given.kind in NAMING else 9)
    placed = next((one for one in facts if one.location is not None), named)
    found = One(words.name(named.names[0]), tuple(facts), placed.location or "", placed.account)
    said = sorted((each for one in facts for each in one.said), key=lambda each: each.origin.rank)
    for each in said:
        first = found.values.setdefault(each.field, each)
        if first.value != each.value:
            _disagree(found, first, each, joined)
    return found


def _disagree(one: One, kept: Said, dropped: Said, joined: Joined) -> None:
    """Two kinds of source differ: the one that is believed more wins, and both are named."""
    target = (*one.path, *kept.field.split("."))
    same_kind = kept.origin.given.kind == dropped.origin.given.kind
    why = "the first of two" if same_kind else "what is started, then what clients see, then what describes it"
    joined.conflicts.append(Conflict(dotted(target), str(kept.origin), str(dropped.origin), why))
    for fact in one.facts:
        if fact.notes.given is dropped.origin.given:
            fact.notes.leave(dropped.origin.path, f"{kept.origin.place} {BELIEVED}")


def _kept(everyone: list[One]) -> list[One]:
    """Those that dream.yaml can name; the others are left with what is missing."""
    kept = []
    for one in everyone:
        source = str(one.values["source"].value) if "source" in one.values else ""
        if (one.location == "cloud" and one.account) or (one.location == "local" and SOURCE.fullmatch(source)):
            kept.append(one)
        else:
            for fact in one.facts:
                _drop(fact, NO_SOURCE if one.location == "local" else "no file says what serves it")
    return kept


def _drop(fact: Model, why: str) -> None:
    """Every key below the model, whatever was noted of it before."""
    at = fact.at.path
    for path in tuple(fact.notes.noted):
        if path[: len(at)] == at and len(path) > len(at):
            del fact.notes.noted[path]
    fact.notes.leave(at, why)


def _unique(everyone: list[One]) -> None:
    """One name, one model: the same name at another place gets its place added."""
    seen: set[str] = set()
    for one in everyone:
        if one.name in seen:
            one.name = f"{one.name}-{one.account or 'local'}"
        seen.add(one.name)


def _claims(one: One) -> list[Claim]:
    """In the order that people write."""
    order = ("source", "engine", "id", "context", "concurrency", "tier", "enabled")
    keys = sorted(one.values, key=lambda key: order.index(key) if key in order else len(order))
    claims = []
    for key in keys:
        each = one.values[key]
        foreign = OF_CLOUD if one.location == "local" else OF_LOCAL
        path = (*one.path, *key.split(".", 1))
        _targeted(one, each, path)
        if key not in foreign and not _needless(one, key):
            claims.append(Claim(path, each.value, each.origin))
    servers = {name for fact in one.facts for name in fact.servers}
    files = {fact.at.given.name for fact in one.facts if fact.servers}
    most = max(
        (sum(1 for fact in one.facts if fact.servers and fact.at.given.name == name) for name in files), default=0
    )
    if most > 1 and len(servers) > 1:
        claims.append(Claim((*one.path, "replicas"), most, one.facts[0].at))
    return claims or [Claim(one.path, {}, one.facts[0].at)]


def _targeted(one: One, each: Said, path: Path) -> None:
    """The note on the key says where exactly it went."""
    notes = _notes(one, each)
    for at, known in notes.noted.items():
        words_ = known.target == f"models.*.{each.field}" and at[:-1] == each.origin.path[:-1]
        if words_ or (at == each.origin.path and known.target == each.field):
            notes.noted[at] = replace(known, target=dotted(path))


def _notes(one: One, each: Said) -> Notes:
    return next(fact.notes for fact in one.facts if fact.notes.given is each.origin.given)


def _needless(one: One, key: str) -> bool:
    """What dream.yaml would take by itself."""
    each = one.values[key]
    if key == "engine":
        return True
    if key == "id":
        return each.value == one.name
    if key != "context":
        return False
    why = _other_window(one, each.value)
    if why:
        _notes(one, each).correct(each.origin.path, "", why)
    return bool(why)


def _other_window(one: One, value: object) -> str:
    """Why a length of context is better left out; empty where it is not."""
    if one.location == "cloud":
        id_ = str(one.values["id"].value) if "id" in one.values else one.name
        known = cloud_model(one.account, id_) or cloud_tag(id_)
        return "the table has the window of this model" if known is not None and known.context else ""
    source = str(one.values["source"].value)
    shape = shape_of(source.removeprefix("hf:").partition("@")[0]) if source.startswith("hf:") else None
    here = ollama_model(source.removeprefix("ollama:")) if source.startswith("ollama:") else None
    tokens = int(str(value).removesuffix("k")) * (1024 if str(value).endswith("k") else 1)
    most = here.context if here else shape.max_len if isinstance(shape, ModelShape) else tokens
    return "longer than the model reads: the compiler takes what fits" if tokens > most else ""


def _settings(draft: Draft, joined: Joined, sources: Mapping[int, Notes]) -> None:
    """Plain claims: of several for one path the one that is believed most."""
    found: dict[Path, Claim] = {}
    for claim in sorted(draft.claims, key=lambda one: one.origin.rank if one.origin else 0):
        first = found.setdefault(claim.path, claim)
        if first.value != claim.value and claim.path != ("mode",) and first.origin and claim.origin:
            why = "the first of two, in the order of what is believed"
            joined.conflicts.append(Conflict(dotted(claim.path), str(first.origin), str(claim.origin), why))
            sources[claim.origin.given.index].leave(claim.origin.path, f"{first.origin.place} {BELIEVED}")
    _modes(found, draft)
    joined.claims += _without_parents(found)


def _modes(found: dict[Path, Claim], draft: Draft) -> None:
    """Of several compose files the fullest mode is the one to start in."""
    given = [claim for claim in draft.claims if claim.path == ("mode",)]
    for mode in ("hybrid", "local", "cloud"):
        one = next((claim for claim in given if claim.value == mode), None)
        if one is not None and all(claim.origin and claim.origin.given.kind == "compose" for claim in given):
            found["mode",] = one
            return


def _without_parents(found: dict[Path, Claim]) -> list[Claim]:
    """An empty mapping first, then what goes into it."""
    return sorted(found.values(), key=lambda claim: claim.value != {})


def _keys(draft: Draft, everyone: list[One], joined: Joined) -> None:
    """Every provider with a model gets the reference to its key."""
    used = {one.account for one in everyone if one.location == "cloud"}
    claimed = {claim.path for claim in joined.claims}
    joined.claims = [one for one in joined.claims if one.path[0] != "providers" or one.path[1] in used]
    for account in sorted(used):
        variable = draft.accounts.get(account, "")
        named = next((name for name in _spellings(account, variable) if name in draft.secrets), "")
        if ("providers", account, "key") not in claimed and (variable or named):
            origin = draft.secrets[named][0][0].at(draft.secrets[named][0][1]) if named else None
            joined.claims.append(Claim(("providers", account, "key"), f"env://{named or variable}", origin))
    joined.claims.sort(key=lambda claim: claim.path[0] == "providers" and claim.path[2:3] == ("models",))
    _noted_keys(draft, used)


def _spellings(account: str, variable: str) -> tuple[str, ...]:
    known = provider(account)
    return tuple(dict.fromkeys((variable, *(known.key_env if known else ()))))


def _noted_keys(draft: Draft, used: set[str]) -> None:
    """Variables of keys whose provider is there are taken after all."""
    accounts = {name: one for one in used for name in _spellings(one, draft.accounts.get(one, ""))}
    for name, places in draft.secrets.items():
        for notes, at in places:
            if name in accounts and notes.of(at).verdict == "left":
                notes.take(at, ("providers", accounts[name], "key"))
