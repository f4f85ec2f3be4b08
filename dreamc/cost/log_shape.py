"""What a file or a line is that was taken for a usage log and is none: enough to say its name."""

from __future__ import annotations

import msgspec

_FILES = (
    (b"SQLite format 3\0", "an SQLite database, as tally and ledger are", "name the log beside it: usage.jsonl"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it first: zstd -d"),
    (b"\xfd7zXZ\0", "compressed with xz", "unpack it first: xz -d"),
    (b"BZh", "compressed with bzip2", "unpack it first: bzip2 -d"),
    (b"PK\x03\x04", "a ZIP archive", "unpack it first"),
    (b"PAR1", "a Parquet file", "name a usage log: a JSON object per line"),
    (b"\xff\xfe", "UTF-16 text", "write it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "write it as UTF-8"),
)
"""What files begin with, what they are, and what to do. https://www.sqlite.org/fileformat2.html, RFC 8878, RFC 1952."""

_SHAPES = (
    (("request_id", "spend"), "LiteLLM's spend log"),
    (("litellm_call_id", "response_cost"), "LiteLLM's standard logging payload"),
    (("tier", "cost"), "a router client's own export (llm_usage.jsonl), not the gateway's log"),
    (("custom_id", "response"), "a batch of OpenAI's API"),
    (("time", "status"), "a line of a usage log with a value that cannot be"),
)
"""Fields that come together in nothing else, and what writes them."""
OTHER = "JSON of another shape"


def whole_file(head: bytes) -> tuple[str, str] | None:
    """What a file that begins with `head` is, and what to do with it; None where it may be a usage log."""
    found = next(((what, remedy) for magic, what, remedy in _FILES if head.startswith(magic)), None)
    if found is None and head.lstrip().startswith(b"["):
        return "one JSON array, not a JSON object per line", "write a line each: jq -c '.[]'"
    return found


def whose(raw: bytes) -> str:
    """What a line is that is JSON and no line of ours; "" where it is not JSON at all."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return ""
    keys = value.keys() if isinstance(value, dict) else frozenset()
    return next((name for fields, name in _SHAPES if all(one in keys for one in fields)), OTHER)
