"""Has an answer judged, and says what became of it: booked where it was paid for and not used, noted in the stamp."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from .book import book_rejected
from .judge import Attempt, Case, Outcome, settle
from .kept import forbid
from .nested import nested
from .quality import question
from .stamp import Stamp, note
from .state import Gateway

_LOG = logging.getLogger("dream.quality")


async def checked_answer(here: Gateway, stamp: Stamp, body: dict[str, Any], first: Attempt) -> Any | None:
    """The response that takes the place of the first; None where the first may stand."""
    try:
        outcome = await _judged(here, stamp, body, first, stream=False)
    except asyncio.CancelledError:
        book_rejected(here, body, first.member, first.response, "its client left")
        raise
    if outcome is None or not outcome.passed or outcome.best.member != first.member:
        forbid(body)
    if outcome is None or outcome.best.member == first.member:
        return None
    judged = next(one for one in outcome.all if one.member == first.member)
    note(body, answered=outcome.best.member, settled=True)
    book_rejected(here, body, first.member, first.response, "; ".join(judged.verdict.reasons) or "not the best")
    return outcome.best.response


async def checked_stream(here: Gateway, stamp: Stamp, body: dict[str, Any], first: Attempt) -> list[Any]:
    """The chunks that the client gets. What the others cost is booked at the ends of their streams."""
    outcome = await _judged(here, stamp, body, first, stream=True)
    best = first if outcome is None else outcome.best
    chunks: list[Any] = best.response
    return chunks


async def _judged(
    here: Gateway, stamp: Stamp, body: Mapping[str, Any], first: Attempt, *, stream: bool
) -> Outcome | None:
    """None where judging failed: a fault of ours never costs a client its answer."""
    ask = nested(here, stamp, body, first.member, stream=stream)
    case = Case(here.policy, stamp, question(body, stamp.action), here.checks, ask)
    try:
        outcome = await settle(case, first)
    except Exception:  # noqa: BLE001 - see above
        _LOG.exception("an answer could not be checked and stands as it is")
        return None
    value = outcome.best.verdict.value if here.policy.quality is not None else None
    note(body, attempts=len(outcome.all), quality=value)
    return outcome
