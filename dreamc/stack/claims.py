"""What a model takes of a card, asked once per kind of card and remembered while one file is resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from dreamc.hub.known import shape_of
from dreamc.hub.shape import ModelShape
from dreamc.knowledge import shapes
from dreamc.knowledge.gpus import gpu, gpu_names
from dreamc.sizing.fit import fit, solve
from dreamc.sizing.ollama import OllamaClaim
from dreamc.sizing.ollama import claim as ollama_claim
from dreamc.sizing.parallel import smallest_tp
from dreamc.sizing.place import Slot
from dreamc.sizing.types import GIB, CardOption, Fit, FitRequest, Measured, Refusal, VariantOption
from dreamc.stack.types import Card, Host
from dreamc.stack.wanted import Wanted

OPTIONS = ("rtx-3090", "rtx-4090", "rtx-5090", "l40s", "a100-80gb", "h100", "h200", "b200")
"""Cards that a refusal may propose: the ones most people can buy or rent."""
STATED = " of "
"""Stands between a card's name and a memory that the file states, in the name of its kind."""
FIXED: Mapping[str, str] = {
    "max-num-batched-tokens": "max_num_batched_tokens",
    "gpu-memory-utilization": "utilization",
}
"""Engine arguments that take part in sizing instead of being passed on behind it."""


@dataclass(slots=True)
class Claims:
    """Sizes models on cards. `grades` is the compute capability of each kind of card, by slot name; `measured` are rows
    of the user's own logs, `cards` those of the file, which a refusal may propose."""

    vllm: str
    grades: Mapping[str, tuple[int, int]]
    measured: tuple[Measured, ...] = ()
    cards: tuple[CardOption, ...] = ()
    _known: dict[tuple[object, ...], Fit | Refusal] = field(default_factory=dict)
    _widths: dict[tuple[object, ...], int | Refusal] = field(default_factory=dict)

    def request(self, one: Wanted, card: str, total: int, tp: int) -> FitRequest:
        """What is asked of vLLM's memory on such a card."""
        assert one.shape is not None
        spec, args = one.spec, one.spec.engine_args
        batched, share = args.get("max-num-batched-tokens"), args.get("gpu-memory-utilization")
        return FitRequest(
            shape=one.shape,
            card_total=total,
            budget=total,
            capability=self.grades[card],
            vllm_version=self.vllm,
            context_floor=one.floor,
            context_ceiling=one.ceiling,
            concurrency=spec.concurrency,
            tp=tp,
            dtype=None if spec.dtype == "auto" else spec.dtype,
            quantization=spec.quantization,
            kv_cache_dtype=None if spec.kv_cache_dtype == "auto" else spec.kv_cache_dtype,
            task=spec.task,
            enforce_eager=args.get("enforce-eager") is True,
            max_num_batched_tokens=batched if isinstance(batched, int) else None,
            utilization=str(share) if isinstance(share, int | float) else None,
            gpu=card.partition(STATED)[0],
            measured=self.measured,
            offload=spec.offload or 0,
        )

    def smallest(self, one: Wanted, slot: Slot, tp: int) -> Fit | Refusal:
        """The least that serves the floor of its context, on the whole card."""
        key = (one.asked, slot, tp)
        if key not in self._known:
            least = replace(self.request(one, slot.gpu, slot.total, tp), goal="smallest")
            least = replace(least, budget=slot.total - slot.reserve)
            # One that names its card has no other to go to, so that its refusal must say what would do.
            self._known[key] = solve(least) if one.spec.gpu is None else self._proposed(one, least)
        return self._known[key]

    def _proposed(self, one: Wanted, request: FitRequest) -> Fit | Refusal:
        """The answer, and where it is a refusal everything nearby that would fit."""
        found = solve(request)
        return found if isinstance(found, Fit) else fit(self._with_options(one, request))

    def _with_options(self, one: Wanted, request: FitRequest) -> FitRequest:
        own = tuple(card for card in self.cards if one.spec.host in (None, card.host))
        return replace(request, cards=(*own, *_options()), variants=tuple(_variants(one.source)))

    def largest(self, one: Wanted, card: Card, budget: int, tp: int) -> Fit | Refusal:
        """The largest context within `budget` bytes of the card."""
        key = (one.asked, slot_name(card), budget, tp)
        if key not in self._known:
            request = self.request(one, slot_name(card), card.total, tp)
            self._known[key] = fit(replace(request, budget=budget))
        return self._known[key]

    def wished(self, one: Wanted, card: Card, budget: int, tp: int) -> tuple[int, int | None]:
        """Bytes that hold all requests of `concurrency` at the longest context asked for, and the bytes beyond which
        more is of no use; `budget` where nothing within it is enough. An encoder has no cache that could grow."""
        assert one.shape is not None
        if one.shape.encoder:
            found = self.largest(one, card, budget, tp)
            return (found.claim, found.claim) if isinstance(found, Fit) else (budget, None)
        request = self.request(one, slot_name(card), card.total, tp)
        length = min(one.ceiling, one.limit)
        single = solve(replace(request, goal="smallest", budget=budget, context_floor=length, last_resorts=False))
        if not isinstance(single, Fit):
            return budget, None
        return single.claim + ((one.spec.concurrency or 1) - 1) * single.kv_cache_bytes, None

    def parallel(self, one: Wanted, slot: Slot, limit: int) -> int | Refusal:
        """How many such cards one replica needs at least."""
        key = (one.asked, slot, limit)
        if key not in self._widths:
            request = self.request(one, slot.gpu, slot.total, 1)
            least = replace(request, goal="smallest", budget=slot.total - slot.reserve)
            found = smallest_tp(least, limit)
            refused = isinstance(found, Refusal)
            self._widths[key] = smallest_tp(self._with_options(one, least), limit) if refused else found
        return self._widths[key]

    def explained(self, one: Wanted, slot: Slot, tp: int) -> Refusal | None:
        """The refusal again, now with everything nearby that would fit."""
        request = replace(self.request(one, slot.gpu, slot.total, tp), goal="smallest")
        answer = self._proposed(one, replace(request, budget=slot.total - slot.reserve))
        return answer if isinstance(answer, Refusal) else None


