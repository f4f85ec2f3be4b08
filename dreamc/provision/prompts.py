"""Passwords that are asked: never stored, never shown, at most once per host and purpose."""

from __future__ import annotations

from threading import Lock
from typing import Literal, Protocol

Purpose = Literal["login", "sudo"]


class Prompts(Protocol):
    """Where a session gets a password when a host wants one."""

    def password(self, host: str, user: str, purpose: Purpose) -> str | None:
        """The password; None where nobody is there to ask."""
        ...


class Silent:
    """Nobody is there to ask: what a script and CI have."""

    def password(self, host: str, user: str, purpose: Purpose) -> str | None:  # noqa: ARG002
        """None, always."""
        return None


class Terminal:
    """Asks on the terminal, one question at a time, and remembers the answers until the program ends.

    `same` asks once for all hosts, as `--ask-pass` and `--ask-become-pass` of Ansible do.
    """

    def __init__(self, same: bool = False) -> None:
        self._same = same
        self._lock = Lock()
        self._answers: dict[tuple[str, str, str], str] = {}

    def password(self, host: str, user: str, purpose: Purpose) -> str | None:
        """What was typed; None for an empty line."""
        key = ("", "", purpose) if self._same else (host, user, purpose)
        with self._lock:
            if key not in self._answers:
                self._answers[key] = _ask(host, user, purpose, self._same)
            return self._answers[key] or None


def _ask(host: str, user: str, purpose: Purpose, same: bool) -> str:
    from getpass import getpass

    where = "all hosts" if same else f"{user}@{host}" if user else host
    return getpass(f"{'sudo password' if purpose == 'sudo' else 'password'} for {where}: ")
