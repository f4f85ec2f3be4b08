"""The rules of `llm_config.yaml`: routing, budget, checks of answers, and which action is how hard."""

from __future__ import annotations

from typing import Any

from dreamc.diagnostics.types import Path
from dreamc.moving import kinds, words
from dreamc.moving.draft import Draft
from dreamc.moving.notes import SEEN, Notes
from dreamc.moving.scalars import mapping, number, series, switch, text, whole
from dreamc.moving.types import Claim

LEVELS = ("simple", "moderate", "complex")
CHECKS = {"validate_json": "valid_json", "check_refusals": "not_refused", "parse_code": "parses_as_code"}


def rules(notes: Notes, draft: Draft, value: dict[str, Any], tiers: list[str]) -> None:
    """Everything beside the tiers."""
    routing = mapping(value.get("routing"))
    _routing(notes, draft, routing)
    _actions(
        notes, draft, mapping(value.get("action_complexity")), mapping(routing.get("action_tier_overrides")), tiers
    )
    _costs(notes, draft, mapping(value.get("cost_control")))
    _checks(notes, draft, mapping(value.get("quality_checks")))
    for key, url in mapping(value.get("model_settings")).items():
        if key.endswith("endpoint") and kinds.is_here(text(url)):
            notes.take(("model_settings", key), "", "the compiler gives servers their addresses")


def _routing(notes: Notes, draft: Draft, routing: dict[str, Any]) -> None:
    for key, value in routing.items():
        at: Path = ("routing", key)
        amount, on = number(value), switch(value)
        if key == "prefer_local" and on is not None:
            draft.claim(notes, at, ("routing", "prefer"), "local" if on else "cloud")
        elif key == "quality_threshold" and amount is not None and 0 <= amount <= 1:
            draft.claim(notes, at, ("routing", "quality", "threshold"), amount)
        elif key == "max_fallback_attempts" and (count := whole(value)):
            draft.claim(notes, at, ("routing", "quality", "max_attempts"), min(count, 10))
        elif key == "enable_self_critique" and on is not None:
            draft.claim(notes, at, ("routing", "quality", "self_critique"), on)
        elif key in ("enable_caching", "cache_ttl"):
            _cache(notes, draft, routing, key)
        elif key in ("enable_consensus", "consensus_models", "consensus_threshold"):
            notes.leave(at, "dream.yaml wants to know for which actions: routing: consensus: {actions: […], models: 3}")


def _cache(notes: Notes, draft: Draft, routing: dict[str, Any], key: str) -> None:
    """Both keys are one: how long answers are kept, if at all."""
    at, on, ttl = ("routing", key), switch(routing.get("enable_caching")), number(routing.get("cache_ttl"))
    if key == "cache_ttl" and ttl and on is not False:
        draft.claim(notes, at, ("routing", "cache", "ttl"), words.seconds(ttl))
    elif key == "enable_caching" and on and not ttl:
        draft.claim(notes, at, ("routing", "cache"), {})
    else:
        notes.take(at, ("routing", "cache"), "" if on is not False else "nothing is kept: no cache: is written")


def _actions(notes: Notes, draft: Draft, levels: dict[str, Any], overrides: dict[str, Any], tiers: list[str]) -> None:
    """Actions by how hard they are go to the tier that serves that; an override of the source wins."""
    actions: dict[str, tuple[str, Path, str]] = {}
    for level, listed in levels.items():
        for index, action in enumerate(series(listed)):
            at: Path = ("action_complexity", level, index) if isinstance(listed, list) else ("action_complexity", level)
            tier = _tier(level, tiers)
            if tier is None:
                notes.leave(at, "no tier serves that" if tiers else "no tiers are listed")
            elif text(action) in overrides:
                notes.correct(at, ("routing", "actions"), "action_tier_overrides says otherwise, and wins")
            else:
                actions[text(action)] = (tier, at, "the router it was written for read a list of its own instead")
    for action, tier in overrides.items():
        at = ("routing", "action_tier_overrides", action)
        if words.word(text(tier)) in tiers:
            actions[action] = (words.word(text(tier)), at, "")
        else:
            notes.leave(at, "there is no tier of that name")
    for action, (tier, at, why) in actions.items():
        draft.claim(notes, at, ("routing", "actions", words.word(action)), tier, why)


def _tier(level: str, tiers: list[str]) -> str | None:
    if level not in LEVELS or not tiers:
        return None
    return {"simple": tiers[0], "moderate": tiers[len(tiers) // 2], "complex": tiers[-1]}[level]


def _costs(notes: Notes, draft: Draft, costs: dict[str, Any]) -> None:
    for key, value in costs.items():
        at: Path = ("cost_control", key)
        amount = number(value)
        if key in ("daily_budget", "monthly_budget") and amount:
            draft.claim(notes, at, ("budget", key.partition("_")[0]), words.money(amount))
        elif key == "alert_threshold" and amount is not None and amount <= 100:
            draft.claim(notes, at, ("budget", "alert_at"), words.share(amount if amount <= 1 else amount / 100))
        elif key == "usage_log_path" and text(value):
            _log(notes, draft, at, text(value))
        elif key == "track_metrics" and switch(value) is not None:
            why = "" if switch(value) else "the gateway always counts; nobody has to look"
            notes.take(at, "", "the gateway counts at /stats and /metrics") if not why else notes.leave(at, why)


def _log(notes: Notes, draft: Draft, at: Path, path: str) -> None:
    name = path.replace("\\", "/").rpartition("/")[2]
    why = "" if name == path else "the directory is the compiler's; a name is enough"
    draft.claim(notes, at, ("usage", "log"), name, why)


def _checks(notes: Notes, draft: Draft, checks: dict[str, Any]) -> None:
    """Each check that is on, under the name that it has here."""
    wanted: list[str] = []
    for key, value in checks.items():
        at: Path = ("quality_checks", key)
        on, target = switch(value), ("routing", "quality", "checks")
        if key in CHECKS and on is not None:
            notes.take(at, target)
            wanted += [CHECKS[key]] if on else []
        elif key == "min_response_length" and number(value) is not None:
            notes.correct(at, target, "not_empty; a least length wants a check of your own, module:function")
            wanted.append("not_empty")
        elif key == "check_hallucinations":
            reason = "no check tells it from words; agreement: true asks a second model" if on else SEEN
            notes.leave(at, reason if on else "off, and no such check exists")
        elif key == "self_critique_threshold":
            notes.leave(at, "one threshold holds for all checks: routing: quality: threshold")
    order = ("not_empty", "not_refused", "valid_json", "parses_as_code")
    if wanted:
        found = [one for one in order if one in wanted]
        draft.claims.append(Claim(("routing", "quality", "checks"), found, notes.at(("quality_checks",))))
