"""A model server on loopback that needs no key and no GPU: for the demo, and for tests that break it on purpose."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self, cast
from urllib.parse import unquote, urlsplit

from dreamc.gateway.dialects import Answer, Request, as_json, listing, respond

Fault = Literal["refuse", "error", "busy", "timeout", "empty", "html"]
EVERYONE = "*"
PREFIX = "/at/"
_STALL_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Call:
    """One request that arrived. `deployment` is "" where the address does not name one (see `Upstream.at`)."""

    deployment: str
    model: str
    path: str
    stream: bool


class Upstream:
    """Answers every model it is asked for, on 127.0.0.1; use it as a context manager.

    `fail` breaks one deployment, one model, or EVERYONE, until `heal`. Safe to call from any thread.
    """

    def __init__(self, text: Callable[[str], str] | None = None, port: int = 0) -> None:
        self._text = text or _greeting
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._faults: dict[str, Fault] = {}
        self._healed = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.upstream = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.heal()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Base address without a path: http://127.0.0.1:PORT."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every question so far, in the order of arrival; look-ups by GET are not counted."""
        with self._lock:
            return tuple(self._calls)

    def count(self, name: str) -> int:
        """How many questions reached this deployment or model."""
        return sum(name in (call.deployment, call.model) for call in self.calls)

    def fail(self, name: str, fault: Fault) -> None:
        """From now on questions to this deployment or model (or EVERYONE) meet the fault."""
        with self._lock:
            self._faults[name] = fault
            self._healed.clear()

    def heal(self) -> None:
        """Everything answers again; requests that were kept waiting are let go."""
        with self._lock:
            self._faults.clear()
            self._healed.set()

    def clear(self) -> None:
        """Forgets the calls counted so far."""
        with self._lock:
            self._calls.clear()

    def answer(self, deployment: str, request: Request) -> Answer | None:
        """What to send back; None closes the connection without a word."""
        with self._lock:
            self._calls.append(Call(deployment, request.model, request.path, request.stream))
            fault = next((self._faults[n] for n in (deployment, request.model, EVERYONE) if n in self._faults), None)
        if fault == "timeout":
            self._healed.wait(_STALL_SECONDS)
        if fault in {"refuse", "timeout"}:
            return None
        return _FAULTY[fault](request) if fault else respond(request, self._text(request.model))

    def models(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(call.model for call in self.calls))


def _greeting(model: str) -> str:
    return f"This is {model}, answering from the demo upstream: a chain tries its members in order until one answers."


_FAULTY: Mapping[str, Callable[[Request], Answer]] = {
    "error": lambda _: as_json(500, {"error": {"message": "broken on purpose", "type": "server_error"}}),
    "busy": lambda _: as_json(429, {"error": {"message": "too many requests", "type": "rate_limit_error"}}),
    "empty": lambda request: respond(request, ""),
    "html": lambda _: Answer(200, "text/html", (b"<html><body>Sign in to continue</body></html>",)),
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    upstream: Upstream

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is its own affair; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(cast(Any, request), client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        _, path = _split(self.path)
        self._send(listing(path, self.server.upstream.models()))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        deployment, path = _split(self.path)
        try:
            parsed = json.loads(body or b"{}")
        except ValueError:
            return self._send(as_json(400, {"error": {"message": "the body is not JSON", "type": "invalid_request"}}))
        answer = self.server.upstream.answer(deployment, Request(path, parsed))
        return self._send(answer) if answer else self._reset()

    def _send(self, answer: Answer) -> None:
        streamed = len(answer.chunks) > 1
        self.send_response(answer.status)
        self.send_header("content-type", answer.content_type)
        if streamed:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(len(answer.chunks[0])))
        self.end_headers()
        for chunk in answer.chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk) if streamed else chunk)
        if streamed:
            self.wfile.write(b"0\r\n\r\n")

    def _reset(self) -> None:
        # Linger 0 turns close() into a reset, which is what a server that died looks like.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Silent: what arrived is in `Upstream.calls`."""


def _split(target: str) -> tuple[str, str]:
    """(deployment, path below it): "/at/gpt%40openai.0/v1/models?x" -> ("gpt@openai.0", "/v1/models")."""
    path = urlsplit(target).path
    if not path.startswith(PREFIX):
        return "", unquote(path)
    deployment, _, rest = path.removeprefix(PREFIX).partition("/")
    return unquote(deployment), "/" + unquote(rest)
