"""The knobs that the memory of one instance depends on, and its parts with how sure each is."""

from __future__ import annotations

from msgspec import Struct

from dreamc.sizing.types import Confidence, Measured


class Setting(Struct, frozen=True):
    """The knobs of one instance that its memory depends on. ``width`` is bytes of the model's dtype.

    ``billions`` is how many parameters the model has, in 10^9; ``capability`` is that of its cards; ``measured`` is
    what the user's own logs said of such an instance; ``offload`` is bytes of weights kept in main memory.
    """

    version: str
    tp: int
    pp: int
    seqs: int
    batched: int
    width: int
    eager: bool
    embed: bool
    billions: float
    capability: tuple[int, int]
    measured: Measured | None = None
    offload: int = 0


class Sure(Struct, frozen=True):
    """How sure each part is."""

    weights: Confidence
    rope: Confidence
    activation: Confidence
    buffers: Confidence
    graphs: Confidence
    non_torch: Confidence
    context: Confidence


class Parts(Struct, frozen=True):
    """Bytes per GPU; ``inside`` is what vLLM's own budget must hold besides KV cache and margin.

    ``measured`` are the names of the parts that the user's own log decided.
    """

    weights: int
    rope: int
    activation: int
    buffers: int
    graphs: int
    non_torch: int
    context: int
    sure: Sure
    margin: int = 0
    measured: tuple[str, ...] = ()

    @property
    def inside(self) -> int:
        """Everything but the CUDA context, the margin and the KV cache."""
        return self.weights + self.rope + self.activation + self.buffers + self.graphs + self.non_torch
