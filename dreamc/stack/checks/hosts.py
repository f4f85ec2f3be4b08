"""What a host is asked to hold: copies of one model on one card, and model files against its disk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic
from dreamc.sizing.types import GIB, Fit
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Host, Local, Stack


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """A finding for every such model and host."""
    del dream, inputs
    for model in stack.locals:
        yield from _copies(model)
    models = _models(stack)
    for host in stack.hosts:
        yield from _files(host, models[host.name])


def _copies(model: Local) -> Iterator[Diagnostic]:
    seen: set[tuple[str, int]] = set()
    for one in model.instances:
        places = {(one.host, gpu) for gpu in one.gpus}
        if seen & places:
            host, gpu = min(seen & places)
            yield Diagnostic(
                "DRM311",
                (*model.at, "replicas"),
                f"two copies of '{model.name}' stand on GPU {gpu} of '{host}': they share its speed, and the card "
                "holds the weights twice",
                "more copies than cards",
                "write fewer replicas and raise `concurrency:`, or add cards",
            )
            return
        seen |= places


def _models(stack: Stack) -> dict[str, dict[str, int]]:
    """Bytes of the model files of each host, by source."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for model in stack.locals:
        size = model.size.weights * (model.tensor_parallel if isinstance(model.size, Fit) else 1)
        for one in model.instances:
            found[one.host][model.source] = size
    return found


def _files(host: Host, sizes: dict[str, int]) -> Iterator[Diagnostic]:
    total = sum(sizes.values())
    if host.disk is not None and total > host.disk:
        yield Diagnostic(
            "DRM312",
            (*host.at, "disk"),
            f"the model files of '{host.name}' are {total / GIB:.1f} GiB, its disk has {host.disk / GIB:.1f} GiB",
            "too small",
            "give it a larger disk, or move models to another host",
        )
