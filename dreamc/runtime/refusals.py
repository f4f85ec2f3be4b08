"""What a client is told of a request that nobody answered: what was wrong with those who were asked, and what kept the
others from it."""

from __future__ import annotations

from dataclasses import dataclass

from .admission import outside
from .answers import OF_THE_MEMBER
from .failures import OURS, STATUS, trigger
from .policy import status_of as refused
from .stamp import Stamp
from .state import Gateway
from .whitelist import Bar

FAILED = 502
RESTING = 429
"""It passes with time; LiteLLM says so too where all are left alone."""
MESSAGE = 1_000
"""Characters of a member's error that its client is told."""


@dataclass(frozen=True, slots=True)
class Ending:
    """`source` says whose words they are: those of a model, or of the policy."""

    status: int
    said: str
    source: str


class Ended(Exception):
    """Ends a stream that has not begun; LiteLLM makes the client's error of these names (LiteLLM 1.106.2
    proxy/proxy_server.py, async_data_generator)."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.said)
        self.message, self.status_code, self.type = ending.said, ending.status, ending.source


class ClientLeft(Exception):
    """A client hung up before the end of its answer."""


def ending(here: Gateway, stamp: Stamp, error: Exception | None = None) -> Ending | None:
    """None where nothing is known of it, and LiteLLM's own error must do: everybody who might answer is resting.

    Where nobody could be asked, the status is the door's: 429 for money, 403 for the whitelist. Where somebody was, it
    is that of the failure that came last. `error` is what LiteLLM would report: a refusal of our own, with a status
    500, where some may not be asked and the others are resting.
    """
    if stamp.failed:
        return Ending(stamp.failed_status, stamp.failed, "the model")
    bars = _bars(here, stamp)
    reasons = "; ".join(dict.fromkeys(why.reason for why in bars.values()))
    if stamp.faults:
        wrong = [f"{member}: {why}" for member, _, why in stamp.faults]
        wrong += [f"others may not be asked: {reasons}"] if bars else []
        return Ending(stamp.faults[-1][1], "; ".join(wrong), "the model")
    if bars and bars.keys() >= set(stamp.members):
        return Ending(refused(tuple(bars.values())), reasons, "dream policy")
    if getattr(error, "llm_provider", None) == OURS:
        resting = ", ".join(name for name in stamp.members if name not in bars) or "everybody else"
        said = f"{resting}: left alone for a moment after failures"
        return Ending(RESTING, f"{said}; others may not be asked: {reasons}" if bars else said, "dream policy")
    return None


def cause(error: Exception) -> BaseException:
    """What ended a request, behind what its client is told."""
    return error.__cause__ or error if isinstance(error, Ended) else error


def status_of(error: Exception) -> int:
    """What a member's failure is to a client: its own mistake only where the prompt is too long or not allowed."""
    if type(error).__name__ in OF_THE_MEMBER:
        return 400
    kind = trigger(error)
    return FAILED if kind is None else STATUS[kind]


def _bars(here: Gateway, stamp: Stamp) -> dict[str, Bar]:
    """The members of the alias that were not asked, each with what keeps it from this request."""
    served = here.policy.modes[here.mode].aliases.get(stamp.alias)
    asked = {*map(here.member_of, stamp.called), *stamp.tried}
    names = [name for name in (served.members if served else ()) if name not in asked]
    found = {name: _bar(here, stamp, name) for name in names}
    return {name: why for name, why in found.items() if why is not None}


def _bar(here: Gateway, stamp: Stamp, name: str) -> Bar | None:
    member = here.policy.members[name]
    if member.location == "local":
        return None
    if (why := outside(here, member, stamp)) is not None:
        return Bar(why, 403)
    closed = dict(stamp.barred).get(name) or here.cloud_closed(member.provider)
    return None if closed is None else Bar(closed, 429)
