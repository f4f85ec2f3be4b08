"""What one gateway process holds: the policy, its mode, the ledger, the usage log and the clock."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .contract import PolicyError, load
from .ledger import Ledger, LedgerError
from .types import Policy
from .usage import UsageLog

_LOG = logging.getLogger("dream.gateway")


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything a hook needs. `clock` gives the time with a time zone."""

    policy: Policy
    mode: str
    ledger: Ledger
    usage: UsageLog
    clock: Callable[[], datetime]

    def budget_left_usd(self) -> float | None:
        """USD left, None without a limit; 0 when the ledger cannot be read: the cloud closes, local goes on."""
        try:
            return self.ledger.left(self.policy.budget, self.clock())
        except LedgerError as error:
            _LOG.error("the ledger cannot be read, cloud members are closed: %s", error)
            return 0.0

    def cloud_closed(self) -> bool:
        left = self.budget_left_usd()
        return left is not None and left <= 0

    def member_of(self, deployment: str) -> str:
        """The member behind a deployment's id, `<member>@<host>.<n>`."""
        return deployment.rpartition("@")[0]

    def book(self, usd: float) -> None:
        """Adds to what was spent today. A ledger that cannot be written is said; reading it will close the cloud."""
        if usd <= 0:
            return
        try:
            self.ledger.add(usd, self.clock())
        except LedgerError as error:
            _LOG.error("%.9f USD could not be booked: %s", usd, error)


def open_gateway(environment: Mapping[str, str]) -> Gateway:
    """Reads DREAM_POLICY (path of policy.json), DREAM_MODE and DREAM_LEDGER (path of the SQLite file).

    The usage log stands beside the ledger. Raises PolicyError when the gateway must not start.
    """
    path, mode, ledger = (_variable(environment, name) for name in ("DREAM_POLICY", "DREAM_MODE", "DREAM_LEDGER"))
    try:
        policy = load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(path, str(error)) from error
    except PolicyError as error:
        raise PolicyError(f"{path} {error.path}", error.message) from error
    if mode not in policy.modes:
        raise PolicyError("DREAM_MODE", f"{mode!r} is not a mode of {path}; known: {', '.join(policy.modes)}")
    log = Path(ledger).parent / policy.usage_log if policy.usage_log else None
    return Gateway(policy, mode, Ledger(Path(ledger)), UsageLog(log), lambda: datetime.now(UTC))


@functools.cache
def gateway() -> Gateway:
    """The gateway of this process, opened once from its environment."""
    return open_gateway(os.environ)


def _variable(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or _missing(name)


def _missing(name: str) -> str:
    raise PolicyError(name, "the environment variable is not set")
