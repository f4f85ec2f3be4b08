"""What the policy adds to the latency of a request: a routed alias, against the same target named directly.

Three LiteLLM proxies run side by side, all with the deployments that an example was compiled to: the compiled gateway;
LiteLLM alone, without anything of ours; and LiteLLM alone that looks at context windows before a call, as the gateway
does. They ask one upstream. Rounds go to all of them in turn, in random order, so that whatever else the machine does
falls on all alike.

Two upstreams are played. One answers at once, and a round is sent in one burst: with 16 at once a proxy is full, and
a request waits for the other fifteen, so that every microsecond of work counts sixteen times. The other takes as long
as a quick model, and 16 clients ask it one request after another: that is a gateway in use.

Figures are differences of quantiles over all rounds, with the interval that holds 95 of 100 drawings of the rounds. On
a machine that does other things the time that the processor spent on a request says more, so that is printed too.
"""

from __future__ import annotations

import asyncio
import copy
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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dreamc.gateway import bundle
from dreamc.gateway.process import Launch, Proxy
from dreamc.gateway.reach import through_upstream

ROOT = Path(__file__).parents[1]
EXAMPLE, MODE, ALIAS = "hybrid-4070", "hybrid", "auto"
MODEL, CHAIN = "quality@local", "tier:local_quality"
"""What the policy chooses for PROMPT: the model, and the chain that stands behind it."""
PROMPT = "redesign the interface of module number {}"
KEY = "sk-" + "0123456789abcdef" * 4
WARM = 8
"""Rounds that do not count."""
DRAWN = 400
ANSWER_S = 0.25
"""Seconds that the slower upstream takes."""
BOUNDS = (1.0, 5.0)
"""Milliseconds that the policy may add at p50 and p99."""
ANSWER = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Done."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
}
UPSTREAM = {"wait": 0.0}
SETTLE_S = 0.02
"""Seconds for what a proxy does after its answer, such as writing its log."""


@dataclass(frozen=True, slots=True)
class Load:
    """`level` requests at once, `rounds` times; in each every client asks `chain` requests, one after another."""

    level: int
    rounds: int
    wait: float = 0.0
    chain: int = 1

    def __str__(self) -> str:
        return f"{self.level} at once, " + (f"a model of {self.wait * 1000:.0f} ms" if self.wait else "a model of 0 ms")


LOADS = (Load(1, 50, chain=6), Load(16, 30), Load(1, 10, ANSWER_S, 2), Load(16, 6, ANSWER_S, 3))
TARGETS = {
    "policy": ("policy", ALIAS),
    "model": ("alone", MODEL),
    "chain": ("alone", CHAIN),
    "model+": ("looks", MODEL),
    "chain+": ("looks", CHAIN),
}
"""Proxy and model of each; with a + LiteLLM looks at windows too."""


def main() -> None:
    """Starts the proxies, measures, prints a table."""
    asyncio.run(_main())


async def _main() -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stop:
        async with _upstream() as url:
            loop, compiled = asyncio.get_running_loop(), _compiled(Path(folder))
            proxies: dict[str, Proxy] = {}
            for name, start in _launches(compiled, url, Path(folder)).items():
                proxies[name] = await loop.run_in_executor(None, stop.enter_context, Proxy(start))
            print("milliseconds; in brackets 95 of 100 drawings; cpu: processor time of a request, with all threads")
            for load in LOADS:
                await _load(load, proxies)
            if complaints := proxies["policy"].complaints:
                print("the gateway complained:", *complaints, sep="\n  ")
            await loop.run_in_executor(None, stop.close)


async def _load(load: Load, proxies: dict[str, Proxy]) -> None:
    rounds, spent = await _measured(load, proxies)
    own, count = rounds["policy"], load.rounds * load.level * load.chain
    average, cores = os.getloadavg()[0], os.cpu_count()
    print(f"\n{load}; {count} requests to each; load of the machine {average:.1f} on {cores} processors")
    flat = [time for times in own for time in times]
    print(f"  policy           p50 {_p50(flat):7.2f}  p99 {_p99(flat):7.2f}  cpu {spent['policy']:5.2f}")
    for name in ("model", "chain", "model+", "chain+"):
        other = [time for times in rounds[name] for time in times]
        added = [_added(own, rounds[name], quantile) for quantile in (_p50, _p99)]
        kept = all(value <= bound for (value, _, _), bound in zip(added, BOUNDS, strict=True))
        said = "  ".join(f"{value:+6.2f} [{low:+.2f}, {high:+.2f}]" for value, low, high in added)
        print(
            f"  against {name:7}  p50 {_p50(other):7.2f}  p99 {_p99(other):7.2f}  cpu {spent[name]:5.2f}"
            f"   added: {said}  cpu {spent['policy'] - spent[name]:+.2f}  {'kept' if kept else 'MISSED'}"
        )


