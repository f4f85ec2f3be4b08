"""How many GPUs one instance must span."""

from __future__ import annotations

from msgspec.structs import replace

from dreamc.sizing.fit import fit, solve
from dreamc.sizing.types import Fit, FitRequest, Refusal


def smallest_tp(request: FitRequest, limit: int = 8) -> int | Refusal:
    """The least tensor parallel size up to ``limit`` on which ``request`` fits; ``request.tp`` is ignored.

    A further GPU is taken after a smaller KV type and eager mode, and before weights stay in main memory, which is
    tried only when no size fits without.
    """
    for offload in dict.fromkeys((0, request.offload)):
        for tp in range(1, max(1, limit) + 1):
            if isinstance(solve(replace(request, tp=tp, goal="smallest", offload=offload)), Fit):
                return tp
    return _refuse(request, limit)


def _refuse(request: FitRequest, limit: int) -> Refusal:
    """The refusal of the widest split that the model allows."""
    answers = [solve(replace(request, tp=tp, goal="smallest")) for tp in range(1, max(1, limit) + 1)]
    refusals = [(tp, found) for tp, found in enumerate(answers, 1) if isinstance(found, Refusal)]
    widest = [tp for tp, found in refusals if found.kind == "memory"]
    if not widest:
        return refusals[0][1]
    found = fit(replace(request, tp=widest[-1], goal="smallest"))
    assert isinstance(found, Refusal)
    most = widest[-1]
    split = f"on {most} GPUs, the most that divide the model here: " if most > 1 else ""
    return replace(found, reason=f"{split}{found.reason}")
