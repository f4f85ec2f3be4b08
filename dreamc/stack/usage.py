"""What is written down about requests, resolved."""

from __future__ import annotations

from msgspec import Struct


class Usage(Struct, frozen=True):
    """The usage log: put aside at `size` bytes or `age` seconds, `keep` such files stay; with prompts or without."""

    size: int = 67_108_864
    age: float = 2_592_000.0
    keep: int = 12
    prompts: bool = False
