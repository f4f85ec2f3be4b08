"""What a client may wish about the checks of one request, and what follows for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .asks import BadAsk
from .ladder import reserve
from .types import Policy
from .whitelist import Ask

MOST_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Wishes:
    """`check` None: as the policy says. `attempts` None: as many as the policy allows."""

    check: bool | None = None
    attempts: int | None = None


@dataclass(frozen=True, slots=True)
class Checking:
    """How one request is checked. `attempts` 0: not at all; `models` 0: no consensus. Escalation asks `reserve`."""

    reserve: tuple[str, ...] = ()
    attempts: int = 0
    models: int = 0
    max_cost_usd: float | None = None


def wishes(body: Mapping[str, object], headers: Mapping[str, str]) -> Wishes:
    """Headers x-dream-quality (on, off) and x-dream-max-attempts, else `quality_check` and `max_attempts` of the
    metadata. Fewer attempts than the policy allows may be wished for, not more. Raises BadAsk."""
    metadata = body.get("metadata")
    said: Mapping[str, object] = metadata if isinstance(metadata, Mapping) else {}
    switch = headers.get("x-dream-quality", "")
    if switch not in ("", "on", "off"):
        raise BadAsk("x-dream-quality is on or off")
    check = said.get("quality_check") if not switch else switch == "on"
    return Wishes(
        check=check if isinstance(check, bool) else None,
        attempts=_attempts(headers.get("x-dream-max-attempts") or said.get("max_attempts")),
    )


def checking(policy: Policy, mode: str, ask: Ask, wished: Wishes) -> Checking:
    """Requests of routed aliases are checked unless their client says no; others only where it says yes."""
    routed = policy.modes[mode].aliases[ask.alias].routed
    if not (routed if wished.check is None else wished.check):
        return Checking()
    consensus = policy.consensus
    models = consensus.models if consensus is not None and ask.action in consensus.actions else 0
    attempts = policy.quality.max_attempts if policy.quality is not None else 2 * bool(models)
    if not attempts:
        return Checking()
    allowed = min(wished.attempts or attempts, attempts)
    return Checking(reserve(policy, mode, ask), allowed, models, ask.max_cost_usd)


def _attempts(value: object) -> int | None:
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MOST_ATTEMPTS):
        raise BadAsk(f"the most attempts are a whole number from 1 to {MOST_ATTEMPTS}")
    return int(text)
