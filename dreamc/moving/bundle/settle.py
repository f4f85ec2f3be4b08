"""The claims of a bundle, written down as far as it takes for `compile` to make the same bundle: proven, not assumed.

What the compiler decides (a place, a length of context) is left to it where it decides the same again. Where it does
not, more is written down, until the bytes agree or there is no more to write.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from dreamc.hub.pins import Lock
from dreamc.moving.assemble import assemble
from dreamc.moving.bundle.around import around
from dreamc.moving.bundle.clouds import clouds
from dreamc.moving.bundle.machines import machines
from dreamc.moving.bundle.models import Served, Shown, models, served
from dreamc.moving.bundle.opened import Opened
from dreamc.moving.bundle.rules import rules
from dreamc.moving.prove import Proof, compiled, differing, prove
from dreamc.moving.types import Claim
from dreamc.moving.write import text
from dreamc.stack.inputs import Inputs

WAYS = (
    Shown(None, None, "none", explicit=False),
    Shown(None, None, "hosts", explicit=False),
    Shown(None, None, "gpus", explicit=False),
    Shown(None, None, "gpus", explicit=True),
    Shown(open_contexts=False, concurrency=None, pins="gpus", explicit=True),
    Shown(open_contexts=False, concurrency=True, pins="gpus", explicit=True),
    Shown(open_contexts=True, concurrency=None, pins="gpus", explicit=True),
    Shown(open_contexts=True, concurrency=True, pins="gpus", explicit=True),
)
"""What is written down of the compiler's own decisions, from the least."""


class Settled(Struct, frozen=True):
    """The claims that came nearest; `differs` are the files of the bundles that `compile` would write otherwise, `own`
    those that differ because another version wrote them."""

    claims: tuple[Claim, ...]
    proof: Proof
    differs: tuple[str, ...]
    own: tuple[str, ...]
    same: int


def settle(found: Opened, today: date, lock: Lock | None) -> Settled:
    """The first way that gives the same bytes, else the one that gives the most. `lock` is the one beside the file."""
    everyone, best = served(found), None
    inputs = Inputs(today, found.gateway.release.input_sha256, {}, lock, checks=found.modules())
    for claims in _ways(found, everyone):
        one = _tried(found, claims, inputs)
        if best is None or len(one.differs) < len(best.differs):
            best = one
        if not one.differs:
            break
    assert best is not None
    return best


def _ways(found: Opened, everyone: tuple[Served, ...]) -> Iterator[tuple[Claim, ...]]:
    """Each way with the hosts in every order worth trying: the first host has a say in where things stand."""
    hosts = tuple(machines(found))
    rest = (*clouds(found), *rules(found), *around(found))
    head = tuple(_head(found))
    for shown in WAYS:
        for order in _orders(found, hosts):
            yield (*head, *order, *models(found, everyone, shown), *rest)


def _orders(found: Opened, hosts: tuple[Claim, ...]) -> tuple[tuple[Claim, ...], ...]:
    gateways = {host.name for host in found.hosts if host.release.gateway}
    last = tuple(sorted(hosts, key=lambda claim: claim.path[1] in gateways))
    first = tuple(sorted(hosts, key=lambda claim: claim.path[1] not in gateways))
    return (last,) if last == first else (last, first)


def _head(found: Opened) -> Iterator[Claim]:
    at = found.gateway.at
    yield Claim(("dream",), 1, None)
    yield Claim(("name",), found.gateway.release.stack, at("release.json", "stack"))
    yield Claim(("mode",), found.gateway.release.default_mode, at("release.json", "default_mode"))


def _tried(found: Opened, claims: tuple[Claim, ...], inputs: Inputs) -> Settled:
    written = {f"{host.name}/{path}": content for host in found.hosts for path, content in host.files.items()}
    value, _ = assemble(claims)
    proof = prove(text(value, {}, ()), inputs)
    made = compiled(proof.stack) if proof.stack is not None else {}
    differs, own = differing(written, made)
    return Settled(claims, proof, differs, own, len(set(written) - {*differs, *own}))
