"""docs/prices.md says what the two sources say of every shipped model. `UPDATE=1` writes it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from dreamc.cost.prices import Compared, Seen, shipped, version
from dreamc.cost.prices_text import page
from dreamc.knowledge.prices import KINDS, cloud_model_ids
from dreamc.knowledge.table import table

pytest.importorskip("genai_prices")
DAY = table("prices/anthropic.yaml").header["checked"]


@pytest.fixture(scope="module")
def found() -> Sequence[Compared]:
    return shipped(date.fromisoformat(DAY))


def test_every_shipped_model_agrees_or_its_difference_stands_on_the_page(found: Sequence[Compared], root: Path) -> None:
    path = root / "docs" / "prices.md"
    made = page(found, version(), DAY)
    if os.environ.get("UPDATE"):
        path.write_text(made, encoding="utf-8")
    written = path.read_text(encoding="utf-8")
    if f"genai-prices {version()} " not in written:
        pytest.skip(f"the page is of another genai-prices than {version()}")
    assert written == made


def test_the_page_names_every_model_that_is_not_the_same_in_both(found: Sequence[Compared]) -> None:
    assert len(found) == sum(len(cloud_model_ids(kind)) for kind in KINDS)
    text = page(found, "1", DAY)
    for one in found:
        if one.differences or not isinstance(one.second, Seen):
            assert one.id in text
    assert "| anthropic | claude-sonnet-4-5 | 3/15 |" in text


def test_no_shipped_price_is_ten_times_off(found: Sequence[Compared]) -> None:
    assert [one.id for one in found if any(line.endswith("times") for line in one.differences)] == []
