"""What `check` refuses of imported values is left out, and said; a model whose size nobody knows is switched off."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from dreamc.diagnostics.codes import severity
from dreamc.diagnostics.types import Diagnostic
from dreamc.moving.prove import Proof
from dreamc.moving.types import Claim

UNKNOWN_MODELS = ("DRM305", "DRM611", "DRM612")
NO_MODE = "DRM402"
NEEDED = ("source", "gpus", "name", "dream", "mode", "models", "members")
"""Last parts of paths without which the rest means nothing."""
MODES = ("hybrid", "local", "cloud")


class Repaired(Struct, frozen=True):
    """Claims that are one step nearer to a file that `check` accepts; `refused` are those that were left out, each with
    why, `off` is the model that was switched off."""

    claims: tuple[Claim, ...]
    refused: tuple[tuple[Claim, str], ...] = ()
    off: str = ""


def repaired(claims: tuple[Claim, ...], proof: Proof, tried: tuple[str, ...]) -> Repaired | None:
    """The next step; None where nothing more can be left out. `tried` are modes that were tried already."""
    errors = [one for one in proof.findings if severity(one.code) == "error"]
    name = next((str(one.path[1]) for one in errors if one.code in UNKNOWN_MODELS and one.path[:1] == ("models",)), "")
    if name and ("models", name, "enabled") not in {claim.path for claim in claims}:
        return Repaired(switched_off(claims, name), off=name)
    refused = tuple((claim, one.label or one.message) for one in errors for claim in _meant(claims, one))
    if refused:
        dropped = [claim for claim, _ in refused]
        return Repaired(tuple(claim for claim in claims if claim not in dropped), refused)
    if any(one.code == NO_MODE for one in errors):
        other = next((mode for mode in MODES if mode not in tried), None)
        at = next(index for index, claim in enumerate(claims) if claim.path == ("mode",))
        return Repaired((*claims[:at], Claim(("mode",), other, None), *claims[at + 1 :])) if other else None
    return None


def _meant(claims: tuple[Claim, ...], error: Diagnostic) -> tuple[Claim, ...]:
    """The claims that an error speaks of, as far as a file can do without them."""
    path = error.path
    above = [claim for claim in claims if claim.path == path[: len(claim.path)]]
    below = [claim for claim in claims if claim.path[: len(path)] == path and len(path) > 2]
    found = [claim for claim in (above or below) if claim.origin is not None]
    return tuple(claim for claim in found if claim.path[-1] not in NEEDED and claim.path[:2] != ("fallbacks", "chains"))


def switched_off(claims: tuple[Claim, ...], name: str) -> tuple[Claim, ...]:
    """The model stays in the file; nothing asks it."""
    kept: list[Claim] = []
    for claim in claims:
        if isinstance(claim.value, list) and claim.path[0] in ("fallbacks", "capabilities") and name in claim.value:
            if rest := [one for one in claim.value if one != name]:
                kept.append(replace(claim, value=rest))
        else:
            kept.append(claim)
    at = max(index for index, claim in enumerate(kept) if claim.path[:2] == ("models", name))
    note = "the tables do not know its size: run `dreamc lock`, or give config: or weights:"
    kept.insert(at + 1, Claim(("models", name, "enabled"), False, None, note))
    return tuple(kept)
