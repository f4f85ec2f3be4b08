"""Bytes on disk: size, encoding and existence are checked before anything is parsed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamc.document.load import decode, load
from dreamc.document.read import LARGEST
from tests.unit.document.sample import only


def test_a_file_is_text_under_the_name_the_user_gave(tmp_path: Path) -> None:
    file = tmp_path / "dream.yaml"
    file.write_bytes(b"a: \xc3\xa9\r\n")
    source, found = load(file, "dream.yaml")
    assert (source.name, source.text, found) == ("dream.yaml", "a: é\r\n", ())


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    source, found = load(tmp_path / "nope.yaml", "nope.yaml")
    assert (source.text, only(found).code, found[0].message) == ("", "DRM001", "there is no file 'nope.yaml'")


def test_a_directory_is_a_finding(tmp_path: Path) -> None:
    assert only(load(tmp_path)[1]).code == "DRM001"


def test_a_huge_file_is_refused_by_its_size_alone(tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    with file.open("wb") as stream:
        stream.truncate(50 * 2**20)
    source, found = load(file)
    assert (source.text, only(found).code) == ("", "DRM002")
    assert "50.0 MiB" in found[0].message


def test_a_file_of_just_the_largest_size_is_read(tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    file.write_bytes(b"#" * LARGEST)
    assert load(file)[1] == ()


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decode("x", b"\xef\xbb\xbfa: 1")[0].text == "a: 1"


@pytest.mark.parametrize("data", ["a: 1".encode("utf-16"), b"\xfe\xff\x00a", b"a\x00b", b"\x7fELF\x00\x01"])
def test_binary_data_and_other_encodings_are_named(data: bytes) -> None:
    source, found = decode("x", data)
    assert (source.text, only(found).code) == ("", "DRM003")


def test_a_byte_that_is_no_utf_8_is_marked_at_its_place() -> None:
    source, found = decode("x", "a: é\nb: ".encode() + b"\xe9t\xe9", 3)
    span = only(found).span
    assert span is not None
    assert (span.source, span.start_line, span.start_column, span.end_column) == (3, 2, 4, 5)
    assert source.text == "a: é\nb: \ufffdt\ufffd"
