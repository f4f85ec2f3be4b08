"""Who answers a request under a policy with so much money left: decided by the code that decides in the gateway."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dreamc.cost.arrival import CHARACTERS, Arrival
from dreamc.cost.wallet import Wallet
from dreamc.runtime.complexity import score
from dreamc.runtime.money import WINDOW_TOKENS, dollars, output_limit, worst
from dreamc.runtime.policy import Ask, Decision, Refusal, decide
from dreamc.runtime.types import Member, Policy

_UNPAID = "the budget has not the money for it"
_Key = tuple[object, ...]


class Found(Struct, frozen=True, gc=False):
    """`wanted` is the decision with money enough, `made` the one with the money that there is; `member` answers, ""
    where nobody does."""

    wanted: Decision | Refusal
    made: Decision | Refusal
    member: str


class Server:
    """Decides for one request after the other. A decision depends on few things, so equal ones are made once."""

    def __init__(self, policy: Policy, mode: str) -> None:
        self._policy, self._mode = policy, mode
        self._windows = sorted({one.context for one in policy.members.values() if one.context is not None})
        self._steps = tuple(sorted({b.budget_left_usd for b in policy.complexity if b.budget_left_usd is not None}))
        self._clouds = {name: _limited_clouds(policy, mode, name) for name in policy.modes[mode].aliases}
        self._made: dict[_Key, Decision | Refusal] = {}
        self._scores: dict[int, float] = {}

    def find(self, one: Arrival, alias: str, wallet: Wallet) -> Found:
        """Decides for `one`, which asks for `alias`."""
        size = next((at for at, window in enumerate(self._windows) if one.input <= window), len(self._windows))
        points = None if one.action in self._policy.actions else self._score(one)
        ask = Ask(alias, "", tokens=one.input, action=one.action, score=points)
        key = (alias, one.action, points, size)
        wanted = self._decided((*key, ()), ask)
        tight = self._tight(one, alias, wallet)
        made = wanted if tight is None else self._decided((*key, tight[0]), _under(ask, *tight[1]))
        return Found(wanted, made, answers(made, one))

    def _decided(self, key: _Key, ask: Ask) -> Decision | Refusal:
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = decide(self._policy, self._mode, ask)
        return found

    def _score(self, one: Arrival) -> float:
        """As it was logged; else that of a text of this length without any word that counts, and 0 where LiteLLM
        scores, which only the gateway can ask."""
        if one.score is not None:
            return one.score
        if self._policy.scorer == "litellm":
            return 0.0
        found = self._scores.get(one.input)
        if found is None:
            found = self._scores[one.input] = score("x" * (CHARACTERS * one.input)).value
        return found

    def _tight(self, one: Arrival, alias: str, wallet: Wallet) -> tuple[_Key, tuple[float | None, _Unpaid]] | None:
        """What money changes about the decision, and the money; None where there is enough for everything."""
        clouds = self._clouds.get(alias, ())
        if not clouds:
            return None
        left = wallet.left(None)
        usd = None if left is None else dollars(left)
        unpaid = tuple((each.member.name, _UNPAID) for each in clouds if _too_dear(each, one, wallet))
        passed = 0 if usd is None else sum(usd <= step for step in (0.0, *self._steps))
        return ((unpaid, passed), (usd, unpaid)) if unpaid or passed else None


_Unpaid = tuple[tuple[str, str], ...]


class _Cloud(Struct, frozen=True):
    """A cloud member that a limit counts; a call for at most `output` tokens costs at most `most` nano-dollars."""

    member: Member
    output: int
    most: int


def _limited_clouds(policy: Policy, mode: str, alias: str) -> tuple[_Cloud, ...]:
    named = (policy.members[name] for name in policy.modes[mode].aliases[alias].members)
    counted = (one for one in named if one.location == "cloud" and policy.budget.counts(one.provider))
    return tuple(
        _Cloud(one, one.max_output or one.context or WINDOW_TOKENS, _most(one, one.context or WINDOW_TOKENS, {}))
        for one in counted
    )


def _too_dear(cloud: _Cloud, one: Arrival, wallet: Wallet) -> bool:
    """Whether the most that the call can cost does not fit what is left, as the gateway asks before it decides."""
    left = wallet.left(cloud.member.provider)
    if left is None or cloud.member.price is None:
        return False
    if left >= cloud.most and (one.limit or 0) <= cloud.output:
        return False
    body = {"max_tokens": one.limit or output_limit(cloud.member, {})}
    return left == 0 or _most(cloud.member, one.most_input, body) > left


def _most(member: Member, prompt: int, body: dict[str, Any]) -> int:
    """Nano-dollars that a request can cost at most: runtime/state.py reckons it so at the door."""
    return 0 if member.price is None else worst(member.price, member, body, prompt)


def _under(ask: Ask, usd: float | None, unpaid: _Unpaid) -> Ask:
    return Ask(ask.alias, "", tokens=ask.tokens, action=ask.action, score=ask.score, budget_left_usd=usd, unpaid=unpaid)


def answers(decision: Decision | Refusal, one: Arrival) -> str:
    """The member that answers; "" for none. What failed in the log fails here too, and whoever was left alone for a
    failure a moment before is passed over where the log shows that somebody behind it answered."""
    if isinstance(decision, Refusal):
        return ""
    able = [name for name in decision.members if name not in one.failed]
    if one.cooling and one.first in able:
        able = [name for name in able[: able.index(one.first)] if name not in one.cooling] + [one.first]
    return able[0] if able else ""
