"""Two hundred hosts in memory, three of them dead: compiled, planned and applied in this process, without a network."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.unit.provision.memory import CLOCK, MemoryHost
from tests.unit.provision.test_many_hosts import COUNT, DEAD, KEY, applied, fleet

ROUNDS = 3


def once(folder: Path) -> dict[str, float]:
    """Seconds of each part of one run."""
    began = time.perf_counter()
    scene = fleet(folder)
    compiled = time.perf_counter()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = applied(scene, quiet=False)
        first = time.perf_counter()
        again = applied(scene, quiet=False)
    done = time.perf_counter()
    hosts = [one for one in scene.sessions.values() if isinstance(one, MemoryHost)]
    assert (code, again, sum(bool(one.current) for one in hosts)) == (1, 1, COUNT - len(DEAD))
    return {"compile": compiled - began, "plan and apply": first - compiled, "nothing to do": done - first}


def main() -> None:
    """The best of some rounds."""
    os.environ |= {"GATEWAY_KEY": KEY, "CLOUD_KEY": "sk-cloud-0123456789"}
    rounds = []
    for _ in range(ROUNDS):
        # the hosts' clock stands still
        with tempfile.TemporaryDirectory() as folder, patch("time.time", return_value=float(CLOCK)):
            rounds.append(once(Path(folder)))
    best = min(rounds, key=lambda one: sum(one.values()))
    print(f"{COUNT} hosts, {len(DEAD)} of them dead, one process")
    for name, seconds in best.items():
        print(f"  {name:<15} {seconds:5.2f} s")


if __name__ == "__main__":
    main()
