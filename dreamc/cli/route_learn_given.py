"""What `dreamc route learn` is given: logs, labels, and the shares that tiers should have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from dreamc.errors import DreamError

if TYPE_CHECKING:
    from dreamc.cost.usage_log import Request, Skipped
    from dreamc.learning.outcomes import Evidence, Label
    from dreamc.learning.reach import Policy


class Given(NamedTuple):
    """What there is to learn from. `skipped` is what the first reading of the logs leaves out."""

    logs: tuple[Path, ...]
    labels: tuple[Label, ...]
    skipped: Skipped

    def requests(self, skipped: Skipped | None = None) -> Iterator[Request]:
        """Read anew each time; what is left out is counted in `skipped`."""
        from dreamc.cost.usage_log import lines, requests

        return requests(lines(self.logs, skipped))


def share(text: str, hint: str) -> float:
    """`5%` or `0.05`."""
    try:
        found = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise click.BadParameter(f"'{text}' is not a share such as 5% or 0.05", param_hint=hint)
    return found


def given_of(logs: tuple[Path, ...], outcomes: tuple[Path, ...], policy: Policy) -> Given:
    from dreamc.cost.log_files import logs_of
    from dreamc.cost.usage_log import Skipped

    if not policy.tiers:
        raise DreamError(
            "the file has no tiers, so there is nothing to choose between", "", "add routing: {tiers: […]}"
        )
    labels = tuple(label for path in outcomes for label in _labels(path, policy))
    return Given(tuple(dict.fromkeys(one for log in logs for one in logs_of(log))), labels, Skipped())


def _labels(path: Path, policy: Policy) -> tuple[Label, ...]:
    from dreamc.learning.labels import read_labels

    try:
        with path.open("rb") as file:
            found, problems = read_labels(str(path), file, policy.tiers)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise DreamError(f"{path} cannot be read: {reason}", "", "name a file of labels") from error
    if problems:
        remedy = 'a label is {"id": "…", "ok": true}, or {"action": "…", "tier": "…", "ok": 0.8}'
        raise DreamError("\n".join(problems), "nothing was learnt", remedy)
    if not found:
        raise DreamError(f"{path} is empty", "nothing was learnt", 'write a label per line: {"id": "…", "ok": true}')
    return found


def shares_of(text: str | None, policy: Policy) -> dict[str, float]:
    """By tier with a bound; the one that is left out gets the rest. Without a text those that the bounds say."""
    from dreamc.learning.bounds import widths

    tiers = [bound.tier for bound in policy.complexity]
    if text is None:
        return widths([(bound.tier, bound.up_to) for bound in policy.complexity])
    found = dict(_one_share(part, tiers) for part in text.split(","))
    left = [tier for tier in tiers if tier not in found]
    total = sum(found.values())
    if len(left) == 1 and total <= 1:
        found[left[0]] = 1 - total
    elif left or abs(total - 1) > 0.005:
        missing = f"; without a share: {', '.join(left)}" if left else ""
        raise click.BadParameter(f"the shares sum to {total:.0%}, not to 100%{missing}", param_hint="--shares")
    return {tier: found[tier] for tier in tiers}


def _one_share(text: str, tiers: Sequence[str]) -> tuple[str, float]:
    tier, equals, value = text.partition("=")
    tier = tier.strip()
    if not equals:
        raise click.BadParameter(f"'{text.strip()}' is not TIER=SHARE such as {tiers[0]}=50%", param_hint="--shares")
    if tier not in tiers:
        raise click.BadParameter(f"'{tier}' has no bound; known: {', '.join(tiers)}", param_hint="--shares")
    return tier, share(value, "--shares")


def worth_it(evidence: Evidence, given: Given, *, anyway: bool) -> None:
    """Raises DreamError where there is no outcome at all."""
    if given.logs and not evidence.requests:
        names = ", ".join(map(str, given.logs))
        shapes = ", ".join(sorted(given.skipped.shapes))
        what = f"{names}: no request{f', but {shapes}' if shapes else ''}"
        raise DreamError(what, "nothing was learnt", "name the gateway's usage log")
    by_id = sum(not label.complete for label in given.labels)
    if by_id and not evidence.matched:
        remedy = "an id is the answer's x-litellm-call-id; name the log that has it, put-aside files beside it are read"
        raise DreamError(f"none of the {by_id} labels matches a request of the log", "nothing was learnt", remedy)
    if evidence.labels or evidence.verdicts or anyway:
        return
    what = f"{evidence.requests} requests, and of none is it known whether it ended well"
    if evidence.aside.nameless == evidence.requests:
        raise DreamError(f"none of the {evidence.requests} requests names its kind of action", "nothing was learnt",
                         "send metadata.action_type with requests")  # fmt: skip
    remedy = 'label some: --outcomes FILE with {"id": "…", "ok": true}; or have answers checked: routing: quality:'
    raise DreamError(what, "nothing was learnt", remedy)
