"""The catalogue: providers.yaml and model-mappings.yaml, for people and programs that look up what the stack serves.

The gateway reads neither. Addresses are those of hybrid mode; keys that end in `gb` count GiB; prices are US dollars.
"""

from __future__ import annotations

from typing import Any

from dreamc.artifact.types import Artifact
from dreamc.backends.catalogue import mappings, providers
from dreamc.backends.catalogue.index import Index, index
from dreamc.backends.header import header
from dreamc.document.write import yaml_text
from dreamc.stack.types import Stack

PROVIDERS = "config/providers.yaml"
MAPPINGS = "config/model-mappings.yaml"

Part = tuple[str, str, Any]


def emit(stack: Stack, host: str) -> tuple[Artifact, ...]:
    """Both files for a host that runs the gateway."""
    if host not in stack.gateway.hosts:
        return ()
    known = index(stack)
    made = ((PROVIDERS, _providers(known, host)), (MAPPINGS, _mappings(known)))
    return tuple(Artifact(path, _text(stack, parts)) for path, parts in made)


def _providers(known: Index, host: str) -> tuple[Part, ...]:
    entries = providers.providers(known, host)
    return (
        ("Model servers and cloud accounts. Sizes under a key that ends in _gb are in GiB.", "providers", entries),
        ("Counts, and what speaks for each.", "metadata", providers.metadata(entries)),
        (
            "What may be asked at any time: local servers only, clouds charge for it.",
            "health_checks",
            providers.health_checks(entries),
        ),
    )


def _mappings(known: Index) -> tuple[Part, ...]:
    return (
        ("Every model, its server and what comes after it.", "exact_matches", mappings.exact_matches(known)),
        ("Names are matched exactly; there are no patterns.", "patterns", []),
        ("Skills and routed chains, by the name that clients use.", "capabilities", mappings.capabilities(known)),
        ("Who shares requests out.", "load_balancing", mappings.load_balancing(known)),
        ("Names that clients ask for, and who answers, in order.", "fallback_chains", mappings.fallback_chains(known)),
        ("What chooses a tier.", "routing_rules", mappings.routing_rules(known)),
        ("What happens when a model does not answer.", "special_cases", mappings.special_cases(known.stack)),
        ("About this file.", "metadata", mappings.metadata(known)),
        ("What limits all of it.", "notes", mappings.notes(known.stack)),
    )


def _text(stack: Stack, parts: tuple[Part, ...]) -> str:
    """The parts under a comment each; the first also under the file's own line."""
    comments = (f"{header(stack)}\n{parts[0][0]}", *(comment for comment, _, _ in parts[1:]))
    return "\n".join(yaml_text({key: value}, comment) for comment, (_, key, value) in zip(comments, parts, strict=True))
