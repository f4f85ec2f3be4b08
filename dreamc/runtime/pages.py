"""The pages beside the models: /stats, /metrics and /dashboard. LiteLLM calls `install` in every worker at its start
(LITELLM_WORKER_STARTUP_HOOKS); its own keys do not cover these routes, so each asks for the key itself."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import logging
import re
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

from .auth import may_read
from .bodies import BodyLimit
from .engine import Request, Response, add_page, wrap
from .ledger import LedgerError
from .metrics import CONTENT_TYPE, exposition
from .state import Gateway, gateway
from .stats import Money, first_day, stats
from .tally import TallyError

_LOG = logging.getLogger("dream.pages")

DASHBOARD = Path(__file__).with_name("dashboard.html")
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
_CLOSED = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_NOBODY = b'{"error":{"message":"unknown key","type":"auth_error","code":"401"}}\n'

Text = tuple[str, str]
"""A body and its media type."""


def install() -> None:
    """Adds the routes, and starts to count. Raises nothing that would keep a gateway from starting but bad policies."""
    here = gateway()
    here.tally.start(here.usage.path)
    for path, page in (("/stats", _stats), ("/metrics", _metrics)):
        add_page(path, functools.partial(_guarded, page))
    add_page("/dashboard", _dashboard)
    wrap(lambda app: BodyLimit(app, here.switches.body_bytes))


def money(here: Gateway) -> Money:
    """What the ledger says; it is asked in the caller's thread."""
    today = here.clock().astimezone(UTC).date()
    accounts = here.purse.accounts()
    try:
        days = here.purse.days(today.replace(day=1).isoformat(), today.isoformat())
    except LedgerError:
        return Money(None, accounts)
    return Money(days, accounts)


def _guarded(page: Callable[[Gateway], Text], request: Request) -> Response:
    """Nothing is read and nothing is written down for a wrong key. FastAPI runs this in a thread of its own."""
    if not may_read(request.headers.get("authorization")):
        return Response(_NOBODY, 401, {**_CLOSED, "www-authenticate": "Bearer"}, "application/json")
    try:
        body, kind = page(gateway())
    except TallyError as error:
        _LOG.error("the tally cannot be read: %s", error)
        said = {"error": "the tally cannot be read; move it away, and it is counted anew from the usage log"}
        return Response(json.dumps(said), 503, _CLOSED, "application/json")
    return Response(body, 200, _CLOSED, kind)


def _stats(here: Gateway) -> Text:
    at = here.clock()
    lines = here.tally.lines(first_day(at), at.astimezone(UTC).date().isoformat())
    return json.dumps(stats(here.policy, here.mode, lines, money(here), at)), "application/json"


def _metrics(here: Gateway) -> Text:
    return exposition(here.tally.ever(), money(here), here.policy.stack, here.mode), CONTENT_TYPE


def _dashboard(_request: Request) -> Response:
    """The same for everybody: it asks its reader for the key, and /stats for the numbers."""
    body, policy = dashboard()
    return Response(body, 200, {**_CLOSED, "content-security-policy": policy}, "text/html; charset=utf-8")


@functools.cache
def dashboard() -> tuple[str, str]:
    """The page and its Content-Security-Policy: its own script and style by their hashes, /stats, and nothing else."""
    text = DASHBOARD.read_text(encoding="utf-8")
    hashes = {name: _hash(inner) for name, inner in _INLINE.findall(text)}
    policy = (
        f"default-src 'none'; script-src '{hashes['script']}'; style-src '{hashes['style']}'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return text, policy


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
