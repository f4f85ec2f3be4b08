"""This machine, without SSH."""

from __future__ import annotations

from dreamc.provision.connectors.channel import Channel, Process, plain_environment
from dreamc.provision.framing import Sudo, words


def connect(nonce: str, sudo: Sudo) -> Channel:
    """Starts the loop here."""
    return Process(words(nonce, sudo), plain_environment())
