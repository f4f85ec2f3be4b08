"""config/policy.json and config/whitelist.json: what the policy in the gateway decides by."""

from __future__ import annotations

from dreamc.diagnostics.types import Path
from dreamc.explain import sized
from dreamc.explain.cast import account, alias_path, member
from dreamc.explain.known import cloud_row, model_row, provider_row
from dreamc.explain.types import Rule, Scene, Spot, Told
from dreamc.explain.words import fixed, key
from dreamc.stack.types import Cloud, Local

HERE = "backends/policy.py"
WHITELIST: tuple[tuple[str, str], ...] = (("cloud_domains", "cloud_apis"), ("tasks", "allowed_for_cloud"))


def _member(scene: Scene, spot: Spot) -> Told | None:
    one, what = member(scene, spot.text(1)), spot.text(2)
    if one is None:
        return None
    if isinstance(one, Local):
        return sized.context(scene, one) if what == "context" else _local(one, what)
    return _cloud(scene, one, what)


def _local(one: Local, what: str) -> Told:
    keys = {"tier": "tier", "abilities": "abilities", "engine": "engine"}
    path = (*one.at, keys[what]) if what in keys else one.at
    return Told(f"{what} of a model on your own card", (path, (*one.at, "source")), model_row(one))


def _cloud(scene: Scene, one: Cloud, what: str) -> Told:
    home = account(scene, one)
    if what in ("provider", "domain", "location"):
        why = "the domain that the whitelist is asked about" if what == "domain" else f"{what} of a cloud model"
        return Told(why, (home.at, (*home.at, "base_url")), provider_row(home))
    if what == "max_output":
        return Told("the most that one answer can hold, and so cost", ((*one.at, "id"),), cloud_row(scene, one))
    name = {"context": "context", "abilities": "abilities", "tier": "tier"}.get(what, "usd_per_mtok")
    return Told(f"{what} of a cloud model", ((*one.at, name), (*one.at, "id")), cloud_row(scene, one))


def _mode(scene: Scene, spot: Spot) -> Told:
    mode, kind, name = spot.text(1), spot.text(2), spot.text(3)
    if kind == "tiers":
        why = f"who serves the tier {name} in {mode} mode: its own members, then those that stand in"
        return Told(why, (("routing", "tiers"), *_tiered(scene, str(spot.value))))
    why = f"who answers {name} in {mode} mode, in order; members that this mode does not have are left out"
    return Told(why, (*alias_path(scene, name), ("mode",) if mode == scene.stack.mode else ("fallbacks", "enabled")))


def _tiered(scene: Scene, name: str) -> tuple[Path, ...]:
    one = member(scene, name)
    return ((*one.at, "tier"),) if one else ()


def _alias(scene: Scene, spot: Spot) -> Told:
    return Told("a name that clients may ask for, the same in every mode", alias_path(scene, str(spot.value)))


def _action(_scene: Scene, spot: Spot) -> Told:
    return Told("the kind of action decides the tier before anything else", (("routing", "actions", spot.text(1)),))


def _bound(scene: Scene, spot: Spot) -> Told | None:
    entry = spot.above(2)
    if not isinstance(entry, dict):
        return None
    tier = str(entry.get("tier"))
    path: Path = ("routing", "complexity", tier)
    if path in scene.document.places:
        return Told(f"up to which score the tier {tier} serves, and on what condition", (path,))
    formula = "local tiers share [0, cloud_from] evenly, cloud tiers the rest"
    return Told("the file gives no bounds", (("routing", "cloud_from"), ("routing", "tiers")), (), formula)


def _budget(_scene: Scene, spot: Spot) -> Told:
    name = {"daily_usd": "daily", "monthly_usd": "monthly"}.get(spot.text(1), spot.text(1))
    return Told("limits of calendar days and months in UTC; null is no limit", (("budget", name),))


def _provider_budget(scene: Scene, spot: Spot) -> Told | None:
    home = next((one for one in scene.stack.providers if one.name == spot.text(2)), None)
    name = {"daily_usd": "daily", "monthly_usd": "monthly"}.get(spot.text(3), "")
    why = "limits of one provider, beside those of the stack; null is no limit"
    return None if home is None else Told(why, ((*home.at, "budget", name),))


def _listed(scene: Scene, spot: Spot) -> Told:
    section = spot.text(1) if spot.path.endswith("policy.json") else spot.text(0)
    name = dict(WHITELIST).get(section, section)
    rest = spot.keys[2:] if spot.path.endswith("policy.json") else spot.keys[1:]
    path: Path = ("whitelist", name, *rest)
    known = path in scene.document.places
    return Told("what is not listed is denied", (path if known else ("whitelist", name),))


def _routing(name: str) -> Rule:
    def explain(_scene: Scene, spot: Spot) -> Told:
        rest = spot.keys[1:2]
        return Told(f"{name} of routed chains", (("routing", name, *(str(one) for one in rest if one != "ttl_s")),))

    return Rule("config/policy.json", (name, "**"), explain)


FILE = "config/policy.json"
RULES: tuple[Rule, ...] = (
    Rule(FILE, ("version",), fixed(HERE, "version of the contract between compiler and gateway")),
    Rule(FILE, ("stack",), key("name of the stack", ("name",))),
    Rule(FILE, ("aliases", "*"), _alias),
    Rule(FILE, ("members", "*", "*", "**"), _member),
    Rule(FILE, ("tiers", "*"), key("from the cheapest to the dearest", ("routing", "tiers"))),
    Rule(FILE, ("modes", "*", "*", "*", "**"), _mode),
    Rule(FILE, ("actions", "*"), _action),
    Rule(FILE, ("complexity", "*", "*"), _bound),
    Rule(FILE, ("scorer",), key("who scores the prompts", ("routing", "scorer"))),
    Rule(FILE, ("budget", "*"), _budget),
    Rule(FILE, ("budget", "providers", "*", "*"), _provider_budget),
    Rule(FILE, ("whitelist", "*", "**"), _listed),
    Rule(FILE, ("whitelist",), key("no whitelist: the policy forbids nothing", ("whitelist",))),
    _routing("quality"),
    _routing("consensus"),
    _routing("cache"),
    Rule(FILE, ("triggers", "*"), key("what makes the gateway ask the next member", ("fallbacks", "triggers"))),
    Rule(FILE, ("timeout_s",), key("seconds one member may take", ("fallbacks", "timeout"))),
    Rule(FILE, ("cot_prompt",), key("what a local model that stands in for a cloud is told", ("routing", "when_cut"))),
    Rule(FILE, ("mcp_servers", "**"), key("what is offered at /mcp", ("gateway", "mcp_servers"), ("whitelist",))),
    Rule(FILE, ("usage", "rotate_bytes"), key("the usage log is put aside at this size", ("usage", "rotate", "size"))),
    Rule(FILE, ("usage", "rotate_s"), key("the usage log is put aside at this age", ("usage", "rotate", "age"))),
    Rule(FILE, ("usage", "keep"), key("usage logs put aside that are kept", ("usage", "keep"))),
    Rule(FILE, ("usage", "prompts"), key("whether prompts stand in the usage log", ("usage", "prompts"))),
    Rule(FILE, ("usage_log",), key("file name of the usage log beside the ledger", ("usage", "log"))),
    Rule("config/whitelist.json", ("*", "**"), _listed),
)
