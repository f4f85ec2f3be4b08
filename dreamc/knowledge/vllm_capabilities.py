"""What a vLLM version can do on which card: quantizations, KV cache types, half types, wheel targets and defaults."""

from __future__ import annotations

from functools import cache
from typing import Any

from msgspec import Struct

from dreamc.knowledge.table import Row, table

_FILE = "vllm/capabilities.yaml"
Capability = tuple[int, int]


class Quantization(Struct, frozen=True):
    """A weight format as one version sees it. `min_capability` None: not in this version, but `plugin` may add it."""

    method: str
    min_capability: Capability | None
    plugin: str
    note: str
    source: str
    checked: str


class KvDtype(Struct, frozen=True):
    """A value of --kv-cache-dtype: bytes per element, and `scale_bytes` per head and token (keys and values)."""

    name: str
    min_capability: Capability
    bytes_per_element: float
    scale_bytes: int
    note: str
    source: str
    checked: str


class EngineDefaults(Struct, frozen=True):
    """What `vllm serve` takes when nothing is said."""

    gpu_memory_utilization: float
    max_num_seqs: int
    max_num_batched_tokens: int
    source: str
    checked: str


class Release(Struct, frozen=True):
    """One version's wheel: the compute capabilities it holds code for, and the CUDA release of its image."""

    version: str
    architectures: tuple[Capability, ...]
    cuda: str
    min_driver: str
    bf16_min_capability: Capability
    fp16_forbidden: tuple[str, ...]
    confidence: str
    source: str
    checked: str


def quantization(version: str, method: str) -> Quantization | None:
    """The format's standing in `version`; None if the format is unknown to the table."""
    row = table(_FILE).row(method, "quantizations")
    if row is None:
        return None
    span = _span(version, row["since"])
    gate = None if span is None or span[1] is None else capability(span[1])
    plugin = row.get("plugin", "") if gate is None else ""
    return Quantization(method, gate, plugin, row.get("note", ""), row["source"], row["checked"])


def quantization_methods() -> tuple[str, ...]:
    """Every weight format the table knows."""
    return table(_FILE).keys("quantizations")


@cache
def kv_dtypes(version: str) -> tuple[KvDtype, ...]:
    """Values of --kv-cache-dtype that `version` knows, with the card each needs."""
    found = ((name, row, _span(version, row["since"])) for name, row in table(_FILE).rows("kv_dtypes"))
    return tuple(_kv_dtype(name, row, span[1]) for name, row, span in found if span is not None and span[1] is not None)


def engine_defaults(version: str, memory_gib: float, card: str = "") -> EngineDefaults:
    """Defaults of the OpenAI server of `version` on a card of that visible memory and name (an A100 is its own case).

    KeyError for a version older than the table.
    """
    here = version_key(version)
    for _, row in table(_FILE).rows("defaults"):
        since, until = version_key(row["first"]), version_key(row.get("until", "999"))
        other = any(name in card.lower() for name in row.get("not", ()))
        if since <= here < until and memory_gib >= row["min_memory"] and not other:
            return EngineDefaults(row["utilization"], row["seqs"], row["batched_tokens"], row["source"], row["checked"])
    raise KeyError(version)


@cache
def release(version: str) -> Release | None:
    """What is known of a version's wheel and image."""
    row = table(_FILE).row(version, "versions")
    if row is None:
        return None
    return Release(
        version=version,
        architectures=tuple(capability(text) for text in row["architectures"]),
        cuda=row["cuda"],
        min_driver=row["min_driver"],
        bf16_min_capability=capability(row["bf16"]),
        fp16_forbidden=tuple(row["fp16_forbidden"]),
        confidence=row["confidence"],
        source=row["source"],
        checked=row["checked"],
    )


def wheel_runs_on(version: str, card: Capability) -> bool:
    """Whether the wheel has code for a card: same major, a minor not above the card's. False for an unknown version."""
    known = release(version)
    return known is not None and any(major == card[0] and minor <= card[1] for major, minor in known.architectures)


def capability(text: str) -> Capability:
    """`8.9` as (8, 9)."""
    major, minor = str(text).split(".")
    return int(major), int(minor)


def _kv_dtype(name: str, row: Row, gate: Any) -> KvDtype:
    size, scale = float(row["bytes"]), row.get("scale_bytes", 0)
    return KvDtype(name, capability(gate), size, scale, row.get("note", ""), row["source"], row["checked"])


def _span(version: str, spans: list[list[Any]]) -> list[Any] | None:
    """The last [first version, value] whose first version is not after `version`."""
    reached = [span for span in spans if version_key(span[0]) <= version_key(version)]
    return reached[-1] if reached else None


def version_key(version: str) -> tuple[int, ...]:
    """A version as numbers, for comparing: `0.10.2` -> (0, 10, 2)."""
    return tuple(int(part) for part in str(version).split(".") if part.isdigit())
