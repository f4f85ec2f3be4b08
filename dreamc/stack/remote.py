"""Cloud-only models asked of a local engine: what they would need, what there is, and what would fit instead."""

from __future__ import annotations

from dreamc.diagnostics.types import Diagnostic, Related
from dreamc.hub.known import shape_of
from dreamc.hub.shape import ModelShape
from dreamc.knowledge.ollama import cloud_tag, ollama_model
from dreamc.sizing.fit import fit
from dreamc.sizing.ollama import claim as ollama_claim
from dreamc.sizing.ollama import facts_of
from dreamc.sizing.types import GIB, Fit, FitRequest, Refusal
from dreamc.stack.claims import Claims, slot_name
from dreamc.stack.types import Card, Host
from dreamc.stack.wanted import FLOOR, CloudOnly, origin


def remote_findings(asked: tuple[CloudOnly, ...], hosts: tuple[Host, ...], claims: Claims) -> tuple[Diagnostic, ...]:
    """One finding for every such model."""
    return tuple(_finding(one, hosts, claims) for one in asked)


def _finding(one: CloudOnly, hosts: tuple[Host, ...], claims: Claims) -> Diagnostic:
    known = cloud_tag(one.tag)
    largest = max((host for host in hosts if host.cards), key=_memory, default=None)
    there = _memory(largest) / GIB if largest else 0.0
    need = (
        f"it needs about {known.gib_at_4bit:.0f} GiB for its weights alone at 4 bits"
        if known
        else "its size is not public"
    )
    have = f"the largest host has {there:.1f} GiB of GPU memory" if largest else "no host has a GPU"
    related = (Related((*largest.at, "gpus"), f"{there:.1f} GiB"),) if largest else ()
    fitting = [text for text in known.alternatives if _fits(text, largest, claims)] if known and largest else []
    instead = f"Local models of the family that fit: {', '.join(fitting)}. " if fitting else ""
    return Diagnostic(
        "DRM310",
        (*one.at, "source"),
        f"'{one.tag}' runs only on Ollama's servers: {need}, {have}",
        "not a local model",
        f"{instead}To use it as a cloud model, move it to `providers: ollama-cloud: models:`",
        related=related,
    )


def _memory(host: Host) -> int:
    return sum(card.total for card in host.cards)


def _fits(source: str, host: Host, claims: Claims) -> bool:
    card = max(host.cards, key=lambda found: found.total)
    engine, name, _ = origin(source)
    if engine == "ollama":
        known = ollama_model(name)
        return known is not None and ollama_claim(facts_of(known), FLOOR).claim <= card.total
    shape = shape_of(name)
    return isinstance(shape, ModelShape) and isinstance(_smallest(shape, card, claims), Fit)


def _smallest(shape: ModelShape, card: Card, claims: Claims) -> Fit | Refusal:
    request = FitRequest(
        shape, card.total, card.total, claims.grades[slot_name(card)], claims.vllm, FLOOR, FLOOR, 1, goal="smallest"
    )
    return fit(request)
