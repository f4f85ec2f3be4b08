"""Pictures: the same bytes for the same values, whole files or none, and errors that say what to do."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dreamc.cost.chart import Bars, Chart, Line, Mark, apart, kind_of, render, write
from dreamc.errors import DreamError

LINES = Chart(
    "Cost of a month, $5 against $6",
    "requests per day",
    "USD per month",
    (
        Line("own card", ((1, 20), (100, 22), (500, 30), (500, 50)), ((1, 15, 25), (500, 40, 60))),
        Line("API", ((1, 0.5), (500, 50))),
    ),
    (Mark(220, "220 per day"),),
    "Assumes 1,500 tokens in and 300 out per request.",
)
BARS = Chart("Savings", "policy", "USD per month", (
    Bars("cloud", (("ours", 3.0), ("random", 5.0)), ((2.0, 4.0), (4.0, 6.0))),
    Bars("local", (("ours", 1.0), ("random", 1.0))),
))  # fmt: skip

mpl = pytest.importorskip("matplotlib")


@pytest.mark.parametrize("kind", ["svg", "png"])
@pytest.mark.parametrize("chart", [LINES, BARS, replace(BARS, stacked=True), replace(LINES, y_scale="log")])
def test_the_same_values_give_the_same_bytes(chart: Chart, kind: str) -> None:
    assert render(chart, kind) == render(chart, kind)


def test_other_values_give_another_picture() -> None:
    assert render(LINES, "svg") != render(replace(LINES, title="Other"), "svg")


def test_an_svg_is_xml_without_date_or_version() -> None:
    text = render(LINES, "svg").decode()
    assert ET.fromstring(text).tag.endswith("svg")
    assert mpl.__version__ not in text
    assert "dc:date" not in text
    assert "Matplotlib v" not in text


def test_a_png_names_no_software() -> None:
    content = render(LINES, "png")
    assert content.startswith(b"\x89PNG")
    assert b"Software" not in content


def test_the_settings_of_matplotlib_are_left_as_they_were() -> None:
    before = dict(mpl.rcParams)
    render(LINES, "svg")
    assert dict(mpl.rcParams) == before


def test_the_users_own_settings_change_no_byte() -> None:
    plain = render(LINES, "svg")
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.hashsalt": "theirs"}):
        assert render(LINES, "svg") == plain


def test_a_letter_that_the_font_lacks_and_a_dollar_sign_are_no_errors() -> None:
    assert render(replace(LINES, title="模型 costs $5 or $6_x^"), "png")


def test_a_line_that_ends_in_nothing_is_drawn_on_a_logarithmic_axis() -> None:
    chart = replace(LINES, series=(Line("free", ((1.0, 5.0), (10.0, 0.0))),), y_scale="log", marks=())
    assert render(chart, "svg")


def test_values_below_zero_and_days_as_ticks_are_drawn() -> None:
    ticks = ((0.0, "1 Nov"), (1.0, "2 Nov"))
    chart = Chart("Saved", "day", "USD", (Line("saved", ((0.0, -1.0), (1.0, 2.0))),), ticks=ticks)
    assert render(chart, "svg") != render(replace(chart, ticks=()), "svg")


def test_no_series_at_all_is_an_empty_picture() -> None:
    assert render(replace(LINES, series=(), marks=()), "svg")


def test_the_suffix_decides_and_the_case_of_it_does_not_matter(tmp_path: Path) -> None:
    write(LINES, tmp_path / "a.SVG")
    write(LINES, tmp_path / "a.png")
    assert (tmp_path / "a.SVG").read_bytes() == render(LINES, "svg")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.SVG", "a.png"]


@pytest.mark.parametrize("name", ["a.pdf", "a", "svg"])
def test_another_suffix_says_which_ones_there_are(name: str) -> None:
    with pytest.raises(DreamError) as told:
        kind_of(Path(name))
    assert "end in .svg or .png" in told.value.remedy


def test_a_folder_that_is_not_there_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(DreamError, match="cannot be written: no such file"):
        write(LINES, tmp_path / "none" / "a.svg")
    (tmp_path / "a.svg").mkdir()
    with pytest.raises(DreamError, match="cannot be written"):
        write(LINES, tmp_path / "a.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]


def test_without_matplotlib_the_remedy_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(DreamError) as told:
        render(LINES, "svg")
    assert told.value.remedy == "pip install 'dreamc[charts]'"


@given(st.lists(st.floats(0, 1), max_size=8))
def test_labels_keep_their_distance_and_their_order(heights: list[float]) -> None:
    placed = apart(tuple(sorted(heights)), 0.05)
    assert all(high - low >= 0.05 - 1e-9 for low, high in pairwise(placed))
    assert all(-1e-9 <= height <= 1 + 1e-9 for height in placed)
