"""What holding and settling money adds to a cloud call, in SQLite, Redis and PostgreSQL on this machine.

Redis and PostgreSQL are started from the system's packages, where they are installed; Redis answers when its file is on
the disk, PostgreSQL commits synchronously. Settling is not waited for; it is in the time between two calls.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from dreamc.runtime.ledger import Limit, open_ledger
from dreamc.runtime.purse import Purse, Terms
from tests.runtime.servers import postgres_missing, postgres_server, redis_missing, redis_server

CALLS = 2_000
LIMITS = (Limit(None, "month", 10**15), Limit(None, "day", 10**15), Limit("openai", "day", 10**15))


def main() -> None:
    """One line per ledger and number of calls at once; milliseconds until the reservation is granted."""
    print(f"{'ledger':<12} {'at once':>8} {'p50 ms':>8} {'p99 ms':>8} {'calls/s':>9}")
    for name, opened in (("sqlite", _sqlite), ("redis", _redis), ("postgresql", _postgres)):
        with opened() as address:
            for clients in (1, 16, 32) if address else ():
                _measure(name, address, clients)


def _measure(name: str, address: str, clients: int) -> None:
    ledger = open_ledger(address, f"bench-{clients}")
    purse = Purse(Terms(ledger, "bench", LIMITS, lambda: datetime.now(UTC)))
    asyncio.run(_calls(purse, clients, 200))
    started = time.perf_counter()
    waits = sorted(asyncio.run(_calls(purse, clients, CALLS)))
    rate = CALLS / (time.perf_counter() - started)
    purse.close()
    p99 = waits[len(waits) * 99 // 100]
    print(f"{name:<12} {clients:>8} {statistics.median(waits) * 1e3:>8.2f} {p99 * 1e3:>8.2f} {rate:>9.0f}")


async def _calls(purse: Purse, clients: int, count: int) -> list[float]:
    waits: list[float] = []
    left = iter(range(count))

    async def client() -> None:
        for number in left:
            started = time.perf_counter()
            await purse.look()
            refused = await purse.reserve(f"{started}-{number}", "openai", 1_000)
            waits.append(time.perf_counter() - started)
            assert refused is None, refused
            purse.settle(f"{started}-{number}", 900)

    await asyncio.gather(*(client() for _ in range(clients)))
    return waits


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield str(Path(folder) / "ledger.sqlite")


@contextmanager
def _redis() -> Iterator[str]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield "" if redis_missing() else stack.enter_context(redis_server(folder)).address


@contextmanager
def _postgres() -> Iterator[str]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield "" if postgres_missing() else stack.enter_context(postgres_server(folder)).address


if __name__ == "__main__":
    main()
