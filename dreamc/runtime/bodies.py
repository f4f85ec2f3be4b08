"""How large a request may be, and that it is a JSON object: refused before anything reads it whole.

LiteLLM's own limit is part of its paid edition (1.106.2 proxy/auth/auth_utils.py:973), and JSON that is no object is an
error 500 there (proxy/auth/auth_exception_handler.py:222).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class BodyLimit:
    """An ASGI application around another one: 413 for a request of more than `most` bytes, 400 for JSON that is none
    of ours."""

    def __init__(self, app: App, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        told = headers.get(b"content-length", b"")
        if scope["type"] != "http" or not (told or b"transfer-encoding" in headers):
            return await self._app(scope, receive, send)
        if told.isdigit() and int(told[:20]) > self._most:
            return await _refuse(send, 413, f"the request is larger than {self._most} bytes")
        # The server holds a client to the size that it told; one that told none is read here to the end.
        first = await receive() if told else await self._whole(receive)
        if first is None:
            return await _refuse(send, 413, f"the request is larger than {self._most} bytes")
        if _is_json(headers) and first.get("body", b"")[:1_000].lstrip()[:1] not in (b"{", b""):
            return await _refuse(send, 400, "the body is not a JSON object")
        return await self._app(scope, _again(first, receive), send)

    async def _whole(self, receive: Receive) -> Message | None:
        """All pieces as one; None as soon as they are too many."""
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return message
            parts.append(message.get("body", b""))
            size, more = size + len(parts[-1]), bool(message.get("more_body"))
            if size > self._most:
                return None
        return {"type": "http.request", "body": b"".join(parts), "more_body": False}


def _is_json(headers: dict[bytes, bytes]) -> bool:
    return headers.get(b"content-type", b"application/json").lower().startswith(b"application/json")


async def _refuse(send: Send, status: int, said: str) -> None:
    error = {"message": said, "type": "invalid_request_error", "code": str(status)}
    text = json.dumps({"error": error}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(text)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def _again(first: Message, receive: Receive) -> Receive:
    """Gives the first message once more, then what the connection says."""
    waiting = [first]

    async def given() -> Message:
        return waiting.pop() if waiting else await receive()

    return given
