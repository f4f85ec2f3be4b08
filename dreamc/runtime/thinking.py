"""Asks a local model that stands in for a cloud to think step by step."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

from .answers import wants_json

_FORMS = ("tools", "functions", "tool_choice", "response_format")


def think(body: MutableMapping[str, object], text: str) -> None:
    """Adds `text` to the system message, or as one. Never where a form was asked for: JSON or tool calls."""
    if wants_json(body) or any(body.get(name) for name in _FORMS):
        return
    messages = body.get("messages")
    if isinstance(body.get("system"), str):
        body["system"] = f"{body['system']}\n\n{text}"
    elif isinstance(messages, list):
        body["messages"] = _thinking(messages, text)
    elif body.get("input") is not None and isinstance(body.get("instructions"), (str, type(None))):
        body["instructions"] = "\n\n".join(part for part in (body.get("instructions"), text) if isinstance(part, str))


def _thinking(messages: list[object], text: str) -> list[object]:
    """Chat templates of many models allow one system message, and only as the first."""
    first = messages[0] if messages else None
    if isinstance(first, Mapping) and first.get("role") in ("system", "developer"):
        content = first.get("content")
        if isinstance(content, str):
            return [{**first, "content": f"{content}\n\n{text}"}, *messages[1:]]
        parts = content if isinstance(content, list) else []
        return [{**first, "content": [*parts, {"type": "text", "text": text}]}, *messages[1:]]
    return [{"role": "system", "content": text}, *messages]
