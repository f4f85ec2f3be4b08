"""Models to cards: who stands where, which refusals that gives, and how to say them."""

from __future__ import annotations

from dreamc.diagnostics.types import Diagnostic, Path, Related
from dreamc.sizing.place import Assignment, Demand, HostSlots, Slot, place
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
    models: tuple[Wanted, ...], hosts: tuple[Host, ...], claims: Claims
) -> tuple[tuple[Assignment, ...], tuple[Diagnostic, ...]]:
    """Where every replica of every model stands, and what found no place."""
    findings: list[Diagnostic] = []
    demands: list[Demand] = []
    room = slots(hosts)
    for one in models:
        found = _pins(one, hosts) or _demand(one, room, claims)
        if isinstance(found, Demand):
            demands.append(found)
        else:
            findings.append(found)
    if findings:
        return (), tuple(findings)
    placement = place(tuple(demands), room)
    by_name = {one.name: one for one in models}
    tp = {demand.name: demand.gpus for demand in demands}
    refused = tuple(_refusal(by_name[name], why, room, claims, tp[name]) for name, why in placement.refused)
    return placement.assignments, refused


def _pins(one: Wanted, hosts: tuple[Host, ...]) -> Diagnostic | None:
    """A pinned GPU must exist on the host, or on some host where none is named."""
    pinned = _indices(one)
    allowed = [host for host in hosts if one.spec.host in (None, host.name)]
    most = max((len(host.cards) for host in allowed), default=0)
    path: Path = (*one.at, "gpu")
    if pinned and len(set(pinned)) < len(pinned):
        return Diagnostic("DRM206", path, f"'{one.name}' names one GPU twice", "listed twice", "name each GPU once")
    if pinned and max(pinned) >= most:
        known = f"GPUs 0 to {most - 1}" if most else "no GPU"
        where = f"host '{one.spec.host}' has" if one.spec.host else "the hosts have"
        return Diagnostic("DRM206", path, f"there is no GPU {max(pinned)}: {where} {known}", "no such GPU", "")
    if pinned and one.spec.gpus and one.spec.gpus != len(pinned):
        message = f"'{one.name}' names {len(pinned)} GPU(s) and asks for {one.spec.gpus}"
        return Diagnostic("DRM206", path, message, "does not match `gpus`", "drop one of the two")
    if most == 0:
        where = f"host '{one.spec.host}' has" if one.spec.host else "no host of the file has"
        help_ = "give the host `gpus:`, or use a cloud provider"
        return Diagnostic("DRM307", (*one.at, "source"), f"'{one.name}' needs a GPU, but {where} none", "", help_)
    return None


def _indices(one: Wanted) -> tuple[int, ...] | None:
    pinned = one.spec.gpu
    return None if pinned is None else pinned if isinstance(pinned, tuple) else (pinned,)


def _demand(one: Wanted, room: tuple[HostSlots, ...], claims: Claims) -> Demand | Diagnostic:
    width = _width(one, room, claims)
    if isinstance(width, Refusal):
        return _refusal(one, width, room, claims, 1)

    def claim(slot: Slot) -> int | Refusal:
        if one.engine == "ollama":
            return ollama_size(one, one.floor, width).claim
        found = claims.smallest(one, slot, width)
        return found if isinstance(found, Refusal) else found.claim

    return Demand(
        name=one.name,
        engine=one.engine,
        claim=claim,
        gpus=width,
        replicas=one.spec.replicas,
        host=one.spec.host,
        indices=_indices(one),
    )


def _width(one: Wanted, room: tuple[HostSlots, ...], claims: Claims) -> int | Refusal:
    """GPUs per replica: what the file says, else the fewest on any kind of card."""
    stated = one.spec.gpus or len(_indices(one) or ())
    if stated:
        return stated
    kinds: dict[str, tuple[Slot, int]] = {}
    for host in room:
        if one.spec.host in (None, host.name):
            for slot in host.gpus:
                kinds[slot.gpu] = (slot, max(len(host.gpus), kinds.get(slot.gpu, (slot, 0))[1]))
    answers = [_narrowest(one, slot, most, claims) for slot, most in kinds.values()]
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
    return Refusal("memory", f"needs {ollama_size(one, one.floor).claim / GIB:.1f} GiB", short)


def _deficit(answer: int | Refusal) -> int:
    return answer.deficit if isinstance(answer, Refusal) else 0


def _refusal(one: Wanted, why: Refusal, room: tuple[HostSlots, ...], claims: Claims, width: int) -> Diagnostic:
    code, key = CODES[why.kind]
    best = _best_slot(one, room)
    if best is not None and one.engine == "vllm" and not why.options:
        why = claims.explained(one, best[1], width) or why
    related = (Related(("hardware", best[0], "gpus"), f"{best[1].total / GIB:.1f} GiB each"),) if best else ()
    short = f"short of {why.deficit / GIB:.2f} GiB" if why.deficit else ""
    return Diagnostic(
        code, (*one.at, key), f"'{one.name}' does not fit: {why.reason}", short, "; ".join(why.options), related=related
    )


def _best_slot(one: Wanted, room: tuple[HostSlots, ...]) -> tuple[str, Slot] | None:
    allowed = [(host.name, slot) for host in room if one.spec.host in (None, host.name) for slot in host.gpus]
    return max(allowed, key=lambda pair: pair[1].total, default=None)
