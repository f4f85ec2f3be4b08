"""What a LiteLLM log says that the proxy does not say by failing: ignored keys, dropped deployments, the last error."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Printed and then forgotten by litellm 1.106.2: proxy/proxy_server.py:7249, router.py:9445.
_COMPLAINTS = ("Ignoring this key", "ignoring and continuing with other deployments", "LLM Provider NOT provided")
_ERROR = re.compile(r"^(?:[\w.]+(?:Error|Exception|Timeout)\b|ERROR:|.*\berror: ).*", re.IGNORECASE)


def complaints(log: str) -> tuple[str, ...]:
    """Lines that mean: the proxy runs, but not as configured. Empty for a good configuration."""
    lines = _COLOUR.sub("", log).splitlines()
    return tuple(line.strip() for line in lines if any(complaint in line for complaint in _COMPLAINTS))


def last_error(log: str) -> str:
    """The last line that names an error, else the last line, else ""."""
    lines = [line.strip() for line in _COLOUR.sub("", log).splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.match(line)]
    return (errors or lines or [""])[-1][:400]
