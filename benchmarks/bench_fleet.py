"""Compiles 100 and 1,000 hosts into fresh directories, and prints the ratio of the times and the peak memory."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROUNDS = 3
CARDS = ("rtx-4090", "rtx-3090", "2 x l40s", "4 x h100")


def fleet(hosts: int) -> str:
    """One gateway and `hosts` machines of four kinds; a chat model on each, and Ollama beside every other."""
    lines = ["dream: 1", "name: scale", "mode: hybrid", "hardware:", "  front: {ram: 64 GiB, disk: 1 TiB}"]
    lines += [f"  gpu{n:04}: {{gpus: {CARDS[n % 4]}, ram: 256 GiB, disk: 4 TiB}}" for n in range(hosts)]
    lines += ["models:"]
    for n in range(hosts):
        lines += [
            f"  chat{n:04}:",
            "    source: hf:Qwen/Qwen2.5-7B-Instruct-AWQ",
            f"    host: gpu{n:04}",
            "    context: 4k..32k",
        ]
    lines += ["providers:", "  anthropic: {key: env://ANTHROPIC_API_KEY, models: {claude: {id: claude-sonnet-5-5}}}"]
    lines += ["gateway: {hosts: [front]}", "fallbacks:", "  chains:"]
    lines += [f"    team{n:04}: [chat{n:04}, claude]" for n in range(hosts)]
    return "\n".join(lines) + "\n"


def compiled(source: Path, target: Path) -> tuple[float, float]:
    """Wall seconds and peak resident MiB of one `dreamc compile` in a process of its own."""
    start = time.perf_counter()
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "dreamc", "compile", "-q", "-f", str(source), "-o", str(target)],
        dict(os.environ),
        file_actions=[(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)],
    )
    _, status, usage = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"compiling {source} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Medians of three rounds each, interleaved."""
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        for hosts in (100, 1000):
            (top / f"{hosts}.yaml").write_text(fleet(hosts), encoding="utf-8")
        seconds: dict[int, list[float]] = {100: [], 1000: []}
        peak = 0.0
        for number in range(ROUNDS):
            for hosts, found in seconds.items():
                wall, memory = compiled(top / f"{hosts}.yaml", top / f"out-{hosts}-{number}")
                found.append(wall)
                peak = max(peak, memory)
        small, large = statistics.median(seconds[100]), statistics.median(seconds[1000])
    print(f"100 hosts   {small:6.2f} s")
    print(f"1,000 hosts {large:6.2f} s   {large / small:5.2f} x   (bound 11)")
    print(f"peak memory {peak:6.0f} MiB (bound 1,024 MiB)")


if __name__ == "__main__":
    main()
