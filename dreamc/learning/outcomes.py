"""Outcomes: of logged requests and of labels, which tier answered which kind of action well.

An outcome is the user's own label; else, as weaker evidence, the verdict of the gateway's checks. The unit is a request
on a tier: a member that failed and another of the same tier that did not are one success. What a dearer tier made of
requests that a cheaper one had failed is a rescue: it says nothing of how that tier does on all requests, and is
counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from dreamc.cost.usage_log import Line, Request
from dreamc.runtime.types import Policy

THRESHOLD = 0.7
"""The score that passes where the file states none: the default of `routing: quality: threshold:`."""
NO_FAULT = ("rejected: its client left", "rejected: not the best")
"""Rejections that say nothing of the answer."""
MICRO = 1_000_000
"""Labels are summed in whole millionths, so that the order of lines does not matter."""


class Label(Struct, frozen=True):
    """What became of a request: `ok` from 0 to 1. It names a logged request by `id`, or says `action` and `tier`
    itself. `score` is the complexity, where it is known; `line` the place in its file."""

    ok: float
    id: str = ""
    action: str = ""
    tier: str = ""
    score: float | None = None
    line: int = 0

    @property
    def complete(self) -> bool:
        """Whether it says everything itself."""
        return bool(self.action and self.tier)


class Count(Struct):
    """Outcomes of one action on one tier: `labels` of them with `micro` successes in millionths, and unlabelled
    requests that the checks `passed` or `failed`. `both` are the labels of answers that the checks passed, with
    `both_micro` successes: they say what passing is worth."""

    labels: int = 0
    micro: int = 0
    passed: int = 0
    failed: int = 0
    both: int = 0
    both_micro: int = 0

    @property
    def good(self) -> float:
        """Successes among the labels."""
        return self.micro / MICRO

    @property
    def worth(self) -> float:
        """Share of the answers which the checks passed that are good; 1 where no label says otherwise."""
        return (self.both_micro / MICRO + 1) / (self.both + 1)

    def label(self, ok: float, *, passed: bool = False) -> None:
        self.labels += 1
        self.micro += round(ok * MICRO)
        self.both += passed
        self.both_micro += passed * round(ok * MICRO)

    def verdict(self, ok: bool) -> None:
        self.passed += ok
        self.failed += not ok


class Rescues(Struct):
    """Requests of an action that a tier had failed: `asked` of another tier with a known end, `good` of them well."""

    asked: int = 0
    micro: int = 0

    @property
    def good(self) -> float:
        """How many ended well."""
        return self.micro / MICRO

    def note(self, ok: float) -> None:
        self.asked += 1
        self.micro += round(ok * MICRO)


class Aside(Struct):
    """What was seen and could not be used, counted: requests without a kind of action, answers out of the cache, tiers
    that the file does not have (by name), and labels whose request is not in the log."""

    nameless: int = 0
    kept: int = 0
    unmatched: int = 0
    tiers: dict[str, int] = field(default_factory=dict)


class Evidence(Struct):
    """Everything that was learnt. `counts` by action and tier; `seen` requests by action and the tier that answered."""

    counts: dict[tuple[str, str], Count] = field(default_factory=dict)
    rescues: dict[str, Rescues] = field(default_factory=dict)
    seen: dict[str, dict[str, int]] = field(default_factory=dict)
    aside: Aside = field(default_factory=Aside)
    requests: int = 0
    matched: int = 0

    @property
    def labels(self) -> int:
        """Labelled outcomes that count for a tier."""
        return sum(one.labels for one in self.counts.values())

    @property
    def verdicts(self) -> int:
        """Outcomes that only the checks speak for."""
        return sum(one.passed + one.failed for one in self.counts.values())

    def of(self, action: str, tier: str) -> Count:
        """The count to add to."""
        return self.counts.setdefault((action, tier), Count())

    def saw(self, action: str, tier: str) -> None:
        tiers = self.seen.setdefault(action, {})
        tiers[tier] = tiers.get(tier, 0) + 1


def gather(requests: Iterable[Request], labels: Iterable[Label], policy: Policy) -> Evidence:
    """The evidence of a log and of labels; several labels of one request count as their mean."""
    found, told, asked = Evidence(), _by_id(labels), set[str]()
    for label in labels:
        if label.complete:
            found.of(label.action, label.tier).label(label.ok)
            found.saw(label.action, label.tier)
    for request in requests:
        attempts = request.attempts
        if attempts:
            name = attempts[0].id
            _add(found, request, told.get(name), policy)
            asked |= {name} & told.keys()
    found.matched, found.aside.unmatched = len(asked), len(told.keys() - asked)
    return found


def _by_id(labels: Iterable[Label]) -> Mapping[str, float]:
    told: dict[str, list[int]] = {}
    for label in labels:
        if not label.complete:
            told.setdefault(label.id, []).append(round(label.ok * MICRO))
    return {name: sum(all_) / len(all_) / MICRO for name, all_ in told.items()}


def _add(found: Evidence, request: Request, label: float | None, policy: Policy) -> None:
    action = request.attempts[0].action
    found.requests += 1
    if action is None:
        found.aside.nameless += 1
    elif any(line.served == "cache" for line in request.attempts):
        found.aside.kept += 1
    else:
        _weigh(found, request, action, label, policy)


def _weigh(found: Evidence, request: Request, action: str, label: float | None, policy: Policy) -> None:
    """Per tier what became of the request there; what came after a failure elsewhere is a rescue."""
    tiers: dict[str, list[Line]] = {}
    for line in request.attempts:
        tiers.setdefault(_tier(line, policy), []).append(line)
    rejected = {tier for tier, all_ in tiers.items() if any(map(_at_fault, all_)) and not any(map(_answers, all_))}
    for tier, all_ in tiers.items():
        if not tier:
            continue
        if tier not in policy.tiers:
            found.aside.tiers[tier] = found.aside.tiers.get(tier, 0) + 1
        elif tier in rejected:
            found.of(action, tier).verdict(ok=False)
            found.saw(action, tier)
        elif answer := next(filter(_answers, all_), None):
            _answered(found, answer, (action, tier), label, policy, rescue=bool(rejected))
    answer = next((line for line in request.attempts if line.served), None)
    if answer is not None and answer.kind == "rejected" and _tier(answer, policy) in rejected:
        _rescued(found, action, answer, label, policy)


def _answered(
    found: Evidence, line: Line, key: tuple[str, str], label: float | None, policy: Policy, *, rescue: bool
) -> None:
    passed = _passed(line, policy)
    ok = passed if label is None else label
    if rescue:
        if ok is not None:
            found.rescues.setdefault(key[0], Rescues()).note(ok)
        return
    found.saw(*key)
    if label is not None:
        found.of(*key).label(label, passed=bool(passed))
    elif passed is not None:
        found.of(*key).verdict(ok=bool(passed))


def _rescued(found: Evidence, action: str, line: Line, label: float | None, policy: Policy) -> None:
    """The client got the answer of another tier than this line's; the line carries the verdict of that answer."""
    ok = label if label is not None else _passed(line, policy)
    if ok is not None:
        found.rescues.setdefault(action, Rescues()).note(ok)


def _tier(line: Line, policy: Policy) -> str:
    """That of the member that was called; the line's own `tier` is the one that was decided."""
    member = policy.members.get(line.member)
    return (member.tier if member is not None else line.tier) or ""


def _answers(line: Line) -> bool:
    return line.kind == "ok"


def _at_fault(line: Line) -> bool:
    return line.kind == "rejected" and line.status not in NO_FAULT


def _passed(line: Line, policy: Policy) -> float | None:
    """The checks' verdict as 0 or 1; None where they gave none."""
    if line.quality is None:
        return None
    return float(line.quality >= (policy.quality.threshold if policy.quality else THRESHOLD))
