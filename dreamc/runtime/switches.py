"""What a host may switch without compiling anew: HYBRID_FALLBACK_ENABLED, HYBRID_FALLBACK_TIMEOUT and
HYBRID_MAX_BODY_BYTES."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .reading import PolicyError

ENABLED, TIMEOUT, BODY = "HYBRID_FALLBACK_ENABLED", "HYBRID_FALLBACK_TIMEOUT", "HYBRID_MAX_BODY_BYTES"
BODY_BYTES = 32 * 2**20
"""Enough for a few photographs; a million tokens of text are about 4 MiB."""
_ON, _OFF = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)?\Z")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


@dataclass(frozen=True, slots=True)
class Switches:
    """`fallbacks` off: only the member that was chosen is asked. `timeout_s`: seconds any member may take; None: what
    the file says of each. `body_bytes`: the largest request."""

    fallbacks: bool = True
    timeout_s: float | None = None
    body_bytes: int = BODY_BYTES


def switches(environment: Mapping[str, str]) -> Switches:
    """Empty is as good as not set. Raises PolicyError: a gateway does not guess what an operator meant."""
    enabled, timeout = (environment.get(name, "").strip().lower() for name in (ENABLED, TIMEOUT))
    if enabled and enabled not in (*_ON, *_OFF):
        raise PolicyError(ENABLED, f"expected true or false, got {enabled[:40]!r}")
    return Switches(enabled not in _OFF, _seconds(timeout) if timeout else None, _bytes(environment.get(BODY, "")))


def _bytes(text: str) -> int:
    given = text.strip()
    if given and not (given.isascii() and given.isdigit() and int(given[:13]) > 0 and len(given) <= 12):
        raise PolicyError(BODY, f"expected a number of bytes, got {given[:40]!r}")
    return int(given) if given else BODY_BYTES


def _seconds(text: str) -> float:
    found = _SECONDS.match(text)
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if seconds <= 0:
        raise PolicyError(TIMEOUT, f"expected seconds such as 30 or 30s, got {text[:40]!r}")
    return seconds
