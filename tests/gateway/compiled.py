"""Compiles every example with the real command line and lists what came out: one case per host and mode."""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dreamc.gateway import bundle

_DREAMC = "from dreamc.cli import main; main()"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@dataclass(frozen=True, slots=True)
class Case:
    """`trouble` is why there is nothing to start; such a case fails when it is loaded."""

    name: str
    host: Path
    mode: str
    trouble: str = ""

    def load(self) -> bundle.Compiled:
        if self.trouble:
            raise AssertionError(self.trouble)
        return bundle.load(self.host, self.mode)


@functools.cache
def cases() -> tuple[Case, ...]:
    """All examples, compiled once in this process into a folder that goes away with it."""
    work = Path(tempfile.mkdtemp(prefix="dreamc-compiled-"))
    atexit.register(shutil.rmtree, work, ignore_errors=True)
    found = [case for file in sorted(EXAMPLES.glob("*/dream.yaml")) for case in _compile(file, work)]
    return tuple(found) or (Case("examples", EXAMPLES, "", f"no example in {EXAMPLES}"),)


def _compile(file: Path, work: Path) -> tuple[Case, ...]:
    name, out = file.parent.name, work / file.parent.name
    command = [sys.executable, "-c", _DREAMC, "compile", "-f", str(file), "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    hosts = sorted({path.parents[2] for path in out.glob("*/config/litellm/*-config.yaml")})
    if done.returncode != 0 or not hosts:
        return (Case(name, out, "", f"{name} did not compile (exit {done.returncode}):\n{done.stdout}{done.stderr}"),)
    return tuple(Case(f"{name}-{host.name}-{mode}", host, mode) for host in hosts for mode in bundle.modes(host))
