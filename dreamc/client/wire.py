"""HTTP to one gateway over connections that are kept open; safe to use from several threads."""

from __future__ import annotations

import http.client
import json
import select
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit

from dreamc.client.types import GatewayError

KEPT = 8
"""Open connections that are kept for later."""
IDLE = 2.0
"""Seconds after which one is not used again: uvicorn closes them after 5, perhaps while a request is on its way."""
FIRST_PAUSE = 0.2
"""Seconds before the first new try, doubled before each one after it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`headers` in lower case; `seconds` from sending to the last byte."""

    body: Any
    headers: Mapping[str, str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Wire:
    """Where the gateway is. `timeout` in seconds; `retries` are further tries to connect."""

    url: str
    key: str = field(repr=False)
    timeout: float = 600.0
    retries: int = 2
    pause: Callable[[float], None] = time.sleep
    _idle: list[tuple[float, http.client.HTTPConnection]] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        found = urlsplit(self.url)
        if found.scheme not in ("http", "https") or not found.hostname:
            raise ValueError(f"the address of a gateway is http://HOST:PORT, not {self.url!r}")

    def get(self, path: str) -> Reply:
        return self._call("GET", path, None, {})

    def post(self, path: str, body: object, headers: Mapping[str, str]) -> Reply:
        return self._call("POST", path, json.dumps(body).encode(), headers)

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop()[1].close()

    def _call(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> Reply:
        """Only connecting is tried again: what was sent may have been answered, and paid for."""
        connection = self._connection()
        sent = {"authorization": f"Bearer {self.key}", "content-type": "application/json", **headers}
        started = time.perf_counter()
        try:
            connection.request(method, urlsplit(self.url).path.rstrip("/") + path, data, sent)
            answer = connection.getresponse()
            text = answer.read()
        except TimeoutError:
            connection.close()
            raise GatewayError(
                f"no answer from {self.url} within {self.timeout:g} s", remedy="ask with more time"
            ) from None
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self._unreached(error)
        except BaseException:
            connection.close()
            raise
        seconds = time.perf_counter() - started
        self._keep(connection, answer)
        if answer.status != 200:
            raise GatewayError(_said(text), answer.status)
        return Reply(_parsed(self.url, text), {name.lower(): value for name, value in answer.getheaders()}, seconds)

    def _connection(self) -> http.client.HTTPConnection:
        """One that is open and that the gateway has not closed meanwhile, else a new one."""
        while True:
            with self._lock:
                since, found = self._idle.pop() if self._idle else (0.0, None)
            if found is None:
                return self._connected()
            fresh = found.sock is not None and time.monotonic() - since < IDLE
            if fresh and not select.select((found.sock,), (), (), 0)[0]:
                return found
            found.close()

    def _connected(self) -> http.client.HTTPConnection:
        address = urlsplit(self.url)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        # http.client, because urllib would take a proxy from the environment.
        made = kind(address.hostname or "", address.port, timeout=self.timeout)
        for attempt in range(self.retries + 1):
            try:
                made.connect()
            except OSError as error:
                made.close()
                if attempt == self.retries:
                    self._unreached(error)
                self.pause(FIRST_PAUSE * 2**attempt)
            else:
                break
        return made

    def _keep(self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
        with self._lock:
            if not answer.will_close and len(self._idle) < KEPT:
                self._idle.append((time.monotonic(), connection))
                return
        connection.close()

    def _unreached(self, error: Exception) -> NoReturn:
        reason = f"no answer from {self.url}: {str(error) or type(error).__name__}"
        raise GatewayError(reason, remedy="is the gateway running there?") from None


def _parsed(url: str, text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise GatewayError(f"{url} answered with something that is not JSON", remedy="is that the gateway?") from None


def _said(text: bytes) -> str:
    """The reason in an error's body: `{"error": {"message": ...}}`, where the message may be a text of a dict."""
    with suppress(ValueError, KeyError, TypeError):
        said = json.loads(text)["error"]["message"]
        return str(said.get("error", said) if isinstance(said, dict) else said)[:1_000]
    return text.decode(errors="replace")[:1_000] or "no reason given"
