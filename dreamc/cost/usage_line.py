"""One line of the usage log."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from dreamc.runtime.money import NANO

CALLED = ("ok", "error", "rejected")
"""Kinds of a line that is a call; the others are requests that nobody answered."""
KINDS = (*CALLED, "failed", "refused")

Amount = Annotated[float, Meta(ge=0, lt=1e12)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0, lt=10**12)]


class Line(Struct, frozen=True, gc=False):
    """One call, or one request that nobody could be asked for: the fields of docs/usage.md.

    `time` is ISO 8601 in UTC, `usd` dollars, `latency_s` seconds, `score` the complexity, `quality` the checks'
    verdict.
    """

    time: str = ""
    status: str = ""
    alias: str = ""
    group: str = ""
    member: str = ""
    location: str = ""
    tier: str | None = None
    action: str | None = None
    reason: str = ""
    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    usd: Amount = 0.0
    latency_s: Amount = 0.0
    provider: str = ""
    id: str = ""
    client: str = ""
    attempts: int = 1
    score: Share | None = None
    quality: Share | None = None
    part: str = ""
    served: str = ""
    prompt: str | None = None
    writer: str = ""
    n: int = 0

    @property
    def day(self) -> str:
        """ISO day in UTC."""
        return self.time[:10]

    @property
    def kind(self) -> str:
        """One of KINDS: the status without its reason."""
        return self.status.partition(":")[0]

    @property
    def nano_usd(self) -> int:
        """The cost in whole nano-dollars, as the tally counts it."""
        return round(self.usd * NANO)
