"""SSH inside this process, by fabric and paramiko: where a password must be given, or the inventory asks for it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from threading import Thread
from typing import Any

from dreamc.provision.connectors.paramiko import TIMEOUT, connection, explain, key_exchange
from dreamc.provision.framing import Sudo, command
from dreamc.provision.types import Address
from dreamc.provision.unreachable import Unreachable

_ALIVE = 15
_CHUNK = 1 << 16
_POST_QUANTUM = ("mlkem", "sntrup")


def connect(address: Address, nonce: str, sudo: Sudo, password: str | None, say: Callable[[str], None]) -> InProcess:
    """Begins to connect and returns at once. Host keys are checked strictly, whatever the configuration says."""
    return InProcess(address, command(nonce, sudo), password, say)


class InProcess:
    """A channel whose other side are three threads between our pipes and paramiko's channel."""

    def __init__(self, address: Address, remote: str, password: str | None, say: Callable[[str], None]) -> None:
        self._address, self._remote, self._password, self._say = address, remote, password, say
        self._input, self.stdin = os.pipe()
        self.stdout, self._output = os.pipe()
        self.stderr, self._errors = os.pipe()
        self._why: Unreachable | None = None
        self._connection: Any = None
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def failure(self) -> Unreachable | None:
        """Why no connection came about."""
        return self._why

    def close(self) -> None:
        """Ends the connection and, with it, the threads."""
        for descriptor in (self.stdin, self.stdout, self.stderr):
            os.close(descriptor)
        self._thread.join(TIMEOUT)

    def _serve(self) -> None:
        try:
            channel = self._open()
        except Exception as error:  # noqa: BLE001 - paramiko raises of everything; each becomes words
            self._why = explain(self._address, error, self._connection, self._password is not None)
            for descriptor in (self._output, self._errors, self._input):
                os.close(descriptor)
        else:
            self._pump(channel)
        finally:
            if self._connection is not None:
                _close(self._connection)

    def _open(self) -> Any:
        self._connection = connection(self._address, self._password)
        self._connection.open()
        transport = self._connection.transport
        transport.set_keepalive(_ALIVE)
        if isinstance(transport.sock, socket.socket):
            # paramiko leaves Nagle's algorithm on, which makes every exchange wait 40 ms for a delayed acknowledgement.
            transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        exchange = key_exchange(transport)
        if not any(name in exchange for name in _POST_QUANTUM):
            self._say(f"{self._address.name}: paramiko and this host agreed on {exchange}, which is not post-quantum")
        channel = transport.open_session(timeout=TIMEOUT)
        channel.exec_command(self._remote)
        return channel

    def _pump(self, channel: Any) -> None:
        """Copies all three streams until the host closes them, or we do."""
        sender = Thread(target=_send, args=(self._input, channel), daemon=True)
        errors = Thread(target=_copy, args=(channel.recv_stderr, self._errors), daemon=True)
        sender.start()
        errors.start()
        _copy(channel.recv, self._output)
        errors.join()
        channel.close()
        sender.join()


def _close(connection: Any) -> None:
    """Ends the connection, and the ProxyCommand that paramiko only kills."""
    transport = connection.client.get_transport()
    connection.client.close()
    connection.close()
    process = getattr(getattr(transport, "sock", None), "process", None)
    if process is not None:
        process.kill()
        process.communicate()
    if gateway := getattr(connection, "gateway", None):
        getattr(gateway, "close", lambda: None)()


def _copy(receive: Callable[[int], bytes], descriptor: int) -> None:
    try:
        while data := receive(_CHUNK):
            while data:
                data = data[os.write(descriptor, data) :]
    except OSError:
        return
    finally:
        os.close(descriptor)


def _send(descriptor: int, channel: Any) -> None:
    try:
        while data := os.read(descriptor, _CHUNK):
            channel.sendall(data)
        channel.shutdown_write()
    except OSError:
        return
    finally:
        os.close(descriptor)
