"""DreamError: what happened, the state, the remedy."""

from __future__ import annotations

import pickle

import pytest

from dreamc.errors import DreamError


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("the disk is full",), "the disk is full"),
        (("the disk is full", "nothing was written"), "the disk is full; nothing was written"),
        (("the disk is full", "", "make room"), "the disk is full; make room"),
        (("the disk is full", "nothing was written", "make room"), "the disk is full; nothing was written; make room"),
    ],
)
def test_an_error_reads_as_one_line_of_the_parts_it_has(parts: tuple[str, ...], text: str) -> None:
    assert str(DreamError(*parts)) == text


def test_an_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(DreamError("a", "b", "c")))
    assert (error.what, error.state, error.remedy) == ("a", "b", "c")
