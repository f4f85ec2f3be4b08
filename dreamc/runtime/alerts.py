"""Says that a budget comes to its end: one line in the log and one JSON to a webhook, once per limit and period."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from .ledger import Account, Limit
from .money import dollars

_LOG = logging.getLogger("dream.budget")

WAITS_S = (0.0, 2.0, 10.0, 60.0)
"""Seconds before each try to reach the webhook."""
TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Alert:
    """`kind` is alert (the threshold is passed) or cut (a first call was refused); `since` the period's first day."""

    kind: str
    stack: str
    limit: Limit
    account: Account
    since: str
    alert_at: float

    @property
    def key(self) -> str:
        """The same for everybody who finds the same thing."""
        level = f"{self.alert_at:g}" if self.kind == "alert" else ""
        return f"{self.kind}|{self.limit.provider or ''}|{self.limit.period}|{self.since}|{self.limit.nano}|{level}"

    @property
    def text(self) -> str:
        whose = f"of {self.limit.provider} " if self.limit.provider else ""
        name = {"day": "daily", "month": "monthly"}[self.limit.period]
        spent, limit = dollars(self.account.spent), dollars(self.limit.nano)
        told = f"{spent:.2f} of {limit:.2f} USD are spent of the {name} budget {whose}since {self.since}"
        return told + ("; calls that may cost more than what is left are refused" if self.kind == "cut" else "")

    def body(self) -> bytes:
        spent, limit = dollars(self.account.spent), dollars(self.limit.nano)
        value = {
            "text": f"{self.stack}: {self.text}",
            "event": f"budget_{self.kind}",
            "stack": self.stack,
            "provider": self.limit.provider,
            "period": self.limit.period,
            "since": self.since,
            "spent_usd": spent,
            "limit_usd": limit,
            "alert_at": self.alert_at,
        }
        return json.dumps(value).encode()


class Alerts:
    """Sends them in the background. The address is never written down: it may hold a token."""

    def __init__(self, webhook: str | None, wait: Callable[[float], None] = time.sleep) -> None:
        self._webhook = webhook
        self._wait = wait

    def say(self, alert: Alert) -> None:
        _LOG.warning("%s", alert.text)
        if self._webhook:
            threading.Thread(target=self._send, args=(self._webhook, alert.body()), daemon=True).start()

    def _send(self, webhook: str, body: bytes) -> None:
        why = ""
        for wait in WAITS_S:
            self._wait(wait)
            try:
                request = Request(webhook, body, {"content-type": "application/json"})  # noqa: S310 - checked at start
                with urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
                    return
            except (URLError, OSError, ValueError) as error:
                why = type(error).__name__ if not isinstance(error, URLError) else str(error.reason)
        _LOG.error("the alert did not reach the webhook at %s: %s", urlsplit(webhook).hostname, why)


def first_day(limit: Limit, day: str) -> str:
    """The first day of the period of a limit that `day` is in."""
    return day if limit.period == "day" else f"{day[:7]}-01"
