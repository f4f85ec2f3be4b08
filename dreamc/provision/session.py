"""A session with one host: steps go over one connection, whatever carries it, and come back as answers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import Protocol

from msgspec import Struct

from dreamc.provision.connectors.channel import Channel
from dreamc.provision.framing import Sudo
from dreamc.provision.link import GREETING, PASSWORD, Link, NoLink, Pending
from dreamc.provision.prompts import Prompts, Purpose, Silent
from dreamc.provision.types import Address
from dreamc.provision.unreachable import Unreachable

KEPT = 15.0
"""Seconds after which a connection that is kept open may be one to a machine that is gone, and a new one is tried."""


class Step(Struct, frozen=True):
    """What runs on a host in one go.

    `name` is what errors and logs call it; `script` is POSIX sh and never holds a secret; `size` bytes of data follow
    on its standard input. In the script `$DREAM_BYTES` is that size, and `$DREAM_SESSION` a process that lives as long
    as the session.
    """

    name: str
    script: str
    size: int = 0


class Answer(Struct, frozen=True):
    """How a step ended, and all that it said."""

    code: int
    out: str
    err: str


class Session(Protocol):
    """A host to run steps on. One step at a time; another thread takes another session."""

    address: Address
    execs: int

    def run(
        self,
        step: Step,
        data: Iterable[bytes] = (),
        on_line: Callable[[str], None] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Runs a step to its end. Raises Unreachable when there is no connection, Lost when it ends meanwhile."""
        ...

    def close(self) -> None:
        """Ends the session; what a step has detached goes on."""
        ...


class Reader(Session, Protocol):
    """A session that also brings bytes from its host."""

    def read(self, step: Step, take: Callable[[bytes], None], data: Iterable[bytes] = ()) -> Answer:
        """Runs a step whose stdout is bytes of any number: `take` gets them as they come, the answer has none of them.

        What `take` raises ends the connection; the next step makes a new one. Raises as `run` does.
        """
        ...


def open_session(
    address: Address, secrets: Prompts | None = None, keep: bool = True, say: Callable[[str], None] | None = None
) -> Reader:
    """A session that begins to connect now: the handshake goes on while the caller does something else.

    `secrets` are asked when a host wants a password. `keep` leaves OpenSSH's connection open for a minute after the
    last use. `say` gets what a user should know of the connection, once; by default it goes to stderr.
    """
    return Connected(address, secrets, keep, say)


def _to_stderr(text: str) -> None:
    sys.stderr.write(f"{text}\n")


class Connected:
    """A session over any connector. After a lost connection the next step makes a new one."""

    def __init__(
        self,
        address: Address,
        secrets: Prompts | None = None,
        keep: bool = True,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.address = address
        self.execs = 0
        self._secrets, self._keep, self._say = secrets or Silent(), keep, say or _to_stderr
        self._transport = address.transport
        self._sudo: Sudo = "quiet" if address.become else "no"
        self._asked: dict[Purpose, str] = {}
        self._fresh = False
        self._link: Link | None = None
        self._early: Unreachable | None = None
        try:
            self._link = self._connect()
        except Unreachable as error:
            self._early = error

    def run(
        self,
        step: Step,
        data: Iterable[bytes] = (),
        on_line: Callable[[str], None] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Runs a step to its end. Asks for a password where the host wants one and somebody can be asked."""
        return self._run(Pending(step.name, step.script, step.size, data, on_line, timeout))

    def read(self, step: Step, take: Callable[[bytes], None], data: Iterable[bytes] = ()) -> Answer:
        """Runs a step whose stdout is bytes, which `take` gets as they come."""
        return self._run(Pending(step.name, step.script, step.size, data, None, None, take))

    def _run(self, pending: Pending) -> Answer:
        while True:
            link = self._opened()
            try:
                code, out, err = link.run(pending)
            except NoLink as error:
                self.close()
                self._mend(error)
            except BaseException:
                # Nobody can say where in the streams such a link stands.
                self._fresh = True
                self.close()
                raise
            else:
                self._warn(link)
                if link.is_spent:
                    self.close()
                return Answer(code, out.decode(errors="replace"), err.decode(errors="replace"))

    def close(self) -> None:
        """Ends the connection; the next step would make another."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def _warn(self, link: Link) -> None:
        """Passes on what OpenSSH 10 says of a key exchange that is not post-quantum; a host's banner is left out."""
        warning, link.notice = [line for line in link.notice.splitlines() if line.startswith("** ")], ""
        if warning:
            self._say("\n".join(f"{self.address.name}: {line}" for line in warning))

    def _opened(self) -> Link:
        early, self._early = self._early, None
        if early is not None:
            raise early
        if self._link is None:
            self._link = self._connect()
        return self._link

    def _connect(self) -> Link:
        nonce = os.urandom(8).hex()
        channel = self._channel(nonce)
        self.execs += 1
        if self._sudo == "asked":
            return Link(channel, self.address, nonce, self._asked["sudo"], PASSWORD)
        is_kept = self._transport == "ssh" and self._keep and not self._fresh
        return Link(channel, self.address, nonce, None, KEPT if is_kept else GREETING)

    def _channel(self, nonce: str) -> Channel:
        if self._transport == "local":
            from dreamc.provision.connectors import local

            return local.connect(nonce, self._sudo)
        if self._transport == "fabric":
            from dreamc.provision.connectors import fabric

            return fabric.connect(self.address, nonce, self._sudo, self._asked.get("login"), self._say)
        from dreamc.provision.connectors import ssh

        return ssh.connect(self.address, nonce, self._sudo, self._keep, self._fresh)

    def _mend(self, error: NoLink) -> None:
        """Makes the next attempt another one, with the password that was missing; raises where nothing helps."""
        why = error.why
        if error.is_silent and self._keep and self._transport == "ssh" and not self._fresh:
            # ssh itself gives up on a host after ten seconds: what is silent longer is a connection that was kept open.
            self._fresh = True
            return
        purpose = _purpose(why)
        if purpose is None or purpose in self._asked:
            raise why
        answer = self._secrets.password(self.address.name, self.address.user, purpose)
        if answer is None:
            raise why
        self._asked[purpose] = answer
        if purpose == "sudo":
            self._sudo = "asked"
        else:
            self._transport = "fabric"


def _purpose(why: Unreachable) -> Purpose | None:
    if why.reason == "sudo-password":
        return "sudo"
    takes_passwords = any(way in why.said for way in ("password", "keyboard-interactive"))
    return "login" if why.reason == "denied" and takes_passwords else None
