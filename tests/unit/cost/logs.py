"""Lines of usage logs for the tests of money."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def row(**facts: Any) -> Row:
    """One answered cloud call of 2026-11-20, changed by `facts`; without writer and number."""
    return {
        "time": "2026-11-20T12:00:00.000Z", "status": "ok", "alias": "auto", "group": "tier:api_premium",
        "member": "claude", "location": "cloud", "tier": "api_premium", "action": "code_review", "reason": "made up",
        "prompt_tokens": 1000, "completion_tokens": 100, "usd": 0.0045, "latency_s": 1.5, "provider": "anthropic",
        "id": "", "client": "", "attempts": 1, "score": None, "quality": None, "part": "", "served": "cloud", **facts,
    }  # fmt: skip


def numbered(rows: Iterable[Row], writer: str = "writer", start: int = 1) -> list[Row]:
    """As one process writes them."""
    return [{**one, "writer": writer, "n": number} for number, one in enumerate(rows, start=start)]


def write(file: Path, rows: Iterable[Row], *, more: bytes = b"") -> Path:
    """A log; compressed where its name says so. `more` is put at its end."""
    text = "".join(json.dumps(one) + "\n" for one in rows).encode() + more
    file.write_bytes(gzip.compress(text) if file.suffix == ".gz" else text)
    return file
