"""Chains, capabilities and tiers to what each mode answers. A mode exists when every alias has somebody in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from dreamc.diagnostics.types import Diagnostic, Path, Related
from dreamc.spec.dream import Dream
from dreamc.spec.routing import Chain
from dreamc.stack.chains import written
from dreamc.stack.types import MODES, Location, Member, Mode, ModeRoutes, Route, Skipped, Tier

NO_PROVIDER = "no provider is given"

SERVING: Mapping[Mode, tuple[Location, ...]] = {
    "cloud": ("cloud",),
    "local": ("local",),
    "hybrid": ("local", "cloud"),
}


class Routes(Struct, frozen=True):
    """The modes that are compiled, those that are not, and what is wrong."""

    modes: tuple[ModeRoutes, ...]
    skipped: tuple[Skipped, ...]
    findings: tuple[Diagnostic, ...]


def routes(dream: Dream, members: Mapping[str, Member]) -> Routes:
    """Resolve every alias, then split them by mode."""
    findings: list[Diagnostic] = []
    aliases = (*_chains(dream, members, findings), *_capabilities(dream, members))
    tiers = _own_tiers(dream, members)
    if not findings and not aliases:
        findings.append(
            Diagnostic(
                "DRM403",
                ("name",),
                "nobody can ask for anything: there is no model and no chain",
                "",
                "add `models:` or `providers:`, and `fallbacks: chains:`",
            )
        )
    modes: list[ModeRoutes] = []
    skipped: list[Skipped] = []
    for mode in MODES:
        one = _mode(mode, aliases, tiers, members, dream.routing.prefer == "cloud")
        if isinstance(one, Skipped) and one.reason.startswith(NO_PROVIDER) and dream.providers:
            one = Skipped(mode, one.reason.replace(NO_PROVIDER, "no cloud model is switched on"))
        if isinstance(one, Skipped):
            skipped.append(one)
        else:
            modes.append(one)
    missing = next((one for one in skipped if one.mode == dream.mode), None)
    if missing is not None and not findings:
        message = f"{missing.mode} mode cannot answer: {missing.reason}"
        label = "this mode" if "mode" in dream.model_fields_set else f"without `mode:` it is {dream.mode}"
        findings.append(Diagnostic("DRM402", ("mode",), message, label, _remedy(modes)))
    return Routes(tuple(modes), tuple(skipped), tuple(findings))


def _remedy(modes: list[ModeRoutes]) -> str:
    if modes:
        return f"write mode: {' or mode: '.join(one.mode for one in modes)}, or give every chain a member for this mode"
    return "give every chain a model that can answer"


def _chains(dream: Dream, members: Mapping[str, Member], findings: list[Diagnostic]) -> tuple[Route, ...]:
    chains = dream.fallbacks.chains
    if not chains and not dream.capabilities:
        return tuple(
            Route(name, "chain", "priority", (name,), one.description, one.at) for name, one in members.items()
        )
    found = []
    loops: dict[frozenset[str], Diagnostic] = {}
    for alias, chain in chains.items():
        at: Path = ("fallbacks", "chains", alias)
        if chain == "routed":
            everyone = tuple(name for tier in _own_tiers(dream, members) for name in tier.members)
            if not everyone:
                findings.append(
                    Diagnostic(
                        "DRM403",
                        at,
                        f"'{alias}' is routed, but no tier has a model",
                        "nothing to choose from",
                        "list `routing: tiers:` and give models a `tier:`",
                    )
                )
            found.append(Route(alias, "routed", "priority", everyone, "", at))
        else:
            listed = _expand(dream, alias, (alias,), loops)
            names = (alias, *listed) if alias in members else listed
            alive = tuple(name for name in dict.fromkeys(names) if name in members)
            text = chain.description or "" if isinstance(chain, Chain) else ""
            found.append(Route(alias, "chain", "priority", alive, text, at))
    findings.extend(loops.values())
    return tuple(found)


def _expand(
    dream: Dream, alias: str, trail: tuple[str, ...], loops: dict[frozenset[str], Diagnostic]
) -> tuple[str, ...]:
    """The chain's members; a member that is itself a chain stands for the members of that chain."""
    path, listed = written(dream, alias)
    models = set(dream.models) | {name for one in dream.providers.values() for name in one.models}
    found: list[str] = []
    for index, name in enumerate(listed):
        if name in models or name not in dream.fallbacks.chains:
            found.append(name)
        elif name in trail:
            loops.setdefault(frozenset(trail[trail.index(name) :]), _cycle((*path, index), trail, name))
        else:
            found.extend(_expand(dream, name, (*trail, name), loops))
    return tuple(found)


def _cycle(path: Path, trail: tuple[str, ...], name: str) -> Diagnostic:
    loop = " -> ".join((*trail[trail.index(name) :], name))
    related = (Related(("fallbacks", "chains", name), "the loop begins here", on_key=True),)
    return Diagnostic(
        "DRM212", path, f"the chains form a loop: {loop}", "closes the loop", "remove one member", related=related
    )


def _capabilities(dream: Dream, members: Mapping[str, Member]) -> tuple[Route, ...]:
    return tuple(
        Route(
            alias,
            "capability",
            one.strategy,
            tuple(name for name in one.models if name in members),
            one.description or "",
            ("capabilities", alias),
        )
        for alias, one in dream.capabilities.items()
    )


def _own_tiers(dream: Dream, members: Mapping[str, Member]) -> tuple[Tier, ...]:
    """Members by tier, in the order of `routing.tiers`; within a tier those where `routing.prefer` wants them first."""
    ranked = sorted(members.values(), key=lambda one: one.location != dream.routing.prefer)
    return tuple(
        Tier(tier, tuple(one.name for one in ranked if one.tier == tier and one.task == "generate"))
        for tier in dream.routing.tiers
    )


def _mode(
    mode: Mode, aliases: Iterable[Route], tiers: tuple[Tier, ...], members: Mapping[str, Member], upwards: bool
) -> ModeRoutes | Skipped:
    everywhere = {one.location for one in members.values()}
    if mode == "hybrid" and "cloud" not in everywhere:
        return Skipped(mode, f"{NO_PROVIDER}: it would be local mode with the network open")
    if mode == "hybrid" and "local" not in everywhere:
        return Skipped(mode, "no model runs here: it would be cloud mode")
    here = {name for name, one in members.items() if one.location in SERVING[mode]}
    kept = tuple(_cut(route, here) for route in aliases)
    mute = [route.alias for route in kept if not route.members]
    if mute or not kept:
        what = {"cloud": "cloud model", "local": "local model", "hybrid": "model"}[mode]
        named = ", ".join(f"'{alias}'" for alias in mute[:4]) + (" and others" if len(mute) > 4 else "")
        return Skipped(mode, f"no {what} answers {named or 'anything'}")
    return ModeRoutes(mode, kept, _with_stand_ins(tiers, here, upwards))


def _cut(route: Route, here: set[str]) -> Route:
    return replace(route, members=tuple(name for name in route.members if name in here))


def _with_stand_ins(tiers: tuple[Tier, ...], here: set[str], upwards: bool) -> tuple[Tier, ...]:
    """Each tier's own members, then those of the tiers below it, nearest first, then of those above; `upwards`: those
    above come before those below."""
    own = [tuple(name for name in tier.members if name in here) for tier in tiers]
    found = []
    for at, tier in enumerate(tiers):
        below, above = range(at - 1, -1, -1), range(at + 1, len(tiers))
        order = (at, *above, *below) if upwards else (at, *below, *above)
        found.append(Tier(tier.name, tuple(dict.fromkeys(name for index in order for name in own[index]))))
    return tuple(found)
