"""Headers of safetensors files: what they say, and what is refused instead of believed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dreamc.hub.safetensors import LARGEST, HeaderError, by_dtype, folder, header_length, parse, shards
from tests.hub_server.made import CONFIG, TENSORS, TOTAL, framed, repository, safetensors, sharded


def row(start: int, end: int, shape: tuple[int, ...] = (2,), dtype: str = "BF16") -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


def refused(data: bytes) -> str:
    with pytest.raises(HeaderError) as error:
        parse(data, len(data))
    return str(error.value)


def of(rows: Mapping[str, Any], data: int) -> bytes:
    return framed(json.dumps(rows).encode()) + bytes(data)


def test_every_tensor_has_its_type_shape_and_place() -> None:
    data = of({"b": row(4, 12, (2, 2)), "a": row(0, 4)}, 12)
    first, second = parse(data, len(data))
    assert (first.name, first.dtype, first.shape, first.start, first.end) == ("a", "BF16", (2,), 0, 4)
    assert (second.name, second.shape, second.start, second.end) == ("b", (2, 2), 4, 12)


def test_only_the_beginning_of_the_file_is_needed() -> None:
    data = safetensors(TENSORS)
    length = header_length(data[:8], len(data))
    assert parse(data[: 8 + length], len(data)) == parse(data, len(data))


def test_bytes_are_summed_by_type() -> None:
    data = of({"w": row(0, 4, (4,), "F8_E4M3"), "s": row(4, 8, (1,), "F32"), "v": row(8, 12, (4,), "F8_E4M3")}, 12)
    assert by_dtype(parse(data, len(data))) == {"F32": 4, "F8_E4M3": 8}


def test_four_bits_to_a_number_make_half_a_byte() -> None:
    data = of({"w": row(0, 4, (8,), "F4")}, 4)
    assert by_dtype(parse(data, len(data))) == {"F4": 4}


def test_a_tensor_without_elements_takes_no_room() -> None:
    data = of({"a": row(0, 0, (0, 5)), "b": row(0, 4)}, 4)
    assert by_dtype(parse(data, len(data))) == {"BF16": 4}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "ends after 0 bytes"),
        (b"\x10\0\0", "ends after 3 bytes"),
        (framed(b"{}", 10 * 10**9), "header has 10,000,000,000 bytes; the format allows 100,000,000"),
        (framed(b"{}", LARGEST), "header has 100,000,000 bytes, but the file has only 10"),
        (framed(b'{"a": '), "not JSON"),
        (framed(b"[" * 100_000), "not JSON"),
        (framed(b"[1]"), "not a JSON object"),
        (framed(b'{"\xff": 1}'), "not UTF-8"),
        (framed(b'{"a": 1, "a": 2}'), "names 'a' twice"),
        (of({"a": 3}, 0), "says nothing of the tensor 'a'"),
        (of({"a": row(0, 4, dtype="F12")}, 4), "unknown dtype 'F12' at 'a'"),
        (of({"a": {"dtype": "BF16", "shape": [True], "data_offsets": [0, 2]}}, 2), "has no shape at 'a'"),
        (of({"a": row(-4, 0)}, 4), "has no place in the file for 'a': [-4, 0]"),
        (of({"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0]}}, 4), "has no place in the file for 'a'"),
        (of({"a": row(0, 8)}, 8), "gives 8 bytes to 'a', which is BF16 of [2]"),
        (of({"a": row(4, 0)}, 4), "gives -4 bytes to 'a'"),
        (of({"a": row(0, 4), "b": row(2, 6)}, 6), "places 'b' where it overlaps the one before"),
        (of({"a": row(0, 4), "b": row(6, 10)}, 10), "places 'b' where it leaves 2 bytes unused"),
        (of({"a": row(0, 4)}, 2), "places 'a' past its end: 4 of 2 bytes"),
        (of({"a": row(0, 4)}, 9), "has 5 bytes that belong to no tensor"),
    ],
)
def test_a_header_that_cannot_be_right_is_refused_with_its_reason(data: bytes, why: str) -> None:
    assert why in refused(data)


def test_a_header_that_is_not_all_there_is_refused() -> None:
    data = safetensors(TENSORS)
    with pytest.raises(HeaderError, match="is cut off: 92 of "):
        parse(data[:100], len(data))


def test_a_name_of_many_characters_does_not_fill_the_screen() -> None:
    assert len(refused(of({"a" * 10_000: 3}, 0))) < 150


def put(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


@pytest.mark.parametrize("count", [1, 3])
def test_a_directory_adds_up_to_what_its_config_makes(count: int, tmp_path: Path) -> None:
    found = folder(put(tmp_path, repository(count)))
    assert found is not None
    assert (found.size, dict(found.by_dtype), len(found.files)) == (TOTAL, {"BF16": TOTAL}, count)


def test_a_directory_without_safetensors_says_nothing(tmp_path: Path) -> None:
    assert folder(put(tmp_path, {"config.json": json.dumps(CONFIG).encode(), "pytorch_model.bin": b"x"})) is None


def test_a_missing_shard_is_an_error_of_the_disk(tmp_path: Path) -> None:
    put(tmp_path, sharded(TENSORS, 2))
    (tmp_path / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="model-00002"):
        folder(tmp_path)


def test_a_torn_shard_is_named(tmp_path: Path) -> None:
    put(tmp_path, sharded(TENSORS, 2))
    shard = tmp_path / "model-00002-of-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:40])
    with pytest.raises(HeaderError, match=r"^model-00002-of-00002\.safetensors: says that its header has"):
        folder(tmp_path)


def test_a_tensor_that_is_not_in_its_shard_is_found(tmp_path: Path) -> None:
    put(tmp_path, sharded(TENSORS, 2))
    (tmp_path / "model-00001-of-00002.safetensors").write_bytes(safetensors({"other": (2,)}))
    with pytest.raises(HeaderError, match=r"has no tensor 'lm_head\.weight', which"):
        folder(tmp_path)


@pytest.mark.parametrize(
    ("index", "why"),
    [
        ({}, "has no weight_map"),
        ({"weight_map": []}, "has no weight_map"),
        ({"weight_map": {"a": "../../etc/x.safetensors"}}, "no safetensors file beside it"),
        ({"weight_map": {"a": "a.bin"}}, "no safetensors file beside it"),
        ({"weight_map": {"a": 1}}, "no safetensors file beside it"),
    ],
)
def test_an_index_that_cannot_be_right_is_refused(index: dict[str, Any], why: str) -> None:
    with pytest.raises(HeaderError, match=why):
        shards(json.dumps(index).encode())
