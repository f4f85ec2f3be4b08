"""What one gateway process holds: the policy, its mode, the ledger, the usage log and the clock."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .alerts import Alerts
from .contract import PolicyError, load
from .custom import Custom, load_checks
from .foreign_score import scorer
from .ledger import limits, open_ledger
from .live import Live
from .logfile import Rotation
from .money import dollars, output_limit, prompt_bound, worst
from .purse import AWAY, Purse, Terms, used_up
from .switches import Switches, switches
from .tally import Tally
from .types import Member, Policy
from .usage import UsageLog

_LOG = logging.getLogger("dream.gateway")

TALLY = "tally.sqlite"
_AS_COMPILED = Switches()


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything a hook needs. `clock` gives the time with a time zone."""

    policy: Policy
    mode: str
    purse: Purse
    usage: UsageLog
    clock: Callable[[], datetime]
    checks: tuple[Custom, ...] = ()
    switches: Switches = _AS_COMPILED
    tally: Tally = field(default_factory=lambda: Tally(None))
    live: Live | None = None
    scorer: Callable[[str], float | None] | None = None

    def rules(self) -> Policy:
        """The policy with its whitelist as it is now; everything else of it never changes while a gateway runs."""
        return self.policy if self.live is None else self.live.policy()

    def budget_left_usd(self) -> float | None:
        """USD left of the stack's budget, None without one; 0 when the ledger cannot be read."""
        left = self.purse.left(None)
        return None if left is None else dollars(left)

    def cloud_closed(self, provider: str | None = None) -> str | None:
        """Why no call of a provider may be made; None while there is money left for one, as far as is known."""
        if self.purse.left(provider) != 0:
            return None
        return AWAY if self.purse.away else used_up(provider if self.purse.left(None) != 0 else None, 0, 0)

    def clouds(self, alias: object) -> tuple[Member, ...]:
        """The cloud members behind a name that a client asked for."""
        served = self.policy.modes[self.mode].aliases.get(alias) if isinstance(alias, str) else None
        named = (self.policy.members[name] for name in served.members) if served is not None else ()
        return tuple(member for member in named if member.location == "cloud")

    def unpaid(self, members: tuple[Member, ...], body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """Those that no budget has the money for, each with the reason: a request counts at what it may cost."""
        limited = tuple(one for one in members if self.purse.limited(one.provider))
        prompt = prompt_bound(body) if limited else 0
        found = ((one.name, self._unpaid(one, body, prompt)) for one in limited)
        return tuple((name, why) for name, why in found if why is not None)

    def _unpaid(self, member: Member, body: Mapping[str, Any], prompt: int) -> str | None:
        left = self.purse.left(member.provider)
        if left == 0:
            return self.cloud_closed(member.provider)
        if left is None or member.price is None:
            return None
        limit = output_limit(member, body) if "messages" in body else None  # which `holds.limited` will set
        asked = body if limit is None else {**body, "max_tokens": limit}
        most = worst(member.price, member, asked, prompt, answers="messages" in body or "prompt" in body)
        return used_up(None, left, most) if most > left else None

    def member_of(self, deployment: str) -> str:
        """The member behind a deployment's id, `<member>@<host>.<n>`."""
        return deployment.rpartition("@")[0]


def open_gateway(environment: Mapping[str, str]) -> Gateway:
    """Reads DREAM_POLICY (path of policy.json), DREAM_MODE and DREAM_LEDGER (path of a SQLite file, redis://… or
    postgresql://…), and where they are set DREAM_DATA (folder of usage log and tally; without it, that of the file),
    DREAM_INSTANCE (name of this gateway among those that share the ledger), DREAM_WHITELIST_EDITS (folder of the edits
    of the whitelist), DREAM_ALERT_WEBHOOK and the switches.

    Raises PolicyError when the gateway must not start.
    """
    path, mode, ledger = (_variable(environment, name) for name in ("DREAM_POLICY", "DREAM_MODE", "DREAM_LEDGER"))
    try:
        policy = load(Path(path).read_text(encoding="utf-8"))
        checks = load_checks(policy.quality.checks if policy.quality is not None else ())
        theirs = scorer() if policy.scorer == "litellm" else None
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(path, str(error)) from error
    except PolicyError as error:
        raise PolicyError(f"{path} {error.path}", error.message) from error
    if mode not in policy.modes:
        raise PolicyError("DREAM_MODE", f"{mode!r} is not a mode of {path}; known: {', '.join(policy.modes)}")
    data = environment.get("DREAM_DATA") or (None if "://" in ledger else Path(ledger).parent)
    log = Path(data) / policy.usage_log if policy.usage_log and data is not None else None
    purse = _purse(environment, policy, ledger)
    if any(member.location == "cloud" for member in policy.members.values()) and mode != "local":
        purse.open()
    tally = Tally(Path(data) / TALLY if data is not None else None)
    kept = Rotation(policy.usage.rotate_bytes, policy.usage.rotate_s, policy.usage.keep)
    edits = environment.get("DREAM_WHITELIST_EDITS")
    live = Live(policy, Path(edits)) if edits else None
    usage = UsageLog(log, kept, tally)
    turned = switches(environment)
    return Gateway(policy, mode, purse, usage, now, checks, turned, tally=tally, live=live, scorer=theirs)


def now() -> datetime:
    return datetime.now(UTC)


def _purse(environment: Mapping[str, str], policy: Policy, address: str) -> Purse:
    try:
        ledger = open_ledger(address, policy.stack)
    except ValueError as error:
        raise PolicyError("DREAM_LEDGER", str(error)) from None
    webhook = environment.get("DREAM_ALERT_WEBHOOK")
    if webhook and not webhook.startswith(("https://", "http://")):
        raise PolicyError("DREAM_ALERT_WEBHOOK", "expected https://…")
    instance = environment.get("DREAM_INSTANCE") or "gateway"
    budget = policy.budget
    return Purse(Terms(ledger, policy.stack, limits(budget), now, instance, budget.alert_at, Alerts(webhook)))


@functools.cache
def gateway() -> Gateway:
    """The gateway of this process, opened once from its environment."""
    return open_gateway(os.environ)


def _variable(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or _missing(name)


def _missing(name: str) -> str:
    raise PolicyError(name, "the environment variable is not set")
