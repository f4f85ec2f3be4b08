"""Bytes and tokens as people read them."""

from __future__ import annotations

from dreamc.sizing.types import GIB


def gib(size: int) -> str:
    """Bytes as GiB with one decimal: "4.2 GiB"."""
    return f"{size / GIB:.1f} GiB"


def tokens(count: int) -> str:
    """32768 as "32k", 1000 as "1000"."""
    return f"{count // 1024}k" if count % 1024 == 0 else str(count)
