"""Host names as an inventory writes them: ranges such as `gpu[01:20]`, and a port behind the name."""

from __future__ import annotations

import re
from string import ascii_letters

from msgspec import Struct

MOST = 10_000
"""Hosts that one name may stand for."""

PLAIN = re.compile(r"[^-\s'\"`$\\;&<>|(){}][^\s'\"`$\\;&<>|(){}]*")
"""Names that no shell can misread: those that OpenSSH accepts (ssh.c, valid_hostname), not empty."""

_RANGE = re.compile(r"\[(?:(?P<low>\d*):(?P<high>\d+)|(?P<first>[A-Za-z]):(?P<last>[A-Za-z]))(?::(?P<step>\d+))?\]")
_PORT = re.compile(r"(?P<host>[^:]+|\[[0-9A-Fa-f:.]+\]|.*\[[^\]]*\][^:]*):(?P<port>\d{1,5})")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%\w+)?")


class Names(Struct, frozen=True):
    """What a name stands for. With a `problem` there are no hosts."""

    hosts: tuple[str, ...] = ()
    port: int | None = None
    problem: str = ""


def names(text: str) -> Names:
    """The hosts of one key under `hosts:`.

    Ranges are those of Ansible (lib/ansible/plugins/inventory/__init__.py, expand_hostname_range): `[01:20]` keeps its
    zeros, `[a:f]` counts letters, `[1:10:2]` has a step, and several in one name give every combination.
    """
    if not PLAIN.fullmatch(text):
        return Names(problem="a name has no spaces, quotes and signs of a shell")
    host, port = _split_port(text)
    if _IPV6.fullmatch(host):
        return Names((host,), port)
    if port is not None and not 0 < port < 65536:
        return Names(problem=f"{port} is no port")
    return _expanded(host, port)


def _split_port(text: str) -> tuple[str, int | None]:
    if text.startswith("[") and text.endswith("]") and _IPV6.fullmatch(text[1:-1]):
        return text[1:-1], None
    found = _PORT.fullmatch(text)
    if found is None:
        return text, None
    host = found["host"]
    inner = host[1:-1] if host.startswith("[") and host.endswith("]") else ""
    return (inner if _IPV6.fullmatch(inner) else host), int(found["port"])


def _expanded(text: str, port: int | None) -> Names:
    found: list[str] = [""]
    at = 0
    for part in _RANGE.finditer(text):
        values, problem = _values(part)
        if problem:
            return Names(problem=problem)
        before = text[at : part.start()]
        if len(found) * len(values) > MOST:
            return Names(problem=f"it stands for more than {MOST:,} hosts")
        found = [f"{head}{before}{value}" for head in found for value in values]
        at = part.end()
    rest = text[at:]
    hosts = tuple(f"{head}{rest}" for head in found)
    if any(sign in host for host in hosts[:1] for sign in "[]:"):
        return Names(problem="a range is [01:20], [a:f] or, with a step, [1:10:2]")
    return Names(hosts, port)


def _values(part: re.Match[str]) -> tuple[list[str], str]:
    step = int(part["step"] or 1)
    if step == 0:
        return [], "the step of a range is at least 1"
    if part["first"]:
        low, high = ascii_letters.index(part["first"]), ascii_letters.index(part["last"])
        return ([], _BACKWARDS) if low > high else (list(ascii_letters[low : high + 1 : step]), "")
    begin, end = part["low"] or "0", part["high"]
    width = len(begin) if len(begin) > 1 and begin.startswith("0") else 0
    if width and width != len(end):
        return [], "a range with leading zeros has as many digits at its end as at its beginning"
    if int(begin) > int(end):
        return [], _BACKWARDS
    if (int(end) - int(begin)) // step >= MOST:
        return [], f"it stands for more than {MOST:,} hosts"
    return [str(value).zfill(width) for value in range(int(begin), int(end) + 1, step)], ""


_BACKWARDS = "the range ends before it begins"
