"""Placed models to final sizes: what is left of each card is divided, and every card gets its ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from msgspec import Struct

from dreamc.diagnostics.types import Diagnostic
from dreamc.sizing import ledger as books
from dreamc.sizing.ollama import OllamaClaim
from dreamc.sizing.place import Assignment
from dreamc.sizing.share import Part, budgets
from dreamc.sizing.types import Fit, Refusal
from dreamc.stack.claims import Claims, ollama_size
from dreamc.stack.placed import short_of
from dreamc.stack.types import Card, CardLedger, Host
from dreamc.stack.wanted import Wanted

Sized = Mapping[str, Fit | OllamaClaim]
CardKey = tuple[str, int]
"""Host and index."""
Cards = Mapping[CardKey, tuple[Host, Card]]
Standing = Mapping[CardKey, list[Assignment]]
"""Who stands on each card."""


class Settled(Struct, frozen=True):
    """Size of every model, and the ledger of every card that holds something."""

    sizes: Sized
    ledgers: tuple[CardLedger, ...]
    findings: tuple[Diagnostic, ...]


def settle(
    models: tuple[Wanted, ...], assignments: tuple[Assignment, ...], hosts: tuple[Host, ...], claims: Claims
) -> Settled:
    """Ollama models first (their size is fixed by their context), then vLLM models divide what is left."""
    by_name = {one.name: one for one in models}
    standing = _standing(assignments)
    replicas = _replicas(assignments)
    cards = {(host.name, card.index): (host, card) for host in hosts for card in host.cards}
    sizes: dict[str, Fit | OllamaClaim] = {}
    findings: list[Diagnostic] = []
    grown: dict[CardKey, int] = defaultdict(int)
    for one in models:
        if one.engine == "ollama":
            sizes[one.name] = _ollama(one, replicas[one.name], standing, cards, grown)
    rooms = {key: _room(there, by_name, cards[key], sizes, claims) for key, there in standing.items()}
    for one in models:
        if one.engine == "vllm":
            found = _vllm(one, replicas[one.name], rooms, cards, claims)
            if isinstance(found, Fit):
                sizes[one.name] = found
            else:
                findings.append(_failed(one, found))
    ledgers = () if findings else tuple(_ledger(cards[key], there, sizes) for key, there in sorted(standing.items()))
    return Settled(sizes, ledgers, tuple(findings))


def _standing(assignments: tuple[Assignment, ...]) -> Standing:
    standing: dict[CardKey, list[Assignment]] = defaultdict(list)
    for one in assignments:
        for index in one.gpus:
            standing[one.host, index].append(one)
    return standing


def _replicas(assignments: tuple[Assignment, ...]) -> dict[str, list[Assignment]]:
    replicas: dict[str, list[Assignment]] = defaultdict(list)
    for each in assignments:
        replicas[each.name].append(each)
    return replicas


def _reserve(card: tuple[Host, Card]) -> int:
    """Bytes that models must not take; a desktop sits on the first card."""
    host, gpu = card
    return host.desktop if gpu.index == 0 else 0


def _free(card: tuple[Host, Card]) -> int:
    return card[1].total - _reserve(card)


def _ollama(
    one: Wanted, mine: list[Assignment], standing: Standing, cards: Cards, grown: dict[CardKey, int]
) -> OllamaClaim:
    """The longest context of its range that the cards still hold beside the least of everything else.

    `grown` is what models before it took of each card beyond their least.
    """
    width = len(mine[0].gpus)
    least = ollama_size(one, one.floor, width)
    places = [(each.host, index) for each in mine for index in each.gpus]
    for context in _steps(one.floor, one.ceiling):
        size = ollama_size(one, context, width)
        more = size.claim - least.claim
        if all(_spare(key, standing, cards) - grown[key] >= more for key in places):
            for key in places:
                grown[key] += more
            return size
    return least


def _steps(floor: int, ceiling: int) -> tuple[int, ...]:
    """Contexts to try, the longest first: the ceiling, then powers of two above the floor, then the floor."""
    powers = [2**n for n in range(24, 9, -1) if floor < 2**n < ceiling]
    return tuple(dict.fromkeys((ceiling, *powers, floor)))


def _spare(key: CardKey, standing: Standing, cards: Cards) -> int:
    groups: dict[str, int] = {}
    for each in standing[key]:
        group = each.exclusive_group or f"{each.name}#{each.replica}"
        groups[group] = max(groups.get(group, 0), each.claim)
    return _free(cards[key]) - sum(groups.values())


def _room(
    there: list[Assignment],
    by_name: Mapping[str, Wanted],
    card: tuple[Host, Card],
    sizes: Sized,
    claims: Claims,
) -> dict[tuple[str, int], int]:
    """Bytes of one card for each vLLM replica on it."""
    groups: dict[str, int] = {}
    for each in there:
        if each.name in sizes:
            group = each.exclusive_group or each.name
            groups[group] = max(groups.get(group, 0), sizes[each.name].claim)
    left = _free(card) - sum(groups.values())
    local = [each for each in there if by_name[each.name].engine == "vllm"]
    if len(local) == 1:
        return {(local[0].name, local[0].replica): left}
    parts = tuple(_part(each, by_name[each.name], card[1], left, claims) for each in local)
    shares = budgets(left, parts) if parts else {}
    if isinstance(shares, int):
        shares = {part.name: part.claim for part in parts}
    return {(each.name, each.replica): shares[f"{each.name}#{each.replica}"] for each in local}


def _part(each: Assignment, one: Wanted, card: Card, left: int, claims: Claims) -> Part:
    name, weight = f"{each.name}#{each.replica}", one.spec.concurrency or 8
    if each.claim >= left:
        return Part(name, each.claim, weight)
    wish, most = claims.wished(one, card, left, len(each.gpus))
    return Part(name, each.claim, weight, wish, most)


def _vllm(
    one: Wanted,
    mine: list[Assignment],
    rooms: Mapping[CardKey, Mapping[tuple[str, int], int]],
    cards: Cards,
    claims: Claims,
) -> Fit | Refusal:
    """One size for all replicas: that of the one with the least room, on the smallest card."""
    places = [(each.host, index) for each in mine for index in each.gpus]
    budget = min(rooms[each.host, index][one.name, each.replica] for each in mine for index in each.gpus)
    card = min((cards[key][1] for key in places), key=lambda found: (found.total, found.capability))
    return claims.largest(one, card, budget, len(mine[0].gpus))


def _failed(one: Wanted, why: Refusal) -> Diagnostic:
    return Diagnostic(
        "DRM308",
        (*one.at, "source"),
        f"'{one.name}' does not fit beside the others: {why.reason}",
        short_of(why),
        "; ".join(why.options),
    )


def _ledger(card: tuple[Host, Card], there: list[Assignment], sizes: Sized) -> CardLedger:
    host, gpu = card
    entries = tuple(_entry(each, sizes[each.name]) for each in there)
    return CardLedger(host.name, gpu, books.Ledger(books.Card(gpu.label, gpu.total, _reserve(card)), entries))


def _entry(each: Assignment, size: Fit | OllamaClaim) -> books.Entry:
    kind = "vllm" if isinstance(size, Fit) else "ollama"
    name = each.name if each.replica == 0 else f"{each.name} #{each.replica}"
    return books.Entry(name, kind, size.claim, each.exclusive_group)
