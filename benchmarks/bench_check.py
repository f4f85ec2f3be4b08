"""`dreamc check` of every example against the bare import of three of its libraries, interleaved in one run."""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROUNDS = 15
BASE = [sys.executable, "-c", "import pydantic, ruamel.yaml, click"]


WORLD = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def spent(command: list[str]) -> float:
    """Wall seconds of one run."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=WORLD, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> None:
    """Medians of interleaved rounds, on compiled modules as an installed package has them."""
    compileall.compile_dir(ROOT / "dreamc", quiet=1)
    examples = sorted(ROOT.glob("examples/*/dream.yaml"))
    commands = {"bare imports": BASE}
    for path in examples:
        commands[path.parent.name] = [sys.executable, "-m", "dreamc", "check", "-q", "-f", str(path.relative_to(ROOT))]
    rounds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(ROUNDS + 1):
        for name, command in commands.items():
            seconds = spent(command)
            if number:
                rounds[name].append(seconds)
    base = statistics.median(rounds["bare imports"])
    print(f"{'bare imports':20} {base * 1000:7.0f} ms")
    for path in examples:
        name = path.parent.name
        median = statistics.median(rounds[name])
        print(f"{name:20} {median * 1000:7.0f} ms   {median / base:4.2f} x   (bound 3)")


if __name__ == "__main__":
    main()
