"""A Redis and a PostgreSQL of the system's own packages, on loopback, for as long as a test needs them."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.runtime.proxy import free_port


@dataclass
class Server:
    """`command` starts it; it listens at `address`."""

    address: str
    command: list[str]
    user: str | None
    ready: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = Path(tempfile.mkstemp(prefix="server-")[1])
        with log.open("wb") as told:
            self.process = subprocess.Popen(self.command, stdout=told, stderr=told, user=self.user, cwd="/")
        deadline = time.monotonic() + 30
        while not self.ready():
            assert self.process.poll() is None, (self.command, log.read_text())
            assert time.monotonic() < deadline, (self.command, log.read_text())
            time.sleep(0.02)
        log.unlink()

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None


@contextmanager
def redis_server(folder: Path) -> Iterator[Server]:
    port = free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
    command += ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
    ping = ["redis-cli", "-p", str(port), "ping"]
    yield from _running(Server(f"redis://127.0.0.1:{port}/0", command, None, lambda: _says(ping, b"PONG")))


@contextmanager
def postgres_server(_folder: Path) -> Iterator[Server]:
    """PostgreSQL refuses to run as root, so root lets somebody else run it; not in a folder of pytest's, which every
    other run closes to others again."""
    port, user = free_port(), _somebody() if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="dream-postgres-", ignore_cleanup_errors=True) as folder:
        data = f"{folder}/data"
        if user is not None:
            shutil.chown(folder, user)
        initdb = [postgres_program("initdb"), "-D", data, "-U", "dream", "--auth=trust", "--no-sync", "-E", "UTF8"]
        subprocess.run(initdb, check=True, user=user, capture_output=True, cwd="/")
        command = [postgres_program("postgres"), "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", data]
        ping = [postgres_program("pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
        address = f"postgresql://dream@127.0.0.1:{port}/postgres"
        yield from _running(Server(address, command, user, lambda: _says(ping, b"")))


def redis_missing() -> str | None:
    """Why there is no Redis to test with."""
    return None if shutil.which("redis-server") and shutil.which("redis-cli") else "redis-server is not installed"


def postgres_missing() -> str | None:
    found = [postgres_program(name) for name in ("initdb", "postgres", "pg_isready")]
    return None if all(Path(name).exists() for name in found) else "PostgreSQL is not installed"


def postgres_program(name: str) -> str:
    """Debian keeps the server's programs off the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    return shutil.which(name) or (str(versions[-1]) if versions else name)


def _running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop(signal.SIGINT)


def _says(command: list[str], text: bytes) -> bool:
    found = subprocess.run(command, capture_output=True, check=False)
    return found.returncode == 0 and text in found.stdout


def _somebody() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
