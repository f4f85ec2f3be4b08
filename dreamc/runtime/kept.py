"""Kept answers: what one may be given again for. LiteLLM keeps them; the namespace that it is told decides.

LiteLLM's own key holds the routing group and what was asked (1.106.2 caching/caching.py:444), but in a group a cheap
member may stand in for a dear one. So each call gets a namespace of its own in the gate, on every hop: the member that
is about to be called, and everything under which the policy admitted it. An answer is looked up for a member only once
that member may be called, so none crosses a whitelist, a budget or a `force`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, MutableMapping
from typing import Any

from .answers import wants_json
from .asks import BadAsk
from .stamp import Stamp

HEADER = "x-dream-cache"
_BYPASS = ("no-cache", "no-store")
_METADATA = ("metadata", "litellm_metadata")
_NAMESPACES = ("redis_namespace", "caching_groups")
_LEFT_OUT = ("metadata", "litellm_metadata", "cache")


def bypasses(body: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """Whether a request wants a new answer: header x-dream-cache: off, or `cache: {"no-cache": true}` (or no-store) in
    the body. It is then neither looked up nor kept. Raises BadAsk."""
    switch = headers.get(HEADER, "")
    if switch not in ("", "on", "off"):
        raise BadAsk(f"{HEADER} is on or off")
    given = body.get("cache")
    asked = isinstance(given, Mapping) and any(given.get(name) is True for name in _BYPASS)
    return switch == "off" or asked


def choose(body: MutableMapping[str, Any], *, bypass: bool) -> None:
    """Puts our word in the place of the client's: it must not name a namespace, an age or a key."""
    body.pop("cache", None)
    for place in _METADATA:
        told = body.get(place)
        if isinstance(told, dict) and any(name in told for name in _NAMESPACES):
            body[place] = {name: value for name, value in told.items() if name not in _NAMESPACES}
    if bypass:
        body["cache"] = dict.fromkeys(_BYPASS, True)


def asked(body: Mapping[str, Any]) -> str:
    """A digest of everything that the client sent but its metadata: LiteLLM's key leaves out what only some engines
    know, such as `chat_template_kwargs` or `guided_json`. "" where that is not known, and nothing is kept."""
    sent = (body.get("proxy_server_request") or {}).get("body")
    if not isinstance(sent, Mapping):
        return ""
    told = {name: value for name, value in sent.items() if name not in _LEFT_OUT}
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:32]


def scoped(call: Mapping[str, Any], stamp: Stamp | None, where: str, member: str) -> dict[str, Any]:
    """`cache` of one call to one member; `where` are stack and mode. A call without a decision is not kept at all."""
    given = call.get("cache")
    control: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {}
    if stamp is None or not stamp.asked:
        return dict.fromkeys(_BYPASS, True)
    if call.get("stream") and (stamp.attempts_allowed or wants_json(call)):
        control["no-store"] = True  # judged only after LiteLLM has kept it
    return {**control, "namespace": namespace(stamp, where, member)}


def namespace(stamp: Stamp, where: str, member: str) -> str:
    """Same question, member, kind of task, checks and client: else another answer."""
    checks = (stamp.attempts_allowed > 0, stamp.models, stamp.part)
    told = json.dumps([where, stamp.alias, stamp.group, member, stamp.action, stamp.client, stamp.asked, *checks])
    return f"dream:{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def forbid(call: Mapping[str, Any]) -> None:
    """The answer to this call is not to be kept: it did not pass its checks, or another member's takes its place."""
    control = call.get("cache")
    if isinstance(control, dict):
        control["no-store"] = True


def is_hit(response: Any) -> bool:
    """Whether an answer was kept, and not given by anybody now."""
    hidden = getattr(response, "_hidden_params", None)
    return isinstance(hidden, Mapping) and bool(hidden.get("cache_hit"))
