"""What the world did wrong (disk, process, network). What the user wrote wrong is a Diagnostic instead."""

from __future__ import annotations


class DreamError(Exception):
    """`what` happened, the `state` it left things in, and the `remedy`: three short sentences without a full stop."""

    def __init__(self, what: str, state: str = "", remedy: str = "") -> None:
        super().__init__(what, state, remedy)
        self.what = what
        self.state = state
        self.remedy = remedy

    def __str__(self) -> str:
        return "; ".join(part for part in (self.what, self.state, self.remedy) if part)
