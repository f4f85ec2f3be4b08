"""How large a request may be, told or not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from dreamc.runtime.bodies import BodyLimit, Message


def asked(headers: list[tuple[bytes, bytes]], parts: tuple[bytes, ...], kind: str = "http") -> tuple[int, bytes]:
    """(status, body that the application inside saw) behind a limit of 10 bytes."""
    sent: list[Message] = []
    seen: list[bytes] = []
    waiting: Iterator[Message] = iter(
        [{"type": "http.request", "body": part, "more_body": n + 1 < len(parts)} for n, part in enumerate(parts)]
    )

    async def inside(scope: Message, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            seen.append(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Message:
        return next(waiting)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(BodyLimit(inside, 10)({"type": kind, "headers": headers}, receive, send))
    return sent[0]["status"], b"".join(seen)


@pytest.mark.parametrize(("size", "status"), [(10, 200), (11, 413)])
def test_a_request_that_says_its_size_is_judged_by_it(size: int, status: int) -> None:
    assert asked([(b"content-length", b"%d" % size)], (b"{" * size,))[0] == status


def test_a_size_beyond_all_numbers_is_refused() -> None:
    assert asked([(b"content-length", b"9" * 5_000)], (b"x",))[0] == 413


def test_a_request_in_pieces_is_counted_and_handed_on_whole() -> None:
    pieces = [(b"transfer-encoding", b"chunked")]

    assert asked(pieces, (b"{2345", b"67890")) == (200, b"{234567890")
    assert asked(pieces, (b"12345", b"67890", b"1")) == (413, b"")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b" \n [1]", b"12"])
def test_json_that_is_no_object_is_refused(body: bytes) -> None:
    size = (b"content-length", b"%d" % len(body))

    assert asked([size], (body,)) == (400, b"")
    assert asked([size, (b"content-type", b"Application/JSON; charset=utf-8")], (body,)) == (400, b"")
    assert asked([size, (b"content-type", b"multipart/form-data")], (body,)) == (200, body)


def test_what_has_no_body_passes() -> None:
    assert asked([], (b"",)) == (200, b"")


def test_what_is_no_request_passes() -> None:
    assert asked([], (b"x" * 20,), "websocket")[0] == 200
