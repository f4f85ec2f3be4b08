"""The HTTP under every stand-in: one thread a connection, streams in chunks, faults in front of the answers."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from dreamc.gateway.dialects import Answer, as_json
from tests.lab.images.faults import Faults


@dataclass(frozen=True, slots=True)
class Question:
    """A request: `body` is None for a GET, `key` the bearer token."""

    path: str
    body: Mapping[str, Any] | None
    key: str

    @property
    def model(self) -> str:
        return str((self.body or {}).get("model") or (self.body or {}).get("name") or "")


Answers = Callable[[Question], Answer]


def serve(host: str, port: int, faults: Faults, answers: Answers) -> None:
    """Serves until the process ends; first obeys the faults of a start."""
    time.sleep(faults.seconds("start"))
    if faults.has("crash"):
        sys.exit("broken on purpose")
    with _Server((host, port), _Handler) as server:
        server.faults, server.answers = faults, answers
        sys.stdout.write(f"listening on {host}:{port}\n")
        sys.stdout.flush()
        server.serve_forever()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    faults: Faults
    answers: Answers


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._reply(Question(self._path(), None, self._key()))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            return self._send(as_json(400, {"error": {"message": "the body is not JSON"}}))
        return self._reply(Question(self._path(), body, self._key()))

    def _reply(self, question: Question) -> None:
        self._send(_faulty(self.server.faults, question) or self.server.answers(question))

    def _path(self) -> str:
        return unquote(urlsplit(self.path).path)

    def _key(self) -> str:
        return (self.headers.get("authorization") or "").removeprefix("Bearer ").strip()

    def _send(self, answer: Answer) -> None:
        streamed = len(answer.chunks) > 1
        self.send_response(answer.status)
        self.send_header("content-type", answer.content_type)
        if streamed:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(len(answer.chunks[0])))
        self.end_headers()
        if self.command == "HEAD":
            return
        for chunk in answer.chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk) if streamed else chunk)
        if streamed:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        """Docker keeps the log: one line per request."""
        sys.stdout.write(f"{self.command} {self.path} {args[1] if len(args) > 1 else ''}\n")
        sys.stdout.flush()


def _faulty(faults: Faults, question: Question) -> Answer | None:
    if question.body is None:
        broken = question.path in ("/health", "/api/tags") and faults.has("unhealthy")
        return as_json(503, {"error": "broken on purpose"}) if broken else None
    time.sleep(faults.seconds("slow"))
    for fault, status in (("error", 500), ("busy", 429)):
        if faults.has(fault, question.model):
            return as_json(status, {"error": {"message": "broken on purpose", "type": fault}})
    return None
