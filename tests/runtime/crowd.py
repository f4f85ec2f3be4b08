"""Many clients at once, each with one request at a time, that note what they got."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.runtime.proxy import KEY


@dataclass(frozen=True)
class Ask:
    """One request; `leaves` is for a client that hangs up after the first piece of its answer."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]
    kind: str
    leaves: bool = False


@dataclass(frozen=True)
class Got:
    """`status` 0: the connection broke, as it does when the gateway is killed."""

    status: int
    text: str


async def crowd(port: int, asks: Sequence[Ask], size: int, again: Callable[[], Awaitable[None]]) -> list[Got]:
    """What each request got. `again` is awaited by whoever finds the gateway gone."""
    found = [Got(0, "")] * len(asks)
    left = iter(range(len(asks)))

    async def client() -> None:
        for at in left:
            try:
                found[at] = await asyncio.wait_for(_one(port, asks[at]), 60)
            except (OSError, asyncio.IncompleteReadError, ValueError):
                await again()

    await asyncio.gather(*(client() for _ in range(size)))
    return found


async def _one(port: int, ask: Ask) -> Got:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        data = json.dumps(ask.body).encode()
        known = {"host": "x", "authorization": f"Bearer {KEY}", "content-type": "application/json"}
        headers = {**known, "content-length": str(len(data)), "connection": "close", **ask.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"POST {ask.path} HTTP/1.1\r\n{head}\r\n".encode() + data)
        await writer.drain()
        status = int((await reader.readuntil(b"\r\n")).split()[1])
        await reader.readuntil(b"\r\n\r\n")
        text = await (reader.read(200) if ask.leaves else reader.read())
        return Got(status, text.decode(errors="replace"))
    finally:
        writer.close()
