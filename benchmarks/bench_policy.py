"""What the policy adds to the latency of a request: a routed alias, against the same model named directly.

Two LiteLLM proxies with the compiled configuration of an example run side by side, one of them without the policy's
hooks and its key check. Both ask one upstream that answers at once. Rounds go to both in turn, in random order, so that
whatever else the machine does falls on both. Figures are differences of quantiles over all rounds; on a machine that
does other things the time that the processor spent on a request says more, so that is printed too.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from dreamc.gateway import bundle
from dreamc.gateway.process import Launch, Proxy
from dreamc.gateway.reach import through_upstream

ROOT = Path(__file__).parents[1]
EXAMPLE, MODE, ALIAS = "hybrid-4070", "hybrid", "auto"
DIRECT = ("quality@local", "tier:local_quality")
"""The model that the policy chooses, and the chain that it chooses: LiteLLM looks at every member of a chain."""
PROMPT = "redesign the interface of module number {}"
KEY = "sk-" + "0123456789abcdef" * 4
REQUESTS, WARM = 240, 32
LEVELS = (1, 16)
BOUNDS = {"p50": 1.0, "p99": 5.0}
"""Milliseconds."""
ANSWER = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Done."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
}


def main() -> None:
    """Starts both proxies, measures, prints a table."""
    asyncio.run(_main())


async def _main() -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stop:
        async with _upstream() as url:
            loop, compiled = asyncio.get_running_loop(), _compiled(Path(folder))
            policy, plain = _launches(compiled, url, Path(folder))
            proxies = {
                "policy": await loop.run_in_executor(None, stop.enter_context, Proxy(policy)),
                "direct": await loop.run_in_executor(None, stop.enter_context, Proxy(plain)),
            }
            print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; milliseconds:")
            print(
                "              direct p50     p99  policy p50     p99  added p50     p99  processor time: direct, added"
            )
            for direct, level in itertools.product(DIRECT, LEVELS):
                ports = {"policy": (proxies["policy"].port, ALIAS), "direct": (proxies["direct"].port, direct)}
                before = {name: _processor(proxy.pid) for name, proxy in proxies.items()}
                times = await _measured(ports, level)
                spent = {name: _processor(proxy.pid) - before[name] for name, proxy in proxies.items()}
                each = {name: total / ((WARM + REQUESTS) // level * level) for name, total in spent.items()}
                figures = f"{each['direct']:.2f}, {each['policy'] - each['direct']:.2f}"
                print(f"{_line(level, times)}  {figures}   against {direct}")
            if complaints := proxies["policy"].complaints:
                print("the gateway complained:", *complaints, sep="\n  ")
            await loop.run_in_executor(None, stop.close)


async def _measured(ports: dict[str, tuple[int, str]], level: int) -> dict[str, list[float]]:
    """Milliseconds per request and target; `level` requests at once."""
    chance = random.Random(0)
    found: dict[str, list[float]] = {name: [] for name in ports}
    for number in range((WARM + REQUESTS) // level):
        for name in chance.sample(sorted(ports), len(ports)):
            port, model = ports[name]
            asked = (_asked(port, model, f"{name} {model} {level} {number} {each}") for each in range(level))
            times = await asyncio.gather(*asked)
            if number * level >= WARM:
                found[name] += times
    return found


_CONNECTIONS: dict[int, list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]] = {}


async def _asked(port: int, model: str, mark: str) -> float:
    """Milliseconds from sending to the last byte, over a connection that is kept."""
    free = _CONNECTIONS.setdefault(port, [])
    reader, writer = free.pop() if free else await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": PROMPT.format(mark)}]}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    start = time.perf_counter()
    writer.write(head.encode() + body)
    status, text = await _read(reader)
    spent = (time.perf_counter() - start) * 1000
    if " 200 " not in status or b"Done." not in text:
        raise SystemExit(f"{model} on port {port}: {status} {text[:500]!r}")
    free.append((reader, writer))
    return spent


async def _read(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    return head.split("\r\n", 1)[0], await reader.readexactly(int(fields["content-length"]))


@asynccontextmanager
async def _upstream() -> AsyncIterator[str]:
    """A model server that answers every request at once with the same words."""
    text = json.dumps(ANSWER).encode()
    answer = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n".encode() + text

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await _read(reader)
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def _processor(pid: int) -> float:
    """Milliseconds of processor time that a process and its threads have used."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6


def _compiled(folder: Path) -> bundle.Compiled:
    command = [sys.executable, "-m", "dreamc", "compile", "-q", "-f", f"examples/{EXAMPLE}/dream.yaml"]
    subprocess.run([*command, "-o", str(folder / "out")], cwd=ROOT, check=True)
    host = next(path.parents[2] for path in (folder / "out").glob("*/config/litellm/*-config.yaml"))
    return bundle.load(host, MODE)


def _launches(compiled: bundle.Compiled, url: str, folder: Path) -> tuple[Launch, Launch]:
    """The compiled gateway, and the same without the policy."""
    config = through_upstream(compiled.config, url)
    plain: dict[str, Any] = copy.deepcopy(config)
    plain["litellm_settings"] = {
        key: value
        for key, value in plain["litellm_settings"].items()
        if key not in ("callbacks", "enable_post_custom_auth_checks")
    }
    plain["general_settings"] = {
        key: value for key, value in plain["general_settings"].items() if not key.startswith("custom_auth")
    }
    secrets = bundle.Secrets(dict(os.environ), {}, KEY)
    return (
        bundle.launch(compiled, config, folder / "policy", secrets),
        bundle.launch(compiled, plain, folder / "direct", secrets),
    )


def _line(level: int, found: dict[str, list[float]]) -> str:
    at = {name: (statistics.median(times), _p99(times)) for name, times in found.items()}
    added = tuple(own - other for own, other in zip(at["policy"], at["direct"], strict=True))
    kept = all(value <= bound for value, bound in zip(added, BOUNDS.values(), strict=True))
    figures = (*at["direct"], *at["policy"], *added)
    said = " ".join(f"{value:{width}.2f}" for value, width in zip(figures, (10, 7, 11, 7, 10, 7), strict=True))
    return f"{level:3} at once    {said}  {'kept' if kept else 'MISSED'} (1, 5)"


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


if __name__ == "__main__":
    main()
