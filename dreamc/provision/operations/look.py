"""Reads the host's journal."""

from __future__ import annotations

from shlex import quote

from dreamc.provision.session import Step


def journal(root: str, lines: int) -> Step:
    """The last lines of the journal, oldest first; nothing where there is none."""
    return Step("journal", f"tail -n {lines} {quote(root)}/journal.jsonl 2>/dev/null || :")
