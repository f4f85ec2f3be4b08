"""Says what was given up to make models fit, and which card's memory is an assumption."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic
from dreamc.sizing.ollama import OllamaClaim
from dreamc.sizing.types import GIB, Fit
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Local, Stack


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Notes only: whatever does not fit has been refused before."""
    del inputs
    for model in stack.locals:
        yield from _alike(model, dream)
        if isinstance(model.size, Fit) and model.size.trades:
            yield Diagnostic("DRM309", model.at, f"to fit '{model.name}': {'; '.join(model.size.trades)}", on_key=True)
    for host in stack.hosts:
        assumed = [card for card in host.cards if card.confidence == "assumed"]
        if assumed:
            card = assumed[0]
            yield Diagnostic(
                "DRM616",
                (*host.at, "gpus"),
                f"no public report says how much memory CUDA shows of a {card.label}; "
                f"{card.total / GIB:.1f} GiB is assumed",
                help=f"state what nvidia-smi shows, such as {{model: {card.name}, memory: {card.total / GIB:.1f} GiB}}",
            )


def _alike(model: Local, dream: Dream) -> Iterator[Diagnostic]:
    """An Ollama model that is given more than it asks for, because another one of its server asks for it."""
    spec = dream.models[model.name]
    if not isinstance(model.size, OllamaClaim):
        return
    own = (spec.concurrency or 1, "f16" if spec.kv_cache_dtype == "auto" else spec.kv_cache_dtype)
    if own != (model.size.parallel, model.size.kv_type):
        yield Diagnostic(
            "DRM309",
            model.at,
            f"'{model.name}' is sized for {model.size.parallel} at once with a {model.size.kv_type} cache: Ollama has "
            "one setting for all models of a server",
            help="write the same `concurrency:` and `kv_cache_dtype:` for all Ollama models, or pin them to hosts",
            on_key=True,
        )