def slot_name(card: Card) -> str:
    """Cards of one name and memory are one kind; a memory that the file states is part of the name."""
    table = gpu(card.name)
    if table is not None and int(table.visible_gib * GIB) == card.total:
        return card.name
    return f"{card.name}{STATED}{card.total / GIB:.2f} GiB"


def own_cards(hosts: tuple[Host, ...]) -> tuple[CardOption, ...]:
    """Every kind of card of every host, once."""
    found = (CardOption(card.name, card.total, card.capability, host.name) for host in hosts for card in host.cards)
    return tuple(dict.fromkeys(found))


def ollama_size(one: Wanted, context: int, gpus: int = 1) -> OllamaClaim:
    """What an Ollama model takes of each of `gpus` cards at `context` tokens."""
    assert one.facts is not None
    kind = one.spec.kv_cache_dtype
    whole = ollama_claim(
        one.facts,
        context,
        one.spec.concurrency or 1,
        kind if kind in ("q8_0", "q4_0") else "f16",
    )
    if gpus == 1:
        return whole
    split = -(-(whole.claim - whole.overhead) // gpus) + whole.overhead
    return replace(whole, claim=split)


def _options() -> list[CardOption]:
    cards = [gpu(name) for name in OPTIONS if name in gpu_names()]
    return [CardOption(card.name, int(card.visible_gib * GIB), card.capability) for card in cards if card]


def _variants(repo: str) -> list[VariantOption]:
    known = ((name, shape_of(name)) for name in shapes.variants(repo))
    return [VariantOption(name, shape) for name, shape in known if isinstance(shape, ModelShape)]
