"""Headers of safetensors files: what each tensor is and where its bytes lie, without reading the weights.

Format: 8 bytes of length (little endian), as many bytes of JSON, the data
(https://github.com/huggingface/safetensors#format). What its library refuses is refused here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from math import prod
from pathlib import Path
from typing import Any

from msgspec import Struct

from dreamc.hub.selection import INDEX, weight_files

LARGEST = 100_000_000
"""Bytes that one header may have (safetensors 0.6 src/tensor.rs, MAX_HEADER_SIZE)."""
PREFIX = 8
"""Bytes that hold the length of the header."""
BITS: Mapping[str, int] = {
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8,
    "U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32,
    "U64": 64, "I64": 64, "F64": 64, "C64": 64,
}  # fmt: skip
"""Bits of one number of each type (safetensors 0.6 src/tensor.rs, Dtype)."""


class HeaderError(Exception):
    """A header that cannot be believed, and why; where several files are read, the file comes first."""


class Tensor(Struct, frozen=True):
    """One tensor; `start` and `end` are bytes from the beginning of the file's data."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


class Checkpoint(Struct, frozen=True):
    """The files that a checkpoint is loaded from, and the bytes of their tensors by dtype, sorted by its name."""

    files: tuple[str, ...]
    by_dtype: Mapping[str, int]

    @property
    def size(self) -> int:
        """Bytes of all tensors."""
        return sum(self.by_dtype.values())


def header_length(start: bytes, size: int) -> int:
    """Bytes of JSON that follow the first eight, of a file of `size` bytes that begins with `start`."""
    if len(start) < PREFIX:
        raise HeaderError(f"ends after {len(start)} bytes, before the length of its header")
    length = int.from_bytes(start[:PREFIX], "little")
    if length > LARGEST:
        raise HeaderError(f"says that its header has {length:,} bytes; the format allows {LARGEST:,}")
    if PREFIX + length > size:
        raise HeaderError(f"says that its header has {length:,} bytes, but the file has only {size:,}")
    return length


def parse(start: bytes, size: int) -> tuple[Tensor, ...]:
    """The tensors of a file of `size` bytes that begins with `start`, header included; in the order of their data."""
    length = header_length(start, size)
    text = start[PREFIX : PREFIX + length]
    if len(text) < length:
        raise HeaderError(f"is cut off: {len(text):,} of {length:,} bytes of its header are there")
    found = [_tensor(name, row) for name, row in _object(text, "header").items() if name != "__metadata__"]
    tensors = tuple(sorted(found, key=lambda one: (one.start, one.end, one.name)))
    _require_order(tensors, size - PREFIX - length)
    return tensors


def by_dtype(tensors: Iterable[Tensor]) -> dict[str, int]:
    """Bytes of each dtype, sorted by its name."""
    found: dict[str, int] = {}
    for one in tensors:
        found[one.dtype] = found.get(one.dtype, 0) + one.end - one.start
    return dict(sorted(found.items()))


def shards(index: bytes) -> Mapping[str, frozenset[str]]:
    """Names of the tensors in each file that a model.safetensors.index.json names, sorted by file."""
    weights = _object(index, "index").get("weight_map")
    if not isinstance(weights, dict) or not weights:
        raise HeaderError("has no weight_map")
    found: dict[str, set[str]] = {}
    for name, file in weights.items():
        if not isinstance(file, str) or "/" in file or "\\" in file or not file.endswith(".safetensors"):
            raise HeaderError(f"says that {_short(name)} lies in {file!r}, which is no safetensors file beside it")
        found.setdefault(file, set()).add(name)
    return {file: frozenset(found[file]) for file in sorted(found)}


def folder(path: Path) -> Checkpoint | None:
    """The checkpoint in a local directory; None without safetensors files. OSError where it cannot be read."""
    names = sorted(one.name for one in path.iterdir() if one.is_file())
    indexed = _about(INDEX, shards, (path / INDEX).read_bytes()) if INDEX in names else None
    files = tuple(name for name in weight_files(names, indexed) if name.endswith(".safetensors"))
    if not files:
        return None
    return checkpoint({name: _about(name, _local, path / name) for name in files}, indexed)


def checkpoint(headers: Mapping[str, tuple[Tensor, ...]], indexed: Mapping[str, frozenset[str]] | None) -> Checkpoint:
    """All files together; a tensor that the index places in a file must be there."""
    for file, names in (indexed or {}).items():
        missing = names - {one.name for one in headers.get(file, ())}
        if missing:
            raise HeaderError(f"{file}: has no tensor {_short(min(missing))}, which {INDEX} places there")
    tensors = (one for rows in headers.values() for one in rows)
    return Checkpoint(tuple(sorted(headers)), by_dtype(tensors))


def _local(path: Path) -> tuple[Tensor, ...]:
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(PREFIX)
        return parse(start + file.read(header_length(start, size)), size)


def _about(name: str, read: Any, given: object) -> Any:
    try:
        return read(given)
    except HeaderError as error:
        raise HeaderError(f"{name}: {error}") from None


def _tensor(name: str, row: object) -> Tensor:
    if not isinstance(row, dict):
        raise HeaderError(f"says nothing of the tensor {_short(name)}")
    dtype, shape, offsets = row.get("dtype"), row.get("shape"), row.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in BITS:
        raise HeaderError(f"has the unknown dtype {_short(dtype)} at {_short(name)}")
    if not isinstance(shape, list) or not all(_natural(one) for one in shape):
        raise HeaderError(f"has no shape at {_short(name)}")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(_natural(one) for one in offsets):
        raise HeaderError(f"has no place in the file for {_short(name)}: {_short(offsets)}")
    start, end = offsets
    if (end - start) * 8 != prod(shape) * BITS[dtype]:
        raise HeaderError(f"gives {end - start:,} bytes to {_short(name)}, which is {dtype} of {_short(shape)}")
    return Tensor(name, dtype, tuple(shape), start, end)


def _natural(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _require_order(tensors: tuple[Tensor, ...], data: int) -> None:
    """Every byte of the data belongs to exactly one tensor."""
    reached = 0
    for one in tensors:
        if one.start != reached:
            how = "overlaps the one before" if one.start < reached else f"leaves {one.start - reached:,} bytes unused"
            raise HeaderError(f"places {_short(one.name)} where it {how}")
        if one.end > data:
            raise HeaderError(f"places {_short(one.name)} past its end: {one.end:,} of {data:,} bytes of data")
        reached = one.end
    if reached != data:
        raise HeaderError(f"has {data - reached:,} bytes that belong to no tensor")


def _object(text: bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise HeaderError(f"has a {what} that is not UTF-8") from None
    except (ValueError, RecursionError):
        raise HeaderError(f"has a {what} that is not JSON") from None
    if not isinstance(value, dict):
        raise HeaderError(f"has a {what} that is not a JSON object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise HeaderError(f"names {_short(twice)} twice")
    return found


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
