"""Typed namespaces: what each name of the file is, and which name was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from dreamc.diagnostics.types import Diagnostic, Path, Related
from dreamc.knowledge.nearest import nearest
from dreamc.spec.dream import Dream

Kind = Literal["model", "cloud model", "chain", "capability", "provider", "host", "tier"]
ARTICLE: Mapping[Kind, str] = {
    "model": "a model",
    "cloud model": "a cloud model",
    "chain": "a chain",
    "capability": "a capability",
    "provider": "a provider",
    "host": "a host",
    "tier": "a tier",
}


class Names(Struct, frozen=True):
    """Every name of the file by kind, with the path where it is defined."""

    tables: Mapping[Kind, Mapping[str, Path]]

    def is_one(self, name: str, wanted: tuple[Kind, ...]) -> bool:
        """Whether `name` is of one of the `wanted` kinds."""
        return any(name in self.tables[kind] for kind in wanted)

    def kinds(self, name: str) -> tuple[Kind, ...]:
        """Everything that `name` is."""
        return tuple(kind for kind, table in self.tables.items() if name in table)

    def unknown(self, code: str, path: Path, name: str, wanted: tuple[Kind, ...]) -> Diagnostic:
        """The finding that `name` at `path` is none of the `wanted` kinds."""
        what = _either(tuple(ARTICLE[kind] for kind in wanted))
        known = [other for kind in wanted for other in self.tables[kind]]
        others = self.kinds(name)
        if others:
            there = self.tables[others[0]][name]
            related = (Related(there, f"{ARTICLE[others[0]]} of that name is here", on_key=True),)
            return Diagnostic(
                code,
                path,
                f"'{name}' is {ARTICLE[others[0]]}, not {what}",
                f"expected {what}",
                listed(known),
                related=related,
            )
        close = nearest(name, known, 1)
        advice = f"did you mean '{close[0]}'?" if close else listed(known) if known else _first(name, wanted)
        return Diagnostic(code, path, f"there is no {_either(wanted)} named '{name}'", f"expected {what}", advice)


def _first(name: str, wanted: tuple[Kind, ...]) -> str:
    """How the first thing of its kind is defined."""
    return f"list the tiers: `routing: {{tiers: [{name}]}}`" if wanted == ("tier",) else "none is defined"


def _either(words: Sequence[str]) -> str:
    """'a, b or c'."""
    return " or ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def listed(names: Iterable[str], limit: int = 12) -> str:
    """The names to choose from, as help."""
    known = list(dict.fromkeys(names))
    if not known:
        return "none is defined"
    shown = ", ".join(f"'{name}'" for name in known[:limit])
    return f"known: {shown}" + (f" and {len(known) - limit} more" if len(known) > limit else "")


def names(dream: Dream) -> Names:
    """Collect every name of the file."""
    clouds = {
        name: ("providers", provider, "models", name)
        for provider, entry in dream.providers.items()
        for name in entry.models
    }
    return Names(
        {
            "model": {name: ("models", name) for name in dream.models},
            "cloud model": clouds,
            "chain": {name: ("fallbacks", "chains", name) for name in dream.fallbacks.chains},
            "capability": {name: ("capabilities", name) for name in dream.capabilities},
            "provider": {name: ("providers", name) for name in dream.providers},
            "host": {name: ("hardware", name) for name in dream.hardware},
            "tier": {name: ("routing", "tiers", index) for index, name in enumerate(dream.routing.tiers)},
        }
    )