async def _measured(load: Load, proxies: dict[str, Proxy]) -> tuple[dict[str, list[list[float]]], dict[str, float]]:
    """Milliseconds of each request, by round and target, and the processor's milliseconds for one."""
    chance = random.Random(0)
    found: dict[str, list[list[float]]] = {name: [] for name in TARGETS}
    spent = dict.fromkeys(TARGETS, 0.0)
    UPSTREAM["wait"] = load.wait
    for number in range((2 if load.wait else WARM) + load.rounds):
        counts = number >= (2 if load.wait else WARM)
        for name in chance.sample(sorted(TARGETS), len(TARGETS)):
            proxy, model = proxies[TARGETS[name][0]], TARGETS[name][1]
            before = _processor(proxy.pid)
            mark = f"{name} {load.level} {load.wait} {number}"
            asked = (_chain(proxy.port, model, f"{mark} {one}", load) for one in range(load.level))
            times = [time for each in await asyncio.gather(*asked) for time in each]
            if counts:
                await asyncio.sleep(SETTLE_S)
                found[name].append(times)
                spent[name] += _spent(before, _processor(proxy.pid))
    return found, {name: total / (load.rounds * load.level * load.chain) for name, total in spent.items()}


async def _chain(port: int, model: str, mark: str, load: Load) -> list[float]:
    await asyncio.sleep(random.Random(mark).random() * load.wait)  # clients of a slow model do not begin together
    return [await _asked(port, model, f"{mark} {one}") for one in range(load.chain)]


def _added(own: list[list[float]], other: list[list[float]], quantile: Any) -> tuple[float, float, float]:
    """The difference of a quantile, and the bounds of 95 of 100 drawings of rounds with replacement."""

    def difference(rounds: list[int]) -> float:
        first, second = ([time for number in rounds for time in side[number]] for side in (own, other))
        return float(quantile(first) - quantile(second))

    every, chance = list(range(len(own))), random.Random(0)
    drawn = sorted(difference(chance.choices(every, k=len(every))) for _ in range(DRAWN))
    return difference(every), drawn[round(0.025 * DRAWN)], drawn[round(0.975 * DRAWN) - 1]


_CONNECTIONS: dict[int, list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]] = {}


async def _asked(port: int, model: str, mark: str) -> float:
    """Milliseconds from sending to the last byte, over a connection that is kept."""
    free = _CONNECTIONS.setdefault(port, [])
    reader, writer = free.pop() if free else await asyncio.open_connection("127.0.0.1", port)
    if reader.at_eof():  # the server closes what nobody used for five seconds
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
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
    """A model server that answers every request with the same words, after UPSTREAM["wait"] seconds."""
    text = json.dumps(ANSWER).encode()
    answer = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n".encode() + text

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await _read(reader)
                await asyncio.sleep(UPSTREAM["wait"])
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def _processor(pid: int) -> dict[str, float]:
    """Milliseconds of processor time that each thread of a process has used."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return {task.parent.name: int(task.read_text().split()[0]) / 1e6 for task in tasks}


def _spent(before: dict[str, float], after: dict[str, float]) -> float:
    """Between two looks; the last of a thread that has ended since is lost."""
    return sum(used - before.get(thread, 0.0) for thread, used in after.items())


def _compiled(folder: Path) -> bundle.Compiled:
    command = [sys.executable, "-m", "dreamc", "compile", "-q", "-f", f"examples/{EXAMPLE}/dream.yaml"]
    subprocess.run([*command, "-o", str(folder / "out")], cwd=ROOT, check=True)
    host = next(path.parents[2] for path in (folder / "out").glob("*/config/litellm/*-config.yaml"))
    return bundle.load(host, MODE)


def _launches(compiled: bundle.Compiled, url: str, folder: Path) -> dict[str, Launch]:
    """The compiled gateway, and LiteLLM alone with the same deployments: as it is, and with its look at windows."""
    config = through_upstream(compiled.config, url)
    alone: dict[str, Any] = copy.deepcopy(config)
    ours = ("callbacks", "enable_post_custom_auth_checks")
    alone["litellm_settings"] = {key: value for key, value in alone["litellm_settings"].items() if key not in ours}
    general = alone["general_settings"].items()
    alone["general_settings"] = {key: value for key, value in general if not key.startswith("custom_auth")}
    looks = {**alone, "router_settings": {**alone["router_settings"], "enable_pre_call_checks": True}}
    secrets = bundle.Secrets(dict(os.environ), {}, KEY)
    bare = {
        name: replace(bundle.launch(compiled, given, folder / name, secrets), variables={}, python_path=())
        for name, given in (("alone", alone), ("looks", looks))
    }
    return {"policy": bundle.launch(compiled, config, folder / "policy", secrets), **bare}


def _p50(times: list[float]) -> float:
    return statistics.median(times)


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


if __name__ == "__main__":
    main()
