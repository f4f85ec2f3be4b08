"""What must be there before anything else: the root directory, owned by whom we run as."""

from __future__ import annotations

from shlex import quote

from dreamc.provision.session import Step

_BASE = """
set -u
umask 022
mkdir -p -- {root} && cd -- {root} && mkdir -p releases || {{ echo "{root} cannot be made or written"; exit 1; }}
"""


def base(root: str) -> Step:
    """Makes the root; data and model directories are made by the activation, with the owners their containers need."""
    return Step("base", _BASE.format(root=quote(root)))


def unit(root: str, verb: str) -> Step:
    """`install` or `remove` the systemd unit that brings the stack back after a power cut."""
    return Step("unit", f"exec {quote(root)}/current/dream unit {quote(verb)} </dev/null 2>&1")
