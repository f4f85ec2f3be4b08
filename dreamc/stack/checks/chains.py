"""Every chain: what is lost along it, how long its worst case takes, and who is left without a cloud."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic, Path, Related
from dreamc.spec.dream import Dream
from dreamc.stack.chains import written
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Member, ModeRoutes, Route, Stack

SHRUNK = 0.9
"""Windows within 10 % of each other count as equal: a million tokens is 1,000,000 here and 1,048,576 there."""


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Findings about the widest compiled mode, where every member is present."""
    del inputs
    members = stack.members()
    widest = _widest(stack)
    for route in widest.routes:
        chain = [members[name] for name in route.members]
        yield from _mixed(route, chain, dream)
        if route.kind == "chain":
            yield from _shrinks(route, chain, dream)
            yield from _loses(route, chain, dream)
            yield from _waits(stack, route, chain)
        yield from _last_resort(stack, widest, route, chain)
    yield from _shared_members(widest, dream)


def _widest(stack: Stack) -> ModeRoutes:
    return next((mode for mode in stack.modes if mode.mode == "hybrid"), stack.modes[0])


def member_path(dream: Dream, route: Route, name: str) -> Path:
    """Where the member is written in its chain or capability; the alias itself where it is not written out."""
    if route.kind == "capability":
        return (*route.at, "models", dream.capabilities[route.alias].models.index(name))
    path, members = written(dream, route.alias) if route.alias in dream.fallbacks.chains else (route.at, ())
    return (*path, members.index(name)) if name in members else route.at


def _mixed(route: Route, chain: list[Member], dream: Dream) -> Iterator[Diagnostic]:
    for member in chain[1:]:
        if member.task != chain[0].task:
            related = (
                Related(chain[0].at, f"{chain[0].task}s", on_key=True),
                Related(member.at, f"{member.task}s", on_key=True),
            )
            yield Diagnostic(
                "DRM415",
                member_path(dream, route, member.name),
                f"'{route.alias}' mixes chat and embedding: '{chain[0].name}' and '{member.name}' cannot stand in for "
                "each other",
                "another task",
                "make two chains",
                related=related,
            )


def _shrinks(route: Route, chain: list[Member], dream: Dream) -> Iterator[Diagnostic]:
    """A long request that outlives its first model must find a window as large further on."""
    for index, member in enumerate(chain[1:], 1):
        before = max((one for one in chain[:index] if one.context), key=lambda one: one.context, default=None)
        rescued = any(one.context == 0 or (before and one.context >= SHRUNK * before.context) for one in chain[index:])
        if before and member.context and member.context < SHRUNK * before.context and not rescued:
            yield Diagnostic(
                "DRM408",
                member_path(dream, route, member.name),
                f"from '{before.name}' to '{member.name}' the window of '{route.alias}' shrinks from "
                f"{before.context:,} to {member.context:,} tokens",
                "longer requests find nobody from here on",
                "put a model with a large window last, or accept it with an ignore comment",
                related=(Related(before.at, f"{before.context:,} tokens", on_key=True),),
            )
            return


def _loses(route: Route, chain: list[Member], dream: Dream) -> Iterator[Diagnostic]:
    for ability in ("tools", "vision"):
        if ability not in chain[0].abilities:
            continue
        for member in chain[1:]:
            if member.abilities and ability not in member.abilities:
                yield Diagnostic(
                    "DRM409",
                    member_path(dream, route, member.name),
                    f"'{member.name}' has no {ability}, but '{chain[0].name}' before it in '{route.alias}' has",
                    f"requests with {ability} fail here",
                    "order the chain so that abilities stay, or say `abilities:`",
                    related=(Related(chain[0].at, f"has {ability}", on_key=True),),
                )


def _waits(stack: Stack, route: Route, chain: list[Member]) -> Iterator[Diagnostic]:
    first = max(range(len(chain)), key=lambda at: sum(_waited(chain, at)))
    waited = _waited(chain, first)
    when = "every member times out"
    if first:
        when = f"'{chain[first - 1].name}' rests and all after it time out, '{chain[first].name}' twice"
    if sum(waited) > stack.policy.client_timeout:
        yield Diagnostic(
            "DRM410",
            route.at,
            f"'{route.alias}' can take {sum(waited):g} s when {when}; clients wait {stack.policy.client_timeout:g} s",
            " + ".join(f"{seconds:g} s" for seconds in waited[:6]),
            "shorten the chain or `fallbacks: timeout:`, or raise `fallbacks: client_timeout:`",
            on_key=True,
            related=(Related(("fallbacks", "client_timeout"), "clients give up"),),
        )


def _waited(chain: list[Member], first: int) -> tuple[float, ...]:
    """Seconds at each step when those before `first` rest and all others time out. A request that did not begin with
    the first member meets the one that it began with again (LiteLLM 1.106.2 router.py:7697)."""
    again = chain[first : first + 1] if first else []
    return tuple(member.timeout for member in (*again, *chain[first:]))


def _last_resort(stack: Stack, widest: ModeRoutes, route: Route, chain: list[Member]) -> Iterator[Diagnostic]:
    if stack.policy.budget.given and widest.mode == "hybrid" and all(member.location == "cloud" for member in chain):
        yield Diagnostic(
            "DRM407",
            route.at,
            f"nobody answers '{route.alias}' once the budget is used up",
            "clouds only",
            "end the chain with a local model",
            on_key=True,
            related=(Related(("budget",), "cuts the clouds", on_key=True),),
        )


def _shared_members(widest: ModeRoutes, dream: Dream) -> Iterator[Diagnostic]:
    """LiteLLM lets a deployment be in one group of these strategies only, so the others get copies of it."""
    seen: dict[str, Route] = {}
    for route in widest.routes:
        if route.strategy in ("priority", "load_balance"):
            continue
        for name in route.members:
            other = seen.setdefault(name, route)
            if other.alias != route.alias:
                yield Diagnostic(
                    "DRM417",
                    member_path(dream, route, name),
                    f"'{name}' is in '{other.alias}' and '{route.alias}', and each measures it for itself",
                    f"strategy '{route.strategy}' does not see the other's requests",
                    "use strategy priority or load_balance in one of them, or accept it with an ignore comment",
                    related=(Related(other.at, "here too", on_key=True),),
                )
