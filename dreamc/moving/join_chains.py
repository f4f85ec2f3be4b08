"""Chains and skills: their members are models, whatever the source calls them; a provider stands for its models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dreamc.diagnostics.types import Path
from dreamc.moving.draft import Chain, Draft
from dreamc.moving.joined import One
from dreamc.moving.types import Claim


def chains(draft: Draft, everyone: list[One]) -> list[Claim]:
    """A claim for every name that clients may ask for."""
    known = _Names(draft, everyone)
    claims: list[Claim] = []
    seen: set[str] = set()
    for chain in draft.chains:
        members = tuple(known.members(chain)) if chain.kind != "routed" else ()
        if chain.alias in seen:
            chain.notes.leave(chain.path, f"'{chain.alias}' has a chain already, in this file or another")
        elif members or (chain.kind == "routed" and known.tiered):
            seen.add(chain.alias)
            claims += _claims(chain, members)
        else:
            chain.notes.leave(chain.path, "none of its members is a model that dream.yaml could name")
    return [*claims, *known.alone(seen)] if claims else []


def _claims(chain: Chain, members: tuple[str, ...]) -> Iterator[Claim]:
    origin = chain.notes.at(chain.path)
    if chain.kind == "capability":
        at: Path = ("capabilities", chain.alias)
        yield Claim((*at, "models"), list(members), origin)
        if chain.strategy != "priority" and len(members) > 1:
            yield Claim((*at, "strategy"), chain.strategy, origin)
    else:
        at = ("fallbacks", "chains", chain.alias)
        value: object = "routed" if chain.kind == "routed" else list(members)
        if chain.description and chain.kind == "chain":
            yield Claim((*at, "members"), value, origin)
        else:
            yield Claim(at, value, origin)
    if chain.description:
        yield Claim((*at, "description"), chain.description, origin)


class _Names:
    """Raw names to models of dream.yaml."""

    def __init__(self, draft: Draft, everyone: list[One]) -> None:
        self._draft = draft
        self._everyone = everyone
        self._models: Mapping[str, str] = {
            raw: one.name for one in everyone for fact in one.facts for raw in fact.names
        }
        closed = {claim.path[1] for claim in draft.claims if claim.path[2:] == ("enabled",) and claim.value is False}
        self._off = {one.name for one in everyone if "enabled" in one.values or one.account in closed}
        self._chains = {chain.alias: chain for chain in draft.chains if chain.kind == "chain"}
        self._skills = {chain.alias: chain for chain in draft.chains if chain.kind == "capability"}
        self.tiered = any("tier" in one.values for one in everyone)

    def members(self, chain: Chain) -> Iterator[str]:
        """The chain's models, each once; what cannot be a member is noted."""
        seen: set[str] = set()
        for raw, path in chain.members:
            for name in self._resolved(chain, raw, path):
                if name not in seen:
                    seen.add(name)
                    yield name

    def alone(self, seen: set[str]) -> Iterator[Claim]:
        """Models that clients ask for by name have a chain of their own, once there are chains at all."""
        for one in self._everyone:
            asked = any(fact.asked_for for fact in one.facts)
            if asked and one.name not in seen and one.name not in self._off:
                yield Claim(("fallbacks", "chains", one.name), [one.name], one.facts[0].at)

    def _resolved(self, chain: Chain, raw: str, path: Path) -> tuple[str, ...]:
        if raw in self._models:
            name = self._models[raw]
            if name in self._off:
                chain.notes.leave(path, "it is switched off, so it cannot answer for others")
            return () if name in self._off else (name,)
        if raw in self._draft.serves:
            return self._of_provider(chain, raw, path)
        group = self._skills.get(raw) or self._chains.get(raw)
        if group is not None and group is not chain:
            found = self._known(member for member, _ in group.members)
            if path != chain.path and found:
                chain.notes.correct(path, "fallbacks.chains", f"'{raw}' is a name for several: its members stand here")
            return found
        if path != chain.path and raw != chain.alias:
            chain.notes.leave(path, f"'{raw}' is neither a model nor a provider that the files name")
        return ()

    def _known(self, raws: Iterable[str]) -> tuple[str, ...]:
        named = (self._models[raw] for raw in raws if raw in self._models)
        return tuple(dict.fromkeys(name for name in named if name not in self._off))

    def _of_provider(self, chain: Chain, raw: str, path: Path) -> tuple[str, ...]:
        found = self._known(self._draft.serves[raw])
        if found:
            why = f"'{raw}' is a provider, not a model: its models stand here ({', '.join(found)})"
            chain.notes.correct(path, "fallbacks.chains", why)
        else:
            chain.notes.leave(path, f"'{raw}' is a provider, and no model of it is known")
        return found
