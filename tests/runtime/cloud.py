"""A fake cloud as a program of its own: it fails at random, charges for what it says, and keeps its own books.

    python cloud.py PORT BOOKS SEED

Every request is one JSON line in BOOKS: reservation id, model, the client's own mark, what happened, nano-dollars. What
it does with a request depends only on the seed, the mark and the model. Prices stand here, not in the code that is
tested.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

NANO_PER_TOKEN = {"gpt": (2_000, 8_000), "claude": (3_000, 15_000), "gemini": (500, 2_000), "foreign": (2_000, 8_000)}
FAULTS = {"error": 0.04, "busy": 0.02, "reset": 0.01, "empty": 0.03, "garbage": 0.01, "hang": 0.003, "cut": 0.01}
"""Shares of requests: status 500, status 429, closed at once, an answer without text, one that is no JSON, one that
comes too late, and a stream that breaks off."""
HANG_S = 4.0
WORDS = ("the", "answer", "is", "forty", "two", "and", "nothing", "else", "matters", "here")
_MARK = re.compile(r"mark-(\d+)")


class Cloud:
    def __init__(self, books: TextIO, seed: str) -> None:
        self._books = books
        self._seed = seed

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await _head(reader):
                path, headers = head
                body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))) or b"{}")
                if not await self._answer(writer, path, headers, body):
                    break
        writer.close()

    async def _answer(
        self, writer: asyncio.StreamWriter, path: str, headers: dict[str, str], body: dict[str, Any]
    ) -> bool:
        """Whether the connection stays open."""
        if "model" not in body:
            return await _send(writer, 404, b"{}")
        model, mark = body["model"], _mark(body)
        chance = random.Random(f"{self._seed}|{mark}|{model}|{'messages' in path}")
        happens = _fault(chance)
        prompt, words = _prompt_tokens(body), chance.randint(1, min(int(body.get("max_tokens") or 40), 40))
        if happens == "empty":
            words = 0
        text = " ".join(chance.choice(WORDS) for _ in range(words))
        streams = bool(body.get("stream"))
        if happens == "cut" and (not streams or words < 2):
            happens = "fine"
        charged = {"error": 0, "busy": 0, "reset": 0, "cut": words // 2}.get(happens, words)
        bill = _bill(model, prompt, charged) if happens not in ("error", "busy", "reset") else 0
        self._write(headers, model, mark, happens, bill, streams)
        return await self._send(writer, happens, streams, model, text, (prompt, words))

    async def _send(
        self, writer: asyncio.StreamWriter, happens: str, streams: bool, model: str, text: str, tokens: tuple[int, int]
    ) -> bool:
        usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
        match happens:
            case "error":
                return await _send(writer, 500, b'{"error": {"message": "broken"}}')
            case "busy":
                return await _send(writer, 429, b'{"error": {"message": "too many"}}')
            case "reset":
                return False
            case "garbage" if not streams:
                return await _send(writer, 200, b"<html>no model here</html>")
            case "hang":
                await asyncio.sleep(HANG_S)
        if not streams:
            return await _send(writer, 200, json.dumps(_whole(model, text, usage)).encode())
        events = _stream(model, text, usage)
        if happens == "cut":
            writer.write(_HEAD_OF_STREAM + b"".join(_chunk(event) for event in events[: tokens[1] // 2]))
            await writer.drain()
            return False
        writer.write(_HEAD_OF_STREAM + b"".join(_chunk(event) for event in events) + b"0\r\n\r\n")
        await writer.drain()
        return True

    def _write(self, headers: dict[str, str], model: str, mark: str, happens: str, nano: int, streams: bool) -> None:
        row = {"id": headers.get("x-client-request-id", ""), "model": model, "mark": mark, "happens": happens}
        self._books.write(json.dumps({**row, "nano": nano, "stream": streams}) + "\n")
        self._books.flush()


_HEAD_OF_STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


async def _head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]] | None:
    first = await reader.readline()
    if not first:
        return None
    headers = {}
    while (line := await reader.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode().partition(":")
        headers[name.strip().lower()] = value.strip()
    return first.split()[1].decode(), headers


async def _send(writer: asyncio.StreamWriter, status: int, body: bytes) -> bool:
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    return True


def _mark(body: dict[str, Any]) -> str:
    found = _MARK.search(json.dumps(body.get("messages") or body.get("input") or body.get("prompt")))
    return found[1] if found else ""


def _prompt_tokens(body: dict[str, Any]) -> int:
    """A token a word and five around each message, as templates do."""
    texts = [str(message.get("content")) for message in body.get("messages", ())]
    return sum(len(text.split()) + 5 for text in texts)


def _bill(model: str, prompt: int, completion: int) -> int:
    into, out = NANO_PER_TOKEN.get(model, (0, 0))
    return prompt * into + completion * out


def _fault(chance: random.Random) -> str:
    drawn = chance.random()
    for name, share in FAULTS.items():
        drawn -= share
        if drawn < 0:
            return name
    return "fine"


def _whole(model: str, text: str, usage: dict[str, int]) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": model, "choices": [choice], "usage": usage}


def _stream(model: str, text: str, usage: dict[str, int]) -> list[bytes]:
    base: dict[str, Any] = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": model}
    deltas: list[dict[str, Any]] = [{"content": f"{word} "} for word in text.split()]
    choices: list[list[dict[str, Any]]] = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    choices.append([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    values: list[dict[str, Any]] = [{**base, "choices": each} for each in choices]
    values.append({**base, "choices": [], "usage": usage})
    return [f"data: {json.dumps(value)}\n\n".encode() for value in values] + [b"data: [DONE]\n\n"]


def _chunk(event: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(event), event)


async def main(port: int, books: Path, seed: str) -> None:
    with books.open("a") as file:
        cloud = Cloud(file, seed)
        server = await asyncio.start_server(cloud.serve, "127.0.0.1", port, backlog=256)
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
