"""What no source says but dream.yaml wants: a machine, a mode, a name. What is assumed is said to be."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from dreamc.moving.cards import on_cards
from dreamc.moving.draft import Draft
from dreamc.moving.joined import Joined
from dreamc.moving.prove import Proof
from dreamc.moving.repair import repaired
from dreamc.moving.types import Claim

HOST = "main"
"""What the machine is called where nobody says."""
STEPS = 40
"""Values that may be left out before a file is given up."""


class Wish(Struct, frozen=True):
    """What the user said on the command line; empty where nothing was."""

    name: str
    gpu: str
    host: str = HOST


class Finished(Struct, frozen=True):
    """The claims, what `check` says of them, what had to be assumed, a line each, and what had to be left out."""

    claims: tuple[Claim, ...]
    proof: Proof
    assumed: tuple[str, ...]
    refused: tuple[tuple[Claim, str], ...]


def finish(joined: Joined, draft: Draft, wish: Wish, today: date) -> Finished:
    """A file that `check` accepts, as far as the sources allow."""
    routed, tiers = _tiered(tuple(joined.claims))
    claims, said = _headed(routed, wish)
    said = (*said, *tiers)
    refused: list[tuple[Claim, str]] = []
    modes: list[str] = []
    found, proof, card = on_cards(claims, draft, wish.host, wish.gpu, today)
    for _ in range(STEPS):
        modes.append(str(next(claim.value for claim in claims if claim.path == ("mode",))))
        step = repaired(claims, proof, tuple(modes))
        if step is None:
            break
        claims = step.claims
        refused += step.refused
        if step.off:
            said = (*said, f"models.{step.off} is switched off: {UNSIZED}")
        found, proof, card = on_cards(claims, draft, wish.host, wish.gpu, today)
    return Finished(found, proof, (*said, *([card] if card else [])), tuple(refused))


UNSIZED = "the tables do not know its size. Run `dreamc lock`, or give its config: or weights:, and enable it"


def _tiered(claims: tuple[Claim, ...]) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    """Rules that choose by complexity, of files that know no tiers: what runs here is one, the clouds are the other."""
    paths = {claim.path for claim in claims}
    local = list(dict.fromkeys(path[:2] for path in paths if path[0] == "models"))
    cloud = list(dict.fromkeys(path[:4] for path in paths if path[0] == "providers" and path[2:3] == ("models",)))
    ruled = any(path[0] == "routing" and path[1] in ("cloud_from", "when_cut") for path in paths)
    if not ruled or ("routing", "tiers") in paths or not local or not cloud:
        return claims, ()
    note = "ASSUMED: the rules choose between what runs here and the clouds, and no file names tiers"
    more = [Claim(("routing", "tiers"), ["local", "cloud"], None, note)]
    more += [Claim((*path, "tier"), "local", None) for path in sorted(local)]
    more += [Claim((*path, "tier"), "cloud", None) for path in sorted(cloud)]
    more.append(Claim(("fallbacks", "chains", "auto"), "routed", None))
    return (*claims, *more), ("routing.tiers: local and cloud are assumed, and 'auto' is the name that chooses",)


def _headed(claims: tuple[Claim, ...], wish: Wish) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    """Version, name and mode in front; a mode that could not answer gives way."""
    local = any(claim.path[0] == "models" for claim in claims)
    cloud = any(claim.path[0] == "providers" for claim in claims)
    possible = "hybrid" if local and cloud else "local" if local else "cloud"
    mode = next((claim for claim in claims if claim.path == ("mode",)), None)
    named = next((claim for claim in claims if claim.path == ("name",)), None)
    rest = tuple(claim for claim in claims if claim.path not in (("mode",), ("name",)))
    if named is None or wish.name:
        named = Claim(("name",), wish.name or "imported", None)
    if mode is not None and possible not in {mode.value, "hybrid"}:
        mode = Claim(("mode",), possible, None)
    head = (Claim(("dream",), 1, None), named, mode or Claim(("mode",), possible, None))
    return (*head, *rest), () if local or cloud else ("no model could be taken, so nobody can ask for anything yet",)
