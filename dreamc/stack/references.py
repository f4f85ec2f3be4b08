"""Every name in the validated file refers to something of the right kind."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from dreamc.diagnostics.types import Diagnostic, Path, Related
from dreamc.spec.dream import Dream
from dreamc.spec.routing import Bound
from dreamc.stack.chains import listed
from dreamc.stack.names import Kind, Names, names

MODELS: tuple[Kind, ...] = ("model", "cloud model")
ANSWERING: tuple[Kind, ...] = (*MODELS, "chain")
ALIASES: tuple[Kind, ...] = ("chain", "capability")


def references(dream: Dream) -> tuple[Diagnostic, ...]:
    """All wrong references of the file."""
    known = names(dream)
    return tuple(finding for check in REFERENCES for finding in check(dream, known))


def _ambiguous(dream: Dream, known: Names) -> Iterator[Diagnostic]:
    del known
    seen: dict[str, Path] = {name: ("models", name) for name in dream.models}
    for provider, entry in dream.providers.items():
        for name in entry.models:
            path: Path = ("providers", provider, "models", name)
            if name in seen:
                yield _twice(path, name, seen[name], "two models are named")
            seen.setdefault(name, path)
    for index, tier in enumerate(dream.routing.tiers):
        for at in (("fallbacks", "chains", f"tier:{tier}"), ("capabilities", f"tier:{tier}")):
            if at[-1] in (dream.fallbacks.chains if at[0] == "fallbacks" else dream.capabilities):
                yield _twice(at, at[-1], ("routing", "tiers", index), "the gateway's group of the tier is named")
    for name, capability in dream.capabilities.items():
        if name in dream.fallbacks.chains:
            yield _twice(
                ("capabilities", name), name, ("fallbacks", "chains", name), "a capability and a chain are both named"
            )
        if name in seen and name not in capability.models:
            yield _twice(("capabilities", name), name, seen[name], "a capability and a model are both named")


def _twice(path: Path, name: str, first: Path, what: str) -> Diagnostic:
    related = (Related(first, "first used here", on_key=True),)
    return Diagnostic(
        "DRM204", path, f"{what} '{name}'", "used a second time", "rename one", on_key=True, related=related
    )


def _hosts(dream: Dream, known: Names) -> Iterator[Diagnostic]:
    asked: list[tuple[Path, str]] = [
        (("models", name, "host"), model.host) for name, model in dream.models.items() if model.host
    ]
    asked += [(("gateway", "hosts", index), host) for index, host in enumerate(dream.gateway.hosts)]
    asked += [(("services", name, "host"), service.host) for name, service in dream.services.given() if service.host]
    for path, host in asked:
        if not known.is_one(host, ("host",)):
            yield known.unknown("DRM201", path, host, ("host",))


def _members(dream: Dream, known: Names) -> Iterator[Diagnostic]:
    for path, members in listed(dream):
        yield from _list(known, path, members, ANSWERING)
        yield from _routed(dream, path, members)
    for alias, capability in dream.capabilities.items():
        yield from _list(known, ("capabilities", alias, "models"), capability.models, MODELS)


def _routed(dream: Dream, path: Path, members: tuple[str, ...]) -> Iterator[Diagnostic]:
    """The policy chooses for a whole request, so a routed chain cannot be one step of another."""
    for index, member in enumerate(members):
        if dream.fallbacks.chains.get(member) == "routed":
            message = f"'{member}' is routed by the policy and cannot be a member of another chain"
            related = (Related(("fallbacks", "chains", member), "routed here"),)
            yield Diagnostic("DRM202", (*path, index), message, "expected a model or a list", "", related=related)


def _list(known: Names, path: Path, members: tuple[str, ...], wanted: tuple[Kind, ...]) -> Iterator[Diagnostic]:
    if not members:
        yield Diagnostic("DRM205", path, "this chain has no member", "expected at least one model", "name a model")
    for index, member in enumerate(members):
        if not known.is_one(member, wanted):
            yield known.unknown("DRM202", (*path, index), member, wanted)
        elif member in members[:index]:
            first = Related((*path, members.index(member)), "first listed here")
            yield Diagnostic(
                "DRM205", (*path, index), f"'{member}' is listed twice", "listed again", "remove one", related=(first,)
            )


def _disabled(dream: Dream, known: Names) -> Iterator[Diagnostic]:
    off: dict[str, Path] = {
        name: ("models", name, "enabled") for name, model in dream.models.items() if not model.enabled
    }
    for provider, entry in dream.providers.items():
        for name, model in entry.models.items():
            if not entry.enabled:
                off[name] = ("providers", provider, "enabled")
            elif model is not None and not model.enabled:
                off[name] = ("providers", provider, "models", name, "enabled")
    del known
    for path, member in _named_members(dream):
        if member in off:
            related = (Related(off[member], "switched off here"),)
            yield Diagnostic(
                "DRM210",
                path,
                f"'{member}' is switched off",
                "would never answer",
                "enable it, or remove it here",
                related=related,
            )


def _named_members(dream: Dream) -> Iterator[tuple[Path, str]]:
    skills: Iterator[tuple[Path, tuple[str, ...]]] = (
        (("capabilities", alias, "models"), capability.models) for alias, capability in dream.capabilities.items()
    )
    for path, members in (*listed(dream), *skills):
        yield from (((*path, index), name) for index, name in enumerate(members))


def _tiers(dream: Dream, known: Names) -> Iterator[Diagnostic]:
    tiers = dream.routing.tiers
    for index, tier in enumerate(tiers):
        if tier in tiers[:index]:
            first = Related(("routing", "tiers", tiers.index(tier)), "first listed here")
            yield Diagnostic(
                "DRM205",
                ("routing", "tiers", index),
                f"tier '{tier}' is listed twice",
                "listed again",
                "remove one",
                related=(first,),
            )
    for path, tier, on_key in _named_tiers(dream):
        if not known.is_one(tier, ("tier",)):
            yield replace(known.unknown("DRM203", path, tier, ("tier",)), on_key=on_key)


def _named_tiers(dream: Dream) -> Iterator[tuple[Path, str, bool]]:
    for name, model in dream.models.items():
        if model.tier:
            yield ("models", name, "tier"), model.tier, False
    for provider, entry in dream.providers.items():
        for name, cloud in entry.models.items():
            if cloud is not None and cloud.tier:
                yield ("providers", provider, "models", name, "tier"), cloud.tier, False
    for action, tier in dream.routing.actions.items():
        yield ("routing", "actions", action), tier, False
    for tier, bound in dream.routing.complexity.items():
        yield ("routing", "complexity", tier), tier, True
        if isinstance(bound, Bound) and bound.else_:
            yield ("routing", "complexity", tier, "else"), bound.else_, False
    for index, test in enumerate(dream.tests):
        if test.expect.tier:
            yield ("tests", index, "expect", "tier"), test.expect.tier, False


def _tests(dream: Dream, known: Names) -> Iterator[Diagnostic]:
    for index, test in enumerate(dream.tests):
        if test.expect.model and not known.is_one(test.expect.model, MODELS):
            yield known.unknown("DRM202", ("tests", index, "expect", "model"), test.expect.model, MODELS)
        if test.alias and not known.is_one(test.alias, ALIASES):
            yield known.unknown("DRM202", ("tests", index, "alias"), test.alias, ALIASES)


REFERENCES = (_ambiguous, _hosts, _members, _disabled, _tiers, _tests)
