"""The short and the long ways to write down graphics cards."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from dreamc.document.scalars import GpuRequest, Gpus

_GPUS = TypeAdapter(Gpus)


@pytest.mark.parametrize(
    ("value", "cards"),
    [
        ("rtx-4070", (GpuRequest(1, "rtx-4070"),)),
        ("2 x h200", (GpuRequest(2, "h200"),)),
        ("8x h200", (GpuRequest(8, "h200"),)),
        ("2 × RTX 4090", (GpuRequest(2, "RTX 4090"),)),
        ("4090", (GpuRequest(1, "4090"),)),
        ({"model": "t4", "count": 2, "memory": "15 GiB"}, (GpuRequest(2, "t4", 15 * 2**30),)),
        ({"model": "t4", "capability": 8.9}, (GpuRequest(1, "t4", None, "8.9"),)),
        ({"model": "t4", "capability": "12.0"}, (GpuRequest(1, "t4", None, "12.0"),)),
        (["rtx-3090", "2 x t4"], (GpuRequest(1, "rtx-3090"), GpuRequest(2, "t4"))),
        ([], ()),
        (GpuRequest(1, "t4", 2**30, "7.5"), (GpuRequest(1, "t4", 2**30, "7.5"),)),
    ],
)
def test_every_way_of_writing_cards_gives_the_same_requests(value: object, cards: tuple[GpuRequest, ...]) -> None:
    assert _GPUS.validate_python(value) == cards
    assert hash(_GPUS.validate_python(value)) == hash(cards)


@pytest.mark.parametrize(
    ("value", "place", "code"),
    [
        ("0 x h200", (0,), "DRM114"),
        ("10000 x h200", (0,), "DRM107"),
        ({"model": "t4", "count": 10000}, (0, "count"), "less_than_equal"),
        ("", (0,), "DRM114"),
        (4, (0,), "DRM114"),
        (["h200", None], (1,), "DRM114"),
        ({"model": "t4", "memory": 15}, (0, "memory"), "DRM108"),
        ([{"model": "t4", "count": 0}], (0, "count"), "greater_than_equal"),
        ([{"model": "t4", "count": True}], (0, "count"), "int_type"),
        ([{"model": "t4", "capability": "high"}], (0, "capability"), "DRM110"),
        ([{"count": 1}], (0, "model"), "missing"),
        ([{"model": "t4", "cuont": 1}], (0, "cuont"), "extra_forbidden"),
    ],
)
def test_a_wrong_card_is_reported_where_it_is_wrong(value: object, place: tuple[str | int, ...], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _GPUS.validate_python(value)
    (error,) = caught.value.errors()
    assert (error["loc"], error["type"]) == (place, code)


def test_the_json_schema_offers_one_card_or_a_list() -> None:
    options = _GPUS.json_schema()["anyOf"]
    assert [option.get("type") for option in options] == [None, "array"]


@pytest.mark.parametrize(("card", "text"), [(GpuRequest(1, "t4"), "t4"), (GpuRequest(2, "t4"), "2 x t4")])
def test_a_request_reads_as_it_is_written(card: GpuRequest, text: str) -> None:
    assert str(card) == text


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("rtx-4090 x2", "write 2 x rtx-4090"),
        ("RTX 4090 x 8", "write 8 x RTX 4090"),
        ("h200*4", "write 4 x h200"),
        ("rtx-4090, rtx-3090", "write [rtx-4090, rtx-3090]"),
    ],
)
def test_what_people_write_for_several_cards_is_turned_round(text: str, help: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _GPUS.validate_python(text)
    (error,) = caught.value.errors()
    assert (error["type"], error["ctx"]["help"]) == ("DRM114", help)
