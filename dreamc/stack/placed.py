"""Models to cards: who stands where, which refusals that gives, and how to say them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from dreamc.diagnostics.types import Diagnostic, Path, Related
from dreamc.sizing.place import Assignment, Demand, HostSlots, Placement, Remembered, Searched, Slot, place
from dreamc.sizing.types import GIB, Refusal
from dreamc.stack.claims import Claims, ollama_size, slot_name
from dreamc.stack.types import Host
from dreamc.stack.wanted import Wanted

CODES = {
    "memory": ("DRM301", "source"),
    "capability": ("DRM302", "source"),
    "parallelism": ("DRM303", "gpus"),
    "context": ("DRM304", "context"),
    "unmodelled": ("DRM305", "source"),
    "request": ("DRM306", "source"),
}

REMEDIES: Mapping[Searched, str] = {
    "no": "move one of them to another card, shorten a context, or take a smaller model",
    "impossible": "no arrangement of all models fits: shorten a context, take a smaller model, or add a card",
    "limit": "no arrangement was found within the bounds of the search: pin some with `host:` and `gpu:`, or shorten a "
    "context",
}
"""What would help, by how the search for an arrangement went."""
MOST = 4
"""Neighbours that a finding names."""
WIDEST = 8
"""GPUs in the largest host that a finding proposes."""


class Kind(Struct, frozen=True):
    """A kind of card, and how many GPUs the largest host with it has."""

    slot: Slot
    most: int


Kinds = Mapping[str | None, Mapping[str, Kind]]


def slots(hosts: tuple[Host, ...]) -> tuple[HostSlots, ...]:
    """The hosts as placement sees them; a desktop sits on the first card."""
    return tuple(
        HostSlots(
            host.name,
            tuple(Slot(slot_name(card), card.total, host.desktop if card.index == 0 else 0) for card in host.cards),
            host.nvlink,
        )
        for host in hosts
    )


def placed(
    models: tuple[Wanted, ...], hosts: tuple[Host, ...], claims: Claims, seats: tuple[Remembered, ...] = ()
) -> tuple[tuple[Assignment, ...], tuple[Diagnostic, ...]]:
    """Where every replica of every model stands, and what found no place. What stood on `seats` stays if it can."""
    findings: list[Diagnostic] = []
    demands: list[Demand] = []
    room = slots(hosts)
    kinds = _kinds(room)
    for one in models:
        found = _pins(one, kinds) or _demand(one, room, kinds, claims, seats)
        if isinstance(found, Demand):
            demands.append(found)
        else:
            findings.append(found)
    if findings:
        return (), tuple(findings)
    placement = place(tuple(demands), room, seats)
    by_name = {one.name: one for one in models}
    asked = {demand.name: demand for demand in demands}
    refused = tuple(
        _crowded(by_name[name], asked[name], why, room, placement)
        or _refusal(by_name[name], why, room, claims, asked[name].gpus)
        for name, why in placement.refused
    )
    return placement.assignments, refused


def _kinds(room: tuple[HostSlots, ...]) -> Kinds:
    """The kinds of card that a model may stand on and the most of each in one host: by the host that it names, and
    under None for those that name none."""
    anywhere: dict[str, Kind] = {}
    found: dict[str | None, dict[str, Kind]] = {None: anywhere}
    for host in room:
        here = found[host.name] = {slot.gpu: Kind(slot, len(host.gpus)) for slot in host.gpus}
        for name, kind in here.items():
            anywhere[name] = Kind(kind.slot, max(kind.most, anywhere[name].most if name in anywhere else 0))
    return found


def _pins(one: Wanted, kinds: Kinds) -> Diagnostic | None:
    """A pinned GPU must exist on the host, or on some host where none is named."""
    pinned = _indices(one)
    most = max((kind.most for kind in kinds.get(one.spec.host, {}).values()), default=0)
    path: Path = (*one.at, "gpu")
    hosts = [name for name, found in kinds.items() if name and found]
    if pinned and one.spec.host is None and len(hosts) > 1:
        which = " or ".join(f"host: {name}" for name in hosts[:MOST])
        return Diagnostic(
            "DRM206",
            path,
            f"'{one.name}' names a GPU, but not the host that it is in",
            "of which host?",
            f"add {which}",
        )
    if pinned and len(set(pinned)) < len(pinned):
        return Diagnostic("DRM206", path, f"'{one.name}' names one GPU twice", "listed twice", "name each GPU once")
    absent = [index for index in pinned or () if not 0 <= index < most]
    if absent and most:
        where = f"host '{one.spec.host}' has" if one.spec.host else "the largest host has"
        known = f"GPUs 0 to {most - 1}" if most > 1 else "GPU 0 only"
        help_ = "GPUs count from 0, in the order of the host's `gpus`"
        return Diagnostic("DRM206", path, f"there is no GPU {absent[0]}: {where} {known}", "no such GPU", help_)
    if pinned and one.spec.gpus and one.spec.gpus != len(pinned):
        message = f"'{one.name}' names {len(pinned)} GPU(s) and asks for {one.spec.gpus}"
        return Diagnostic("DRM206", path, message, "does not match `gpus`", "drop one of the two")
    if most == 0:
        where = f"host '{one.spec.host}' has none" if one.spec.host else "no host of the file has one"
        help_ = "give the host `gpus:`, or use a cloud provider"
        return Diagnostic("DRM307", (*one.at, "source"), f"'{one.name}' needs a GPU, but {where}", "", help_)
    return None


def _indices(one: Wanted) -> tuple[int, ...] | None:
    pinned = one.spec.gpu
    return None if pinned is None else pinned if isinstance(pinned, tuple) else (pinned,)


def _demand(
    one: Wanted, room: tuple[HostSlots, ...], kinds: Kinds, claims: Claims, seats: tuple[Remembered, ...]
) -> Demand | Diagnostic:
    held = (len(seat.gpus) for seat in seats if seat.name == one.name and _still_holds(one, seat, room, claims))
    width = _width(one, kinds, claims, next(held, None))
    if isinstance(width, Refusal):
        return _refusal(one, width, room, claims, 1)
    return Demand(
        name=one.name,
        engine=one.engine,
        claim=lambda slot: _least(one, slot, width, claims),
        gpus=width,
        replicas=one.spec.replicas,
        host=one.spec.host,
        indices=_indices(one),
    )


def _least(one: Wanted, slot: Slot, width: int, claims: Claims) -> int | Refusal:
    """The smallest bytes on each of `width` such cards."""
    if one.engine == "ollama":
        return ollama_size(one, one.floor, width).claim
    found = claims.smallest(one, slot, width)
    return found if isinstance(found, Refusal) else found.claim


def _still_holds(one: Wanted, seat: Remembered, room: tuple[HostSlots, ...], claims: Claims) -> bool:
    """Whether the cards on which a replica stood are there, and would hold it alone."""
    host = next((host for host in room if host.name == seat.host and one.spec.host in {None, host.name}), None)
    if host is None or max(seat.gpus) >= len(host.gpus):
        return False
    sizes = ((_least(one, host.gpus[at], len(seat.gpus), claims), host.gpus[at].usable) for at in seat.gpus)
    return all(isinstance(size, int) and size <= usable for size, usable in sizes)


def _width(one: Wanted, kinds: Kinds, claims: Claims, before: int | None) -> int | Refusal:
    """GPUs per replica: what the file says, else what it was before, else the fewest on any kind of card."""
    stated = one.spec.gpus or len(_indices(one) or ()) or before
    if stated:
        return stated
    answers = [_narrowest(one, kind.slot, kind.most, claims) for kind in kinds[one.spec.host].values()]
    widths = [answer for answer in answers if isinstance(answer, int)]
    return min(widths) if widths else min(answers, key=_deficit)


def _narrowest(one: Wanted, slot: Slot, most: int, claims: Claims) -> int | Refusal:
    if one.engine == "vllm":
        return claims.parallel(one, slot, most)
    room = slot.total - slot.reserve
    for width in range(1, most + 1):
        if ollama_size(one, one.floor, width).claim <= room:
            return width
    short = ollama_size(one, one.floor, most).claim - room
    enough = next((n for n in range(most + 1, WIDEST + 1) if ollama_size(one, one.floor, n).claim <= room), None)
    advice = "a smaller tag, or a cloud provider"
    options = (f"{enough} such GPUs in one host hold it; else {advice}",) if enough else (advice,)
    return Refusal("memory", f"it needs {ollama_size(one, one.floor).claim / GIB:.1f} GiB", short, options)


def _deficit(answer: int | Refusal) -> int:
    return answer.deficit if isinstance(answer, Refusal) else 0


def _refusal(one: Wanted, why: Refusal, room: tuple[HostSlots, ...], claims: Claims, width: int) -> Diagnostic:
    code, key = CODES[why.kind]
    if why.kind == "capability" and one.spec.dtype != "auto" and any(text.startswith("dtype:") for text in why.options):
        key = "dtype"
    best = _best_slot(one, room)
    if best is not None and one.engine == "vllm" and not why.options:
        why = claims.explained(one, best[1], width) or why
    related = (Related(("hardware", best[0], "gpus"), _has(best[1])),) if best else ()
    return Diagnostic(
        code,
        (*one.at, key),
        f"'{one.name}' does not fit: {why.reason}",
        short_of(why),
        "; ".join(why.options),
        related=related,
    )


def short_of(why: Refusal) -> str:
    """What is missing, as a label; empty where it is not memory."""
    return f"short of {why.deficit / GIB:.2f} GiB" if why.deficit else ""


def _has(slot: Slot) -> str:
    kept = f", {slot.reserve / GIB:.1f} GiB of the first for the desktop" if slot.reserve else ""
    return f"{slot.total / GIB:.1f} GiB each{kept}"


def _crowded(
    one: Wanted, demand: Demand, why: Refusal, room: tuple[HostSlots, ...], found: Placement
) -> Diagnostic | None:
    """The finding that it is the others who take the room; None where the model would not fit alone either."""
    held = tuple(host.name for host in room if demand.host in (None, host.name) and _holds(demand, host))
    others = tuple(
        dict.fromkeys(each.name for each in found.assignments if each.host in held and each.name != one.name)
    )
    if why.kind != "memory" or not others:
        return None
    named = ", ".join(f"'{name}'" for name in others[:MOST]) + (" and others" if len(others) > MOST else "")
    return Diagnostic(
        "DRM308",
        (*one.at, "source"),
        f"'{one.name}' does not fit beside {named}: {why.reason}",
        short_of(why),
        "; ".join((*why.options, REMEDIES[found.searched])),
        related=tuple(Related(("models", name), "takes room there", on_key=True) for name in others[:MOST]),
    )


def _holds(demand: Demand, host: HostSlots) -> bool:
    """Whether the model would fit on cards of the host that hold nothing else."""
    slots_ = host.gpus if demand.indices is None else tuple(host.gpus[n] for n in demand.indices if n < len(host.gpus))
    sizes = ((demand.claim(slot), slot) for slot in slots_)
    fitting = [slot for size, slot in sizes if isinstance(size, int) and size <= slot.total - slot.reserve]
    return len(fitting) >= demand.gpus


def _best_slot(one: Wanted, room: tuple[HostSlots, ...]) -> tuple[str, Slot] | None:
    allowed = [(host.name, slot) for host in room if one.spec.host in (None, host.name) for slot in host.gpus]
    return max(allowed, key=lambda pair: pair[1].total, default=None)
