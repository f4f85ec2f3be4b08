"""The routing profiles of a hybrid deployment: conservative, balanced, performance."""

from __future__ import annotations

from dreamc import resources
from dreamc.moving import kinds, words
from dreamc.moving.draft import Draft, Model
from dreamc.moving.keys import usual
from dreamc.moving.notes import Notes
from dreamc.moving.scalars import mapping, number, series, switch, text


def read(notes: Notes, draft: Draft) -> None:
    """The profile's name, its budget and its rules."""
    value = mapping(notes.given.value)
    shipped = tuple(one.removesuffix(".yaml") for one in resources.names("profiles"))
    if text(value.get("profile")) in shipped:
        draft.claim(notes, ("profile",), ("profile",), value["profile"])
    for key in ("monthly_budget", "daily_budget"):
        if amount := number(value.get(key)):
            draft.claim(notes, (key,), ("budget", key.partition("_")[0]), words.money(amount))
    rules = mapping(value.get("routing_rules"))
    for key, rule in rules.items():
        _rule(notes, draft, key, rule)


def _rule(notes: Notes, draft: Draft, key: str, rule: object) -> None:
    at = ("routing_rules", key)
    score, on = number(rule), switch(rule)
    if key == "complexity_threshold" and score is not None and 0 <= score <= 1:
        draft.claim(notes, at, ("routing", "cloud_from"), score)
    elif key in ("always_try_local_first", "prefer_local") and on is not None:
        draft.claim(notes, at, ("routing", "prefer"), "local" if on else "cloud")
    elif key == "fallback" and text(rule) in ("local", "local_with_cot"):
        draft.claim(notes, at, ("routing", "when_cut"), rule)
    elif key == "cloud_models":
        for index, id_ in enumerate(series(rule)):
            _cloud(notes, draft, (*at, index) if isinstance(rule, list) else at, text(id_))


def _cloud(notes: Notes, draft: Draft, at: tuple[str | int, ...], id_: str) -> None:
    kind = kinds.kind_by_id(id_)
    if kind is None:
        notes.leave(at, "the tables know no model of that id: add it under providers: yourself")
        return
    model = Model(notes.at(at), notes, (id_,), "cloud", kind)
    model.says("id", id_, at)
    draft.models.append(model)
    notes.take(at, ("providers", kind, "models"))
    draft.accounts.setdefault(kind, usual(kind))
