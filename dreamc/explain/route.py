"""A route: what the policy decides for one request, step by step, with the code that decides in the gateway."""

from __future__ import annotations

from msgspec import Struct

from dreamc.backends.policy import policy
from dreamc.diagnostics.types import Path
from dreamc.document.write import json_text
from dreamc.explain import places
from dreamc.explain.types import Origin, Scene, Unknown
from dreamc.knowledge.nearest import nearest
from dreamc.runtime.complexity import Factor
from dreamc.runtime.contract import load
from dreamc.runtime.policy import Ask, Decision, Refusal, cut, decide, unscored
from dreamc.runtime.types import Policy
from dreamc.stack.types import Cloud, Local, Stack

UNSCORED = (
    "LiteLLM's scorer decides this request, and only the gateway can ask it: give the score with --score, or name an "
    "action"
)


class Question(Struct, frozen=True):
    """What is asked. `tokens` of prompt and context, `budget_left` and `max_cost` in US dollars, `force` local or
    cloud, `score` the complexity where it is not to be reckoned; empty: the routed chain, any mode."""

    alias: str = ""
    prompt: str = ""
    action: str | None = None
    tokens: int | None = None
    budget_left: float | None = None
    mode: str = ""
    force: str | None = None
    max_cost: float | None = None
    score: float | None = None


class Hop(Struct, frozen=True):
    """One member in turn. `where` is its host or provider; `usd_per_mtok` input and output, None where it is free or
    unknown; `barred` says why it may not serve, and is empty where it may."""

    name: str
    location: str
    where: str
    context: int
    usd_per_mtok: tuple[float, float] | None
    timeout: float
    barred: str


class Route(Struct, frozen=True):
    """The answer. `status` is 200, or what the client gets instead; `score` and `factors` where a score decided."""

    alias: str
    mode: str
    status: int
    tier: str | None
    group: str
    reasons: tuple[str, ...]
    score: float | None
    factors: tuple[Factor, ...]
    hops: tuple[Hop, ...]
    after: tuple[str, ...]
    origins: tuple[Origin, ...]


def explain(scene: Scene, question: Question) -> Route | Unknown:
    """What the gateway would do with such a request."""
    stack = scene.stack
    rules = load(json_text(policy(stack)))
    mode, alias = question.mode or stack.mode, question.alias or _routed(stack)
    if mode not in rules.modes:
        skipped = next((f": {one.reason}" for one in stack.skipped if one.mode == mode), "")
        return Unknown(f"{mode} mode is not compiled{skipped}", tuple(rules.modes))
    if alias not in rules.aliases:
        return Unknown(f"clients cannot ask for '{alias}'", nearest(alias, rules.aliases) or rules.aliases)
    ask = _ask(alias, question)
    if unscored(rules, mode, ask):
        return Unknown(UNSCORED, ())
    found = decide(rules, mode, ask)
    paths = _paths(scene, alias, found)
    return _route(scene, rules, mode, ask, found, places.origins(scene.document, paths))


def _ask(alias: str, question: Question) -> Ask:
    return Ask(
        alias,
        question.prompt,
        tokens=question.tokens,
        action=question.action,
        budget_left_usd=question.budget_left,
        force_local=question.force == "local",
        force_cloud=question.force == "cloud",
        max_cost_usd=question.max_cost,
        score=question.score,
    )


def _routed(stack: Stack) -> str:
    """The routed chain; else the first alias."""
    routes = stack.modes[0].routes
    return next((one.alias for one in routes if one.kind == "routed"), routes[0].alias)


def _route(
    scene: Scene, rules: Policy, mode: str, ask: Ask, found: Decision | Refusal, origins: tuple[Origin, ...]
) -> Route:
    if isinstance(found, Refusal):
        everyone = rules.modes[mode].aliases[ask.alias].members
        hops = _hops(scene.stack, rules, everyone, ask)
        after = (f"the client gets HTTP {found.status}; nobody is asked",)
        return Route(ask.alias, mode, found.status, None, "", found.reasons, None, (), hops, after, origins)
    served = rules.modes[mode]
    listed = served.tiers[found.tier] if found.tier else served.aliases[ask.alias].members
    score = found.score
    return Route(
        alias=ask.alias,
        mode=mode,
        status=200,
        tier=found.tier,
        group=found.group,
        reasons=found.reasons,
        score=score.value if score else None,
        factors=score.factors if score else (),
        hops=_hops(scene.stack, rules, listed, ask),
        after=tuple(_after(scene.stack, found)),
        origins=origins,
    )


def _hops(stack: Stack, rules: Policy, names: tuple[str, ...], ask: Ask) -> tuple[Hop, ...]:
    return tuple(_hop(stack, rules, name, ask) for name in names)


def _hop(stack: Stack, rules: Policy, name: str, ask: Ask) -> Hop:
    one = stack.members()[name]
    _, bars = cut(rules, (name,), ask)
    rates = one.rates if isinstance(one, Cloud) else None
    return Hop(
        name=name,
        location=one.location,
        where=", ".join(dict.fromkeys(each.host for each in one.instances)) if isinstance(one, Local) else one.provider,
        context=one.context,
        usd_per_mtok=(rates.input, rates.output) if rates else None,
        timeout=one.timeout,
        barred=bars[0].reason if bars else "",
    )


def _after(stack: Stack, found: Decision) -> list[str]:
    """What happens when the first member does not answer."""
    rules, members = stack.policy, stack.members()
    triggers = ", ".join(one.replace("_", " ") for one in rules.triggers) or "an error"
    first = f"{found.model} fails ({triggers}; at most {members[found.model].timeout:g} s)"
    if len(found.members) == 1 or not rules.fallbacks_enabled:
        return [f"if {first}, the client gets the error: nobody stands in"]
    worst = sum(members[name].timeout for name in found.members)
    return [
        f"if {first}, the gateway asks {found.members[1]}, and so on in this order",
        f"a member that failed twice is left alone for {rules.cooldown:g} s and skipped meanwhile",
        f"if all fail, the client gets the last error after at most {worst:g} s; it waits {rules.client_timeout:g} s",
    ]


def _paths(scene: Scene, alias: str, found: Decision | Refusal) -> tuple[Path, ...]:
    """The keys of dream.yaml that decided."""
    routes = scene.stack.modes[0].routes
    paths: list[Path] = [one.at for one in routes if one.alias == alias]
    if isinstance(found, Decision):
        actions = (one.removeprefix("action ") for one in found.reasons if one.startswith("action "))
        paths += [("routing", "actions", name) for name in actions]
        if found.score is not None and found.tier:
            paths.append(("routing", "complexity", found.tier))
    return tuple(path for path in paths if path in scene.document.places)
