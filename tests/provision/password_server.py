"""An SSH server that takes a password: paramiko's server side, because sshd would want an account of this machine."""

from __future__ import annotations

import os
import select
import socket
import subprocess
from pathlib import Path
from threading import Event, Thread
from typing import Any

import paramiko

from dreamc.provision.types import Address
from tests.sshd import make_key

PASSWORD = "correct horse's $battery"


class _Rules(paramiko.ServerInterface):  # type: ignore[misc]
    def __init__(self) -> None:
        self.command = b""
        self.asked = Event()

    def get_allowed_auths(self, username: str) -> str:
        return "publickey,password"

    def check_auth_password(self, username: str, password: str) -> int:
        is_right = (username, password) == ("dream", PASSWORD)
        return int(paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def check_channel_exec_request(self, channel: Any, command: bytes) -> bool:
        self.command = command
        self.asked.set()
        return True


class PasswordServer:
    """Listens on a free port until `stop`; a thread per connection."""

    def __init__(self, folder: Path) -> None:
        self.host_key = make_key(folder / "password_host")
        self.known_hosts = folder / "password_known"
        self.key = make_key(folder / "unwanted")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        kind, text = Path(f"{self.host_key}.pub").read_text(encoding="utf-8").split()[:2]
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {kind} {text}\n", encoding="utf-8")
        self._transports: list[Any] = []
        self._threads = [Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def address(self) -> Address:
        """As an inventory would describe it, with a key that the server does not want."""
        files = ("-F", "none", "-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "GlobalKnownHostsFile=none")
        words = (*files, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none")
        return Address("box", "127.0.0.1", "ssh", "dream", self.port, str(self.key), words)

    def stop(self) -> None:
        """Ends all connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for transport in self._transports:
            transport.close()
        for thread in self._threads:
            thread.join(10)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        transport = paramiko.Transport(connection)
        self._transports.append(transport)
        transport.add_server_key(paramiko.Ed25519Key.from_private_key_file(str(self.host_key)))
        rules = _Rules()
        try:
            transport.start_server(server=rules)
        except (paramiko.SSHException, EOFError):
            return
        channel = None
        while channel is None and transport.is_active():
            channel = transport.accept(0.2)
        if channel is not None and rules.asked.wait(10):
            _run(channel, rules.command)
        transport.close()


def _run(channel: Any, command: bytes) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(["sh", "-c", command.decode()], stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        sinks = {process.stdout.fileno(): channel.sendall, process.stderr.fileno(): channel.sendall_stderr}
        Thread(target=_feed, args=(channel, process.stdin), daemon=True).start()
        while sinks:
            for ready in select.select(list(sinks), [], [])[0]:
                data = os.read(ready, 1 << 15)
                if data:
                    sinks[ready](data)
                else:
                    del sinks[ready]
        channel.send_exit_status(process.wait())


def _feed(channel: Any, stdin: Any) -> None:
    while data := channel.recv(1 << 15):
        stdin.write(data)
    stdin.close()
