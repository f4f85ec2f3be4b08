"""A fake model server on loopback, OpenAI-shaped, that does what it is told per model and counts what it was asked."""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {"prompt_tokens": 1_000, "completion_tokens": 100, "total_tokens": 1_100}


BREAK_S = 0.3
"""Between the last chunk of a stream and its breaking off."""


@dataclass
class Upstream:
    """`says` maps a model to its text, None for a status 500; `asked` counts requests per model.

    Models in `refuses` answer with status 400, those in `statuses` with theirs, and say what `errors` has for them;
    those in `hangs` answer when `released` is set, and those in `drops` close the connection. The streams of those in
    `breaks` break off after so many chunks. `replies`, where it is set and has something to say, comes first.
    """

    port: int = 0
    says: dict[str, str | None] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    on_request: Callable[[str], None] | None = None
    refuses: set[str] = field(default_factory=set)
    statuses: dict[str, int] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)
    drops: set[str] = field(default_factory=set)
    breaks: dict[str, int] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)
    replies: Callable[[str, dict[str, Any]], str | None] | None = None

    def reset(self) -> None:
        self.on_request = self.replies = None
        self.released.set()
        for each in (self.refuses, self.statuses, self.errors, self.hangs, self.drops, self.breaks):
            each.clear()
        self.released = threading.Event()
        self.says.clear()
        self.asked.clear()
        self.bodies.clear()
        self.headers.clear()

    def text(self, model: str) -> str | None:
        return self.says.get(model, f"from {model}")


DROP = -1


def trouble(state: Upstream, model: str) -> int:
    """The status of a model in trouble, DROP for none at all, 0 for a healthy one."""
    if model in state.hangs:
        state.released.wait(30)
    return DROP if model in state.drops else 400 if model in state.refuses else state.statuses.get(model, 0)


def _cut(handler: BaseHTTPRequestHandler, state: Upstream, first: int | None) -> None:
    """Ends a connection of which only the first events were sent: a moment later, because what has not been read when
    it breaks is lost."""
    if first is None:
        return
    handler.wfile.flush()
    state.released.wait(BREAK_S)
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def upstream() -> Iterator[Upstream]:
    state = Upstream()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            model = body["model"]
            state.asked[model] += 1
            state.bodies.append(body)
            state.headers.append({name.lower(): value for name, value in self.headers.items()})
            if state.on_request:
                state.on_request(model)
            text = (state.replies and state.replies(model, body)) or state.text(model)
            status = trouble(state, model)
            if status == DROP:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            elif status:
                error = {"message": state.errors.get(model, "no such parameter"), "code": status}
                self.reply(status, "application/json", json.dumps({"error": error}).encode())
            elif text is None:
                self.reply(500, "application/json", b'{"error": {"message": "broken"}}')
            elif body.get("stream") and not self.path.endswith(("/embeddings", "/responses")):
                self.say(stream(model, text), state.breaks.get(model))
            else:
                self.reply(200, "application/json", json.dumps(spoken(self.path, model, text)).encode())

        def do_GET(self) -> None:
            self.reply(404, "application/json", b"{}")

        def reply(self, status: int, kind: str, data: bytes) -> None:
            self.start(status, kind, len(data))
            self.wfile.write(data)

        def start(self, status: int, kind: str, length: int) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(length))
            self.end_headers()

        def say(self, events: list[bytes], first: int | None) -> None:
            """All of a stream, or its first events."""
            self.start(200, "text/event-stream", sum(map(len, events)))
            self.wfile.write(b"".join(events[:first]))
            _cut(self, state, first)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def whole(model: str, text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice], "usage": USAGE}


def spoken(path: str, model: str, text: str) -> dict[str, Any]:
    """What is answered whole at a path."""
    if path.endswith("/embeddings"):
        return embedding(model)
    return response(model, text) if path.endswith("/responses") else whole(model, text)


def stream(model: str, text: str) -> list[bytes]:
    deltas = [{"role": "assistant", "content": ""}, *({"content": word} for word in text.split(" ") if word), {}]
    chunks = [chunk(model, [{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
    chunks[-1]["choices"][0]["finish_reason"] = "stop"
    chunks.append({**chunk(model, []), "usage": USAGE})
    return [f"data: {json.dumps(each)}\n\n".encode() for each in chunks] + [b"data: [DONE]\n\n"]


def chunk(model: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": choices}


def embedding(model: str) -> dict[str, Any]:
    data = [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}]
    return {"object": "list", "data": data, "model": model, "usage": {"prompt_tokens": 1_000, "total_tokens": 1_000}}


def response(model: str, text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    message = {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": content}
    usage = {"input_tokens": 1_000, "output_tokens": 100, "total_tokens": 1_100}
    base = {"id": "r1", "object": "response", "created_at": 1, "status": "completed", "model": model}
    return {**base, "output": [message], "usage": usage}
