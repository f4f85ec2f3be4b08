"""A real sshd on loopback as an ordinary process: its own keys, its own configuration, no PAM, no system files."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from dreamc.provision.types import Address

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def make_key(path: Path) -> Path:
    """A new key pair; the public half is beside it."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One sshd. `address()` is how it is reached with its right key and its host key known."""

    def __init__(self, settings: str = "") -> None:
        if SSHD is None:
            raise RuntimeError("there is no sshd here: install openssh-server")
        # Not pytest's directory: its path is too long for the sockets of ssh.
        self.folder = Path(tempfile.mkdtemp(prefix="sshd-"))
        self.port = free_port()
        self.key = make_key(self.folder / "id")
        self.host_key = make_key(self.folder / "host")
        shutil.copy(self.folder / "id.pub", self.folder / "authorized_keys")
        self.known_hosts = self.folder / "known_hosts"
        self.know(self.host_key)
        self.config = self.folder / "sshd_config"
        self.config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.host_key}\nPidFile none\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nStrictModes no\nUsePAM no\nUseDNS no\n"
            f"PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nLogLevel VERBOSE\n"
            f"MaxStartups 100\nMaxSessions 100\nAllowTcpForwarding yes\nPrintMotd no\n"
            # A home without start-up files: bash reads ~/.bashrc for every command that comes over ssh.
            f"SetEnv HOME={self.folder}\n{settings}",
            encoding="utf-8",
        )
        self.log = self.folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def know(self, key: Path) -> None:
        """Makes `key` the one that clients expect."""
        kind, text = Path(f"{key}.pub").read_text(encoding="utf-8").split()[:2]
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {kind} {text}\n", encoding="utf-8")

    def start(self) -> None:
        """Starts it and waits until it listens."""
        assert SSHD is not None
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        command = [SSHD, "-D", "-f", str(self.config), "-E", str(self.log)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        while not _listens(self.port):
            if self.process.poll() is not None:
                raise RuntimeError(f"sshd does not start: {self.log.read_text(encoding='utf-8')}")
            time.sleep(0.005)

    def logins(self) -> int:
        """How many connections were let in so far."""
        return self.log.read_text(encoding="utf-8", errors="replace").count("Accepted publickey")

    def cut(self) -> None:
        """Kills every connection, not the server."""
        assert self.process is not None
        for child in children(self.process.pid):
            for inner in (*children(child), child):
                with suppress(OSError):  # it may be gone by itself
                    if b"sshd" in Path(f"/proc/{inner}/comm").read_bytes():
                        os.kill(inner, signal.SIGKILL)

    def stop(self) -> None:
        """Ends it and all its connections."""
        assert self.process is not None
        self.cut()  # first: once the listener is gone, nobody can tell whose connections these were
        self.process.terminate()
        self.process.wait(10)

    def remove(self) -> None:
        """Ends it and removes its files."""
        self.stop()
        shutil.rmtree(self.folder)

    def address(self, *options: str, key: Path | None = None, port: int | None = None) -> Address:
        """The server as an inventory would describe it; nothing of the user's own configuration has a say."""
        files = ("-F", "none", "-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "GlobalKnownHostsFile=none")
        words = (*options, *files, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none")
        return Address("box", "127.0.0.1", "ssh", "", port or self.port, str(key or self.key), words)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def children(pid: int) -> list[int]:
    """The processes that `pid` has started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(word) for word in task.read_text().split()]
    return found
