"""The TCP ports that something listens on, read from the kernel: no tool, no root needed."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

from dreamc.provision.facts.types import Fact, Found, Lines

# 0A is TCP_LISTEN: include/net/tcp_states.h of Linux. For each of the two files the kernel walks its whole table of
# connections, which grows with the memory of the host: 20 ms for both with 24 GiB.
SCRIPT = r"""
limit grep -hoE ': [0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:0000 0A ' /proc/net/tcp /proc/net/tcp6
"""

_LINE = re.compile(r": ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) .*")


def parse(lines: Lines) -> Found:
    """`address:port`, IPv6 without brackets; sorted by port."""
    found = {(int(match[2], 16), _address(match[1])) for match in map(_LINE.fullmatch, lines) if match}
    return {"ports": tuple(f"{address}:{port}" for port, address in sorted(found))}


def _address(text: str) -> str:
    """Words of 32 bits in the byte order of the machine, which is little endian wherever there is a GPU."""
    raw = b"".join(bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8))
    if len(raw) == 4:
        return str(IPv4Address(raw))
    address = IPv6Address(raw)
    return str(address.ipv4_mapped or address)


PORTS = Fact("ports", SCRIPT, parse, beside=True)
