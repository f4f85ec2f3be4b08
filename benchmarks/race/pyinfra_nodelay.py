"""pyinfra as it would be if paramiko switched Nagle's algorithm off: its own command line, one socket option more."""

from __future__ import annotations

import socket
import sys
from importlib import import_module
from typing import Any

command = import_module("pyinfra_cli.main")  # patches the standard library for gevent, so it comes first
Transport = import_module("paramiko.transport").Transport
begin = Transport.__init__


def prompt(self: Any, sock: Any, *words: Any, **settings: Any) -> None:
    """A transport whose socket does not wait."""
    begin(self, sock, *words, **settings)
    self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


Transport.__init__ = prompt
sys.exit(command.main())
