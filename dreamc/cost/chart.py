"""Pictures of what things cost: lines with bands and bars, as SVG or PNG, the same bytes for the same values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import BytesIO
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from dreamc.errors import DreamError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Scale = Literal["linear", "log"]
KINDS = ("svg", "png")
# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/) without its yellow, which paper swallows. With every
# colour goes a dash and a marker, so that a grey print still tells the series apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)), (0, (3, 1.5)), (0, (9, 2, 1, 2, 1, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "//", "..", "\\\\", "xx", "--", "++")
INK, FAINT = "#222222", "#6b6b6b"
GAP = 0.055
"""Share of the height that a label takes."""


class Line(Struct, frozen=True):
    """A series over a numeric axis: (x, y) in the units of the axes; `band` is (x, low, high) around it."""

    name: str
    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float, float], ...] = ()


class Bars(Struct, frozen=True):
    """A series over names: (name, value) with the value in the unit of the y axis; `band` is (low, high) of each."""

    name: str
    values: tuple[tuple[str, float], ...]
    band: tuple[tuple[float, float], ...] = ()


class Mark(Struct, frozen=True):
    """A vertical line at `x`, in the unit of the x axis (with bars: the number of the name, from 0), and its label."""

    x: float
    label: str


class Chart(Struct, frozen=True):
    """One picture. The labels of the axes carry their units; `note` is the line of assumptions below the picture.

    `ticks` replaces the numbers of the x axis by names at these places, days for instance; bars need none. Bars of
    several series stand beside each other, or on each other where they are `stacked`. A logarithmic axis leaves out
    what is not above 0.
    """

    title: str
    x: str
    y: str
    series: tuple[Line | Bars, ...]
    marks: tuple[Mark, ...] = ()
    note: str = ""
    ticks: tuple[tuple[float, str], ...] = ()
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"
    stacked: bool = False


def write(chart: Chart, path: Path) -> None:
    """Write the picture to `path`, whole or not at all. DreamError: another suffix, no matplotlib, a full disk."""
    content = render(chart, kind_of(path))
    part = path.with_name(f".dreamc-{path.name}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = (error.strerror or "unknown error").lower()
        raise DreamError(f"{path} cannot be written: {reason}", "no picture was written") from None


def kind_of(path: Path) -> str:
    """`svg` or `png`, by the suffix. Ask before a long calculation. DreamError: it is neither."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        what = f"'{path.name}' does not say which picture it is"
        raise DreamError(what, "nothing was written", "let the name end in .svg or .png")
    return kind


def render(chart: Chart, kind: str) -> bytes:
    """The picture as bytes of an SVG or PNG file; neither date nor version is in them."""
    import warnings

    matplotlib = _matplotlib()
    out = BytesIO()
    with warnings.catch_warnings(), matplotlib.rc_context():
        warnings.simplefilter("ignore")  # of a letter that the font lacks, for one
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_style())
        figure = _drawn(chart)
        empty = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
        figure.savefig(out, format=kind, metadata=empty)
    return out.getvalue()


def _matplotlib() -> Any:
    try:
        import matplotlib as mpl
    except ImportError:
        what = "a picture needs matplotlib, which is not installed"
        raise DreamError(what, "nothing was written", "pip install 'dreamc[charts]'") from None
    return mpl


def _style() -> Mapping[str, Any]:
    return {
        "svg.hashsalt": "dreamc", "svg.fonttype": "path", "text.parse_math": False,
        "font.family": ["DejaVu Sans"], "font.size": 10, "axes.unicode_minus": True,
        "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": FAINT, "xtick.color": INK, "ytick.color": INK,
        "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left", "axes.titlesize": 12,
        "axes.grid": True, "axes.grid.axis": "y", "grid.color": "#dddddd", "grid.linewidth": 0.7,
        "axes.axisbelow": True, "hatch.linewidth": 0.6, "hatch.color": "white",
        "figure.facecolor": "white", "savefig.facecolor": "white", "figure.dpi": 130, "savefig.dpi": 130,
    }  # fmt: skip


def _drawn(chart: Chart) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(_wrapped(chart.title, 80), pad=10 + 14 * min(len(chart.marks), 2))
    axes.set_xlabel(chart.x)
    axes.set_ylabel(chart.y)
    axes.margins(x=0.01)
    _bars(axes, chart)
    _lines(axes, chart)
    _scales(axes, chart)
    _marks(axes, chart.marks)
    _labels(axes, chart)
    if chart.note:
        figure.supxlabel(_wrapped(chart.note, 125), x=0.01, ha="left", fontsize=8, color=FAINT)
    return figure


def _lines(axes: Axes, chart: Chart) -> None:
    for at, line in enumerate(chart.series):
        if isinstance(line, Line) and line.points:
            xs, ys = zip(*line.points, strict=True)
            marker = MARKERS[at % len(MARKERS)] if len(xs) <= 60 else ""
            colour, dash = COLOURS[at % len(COLOURS)], DASHES[at % len(DASHES)]
            axes.plot(xs, ys, color=colour, linestyle=dash, linewidth=1.8, marker=marker, markersize=4)
            if line.band:
                xs, low, high = zip(*line.band, strict=True)
                axes.fill_between(xs, low, high, color=colour, alpha=0.15, linewidth=0)


def _bars(axes: Axes, chart: Chart) -> None:
    series = [(at, bars) for at, bars in enumerate(chart.series) if isinstance(bars, Bars)]
    names = list(dict.fromkeys(chain.from_iterable((name for name, _ in bars.values) for _, bars in series)))
    width = 0.8 if chart.stacked or not series else 0.8 / len(series)
    below = dict.fromkeys(names, 0.0)
    for number, (at, bars) in enumerate(series):
        shift = 0.0 if chart.stacked else (number - (len(series) - 1) / 2) * width
        for name, value in bars.values:
            axes.bar(
                names.index(name) + shift, value, width * 0.94, bottom=below[name] if chart.stacked else 0.0,
                color=COLOURS[at % len(COLOURS)], hatch=HATCHES[at % len(HATCHES)], edgecolor="white", linewidth=0.5,
                label=bars.name if name == bars.values[0][0] else "_",
            )  # fmt: skip
        _whiskers(axes, bars, names, shift, below if chart.stacked else {})
        for name, value in bars.values:
            below[name] += value
    if names:
        axes.set_xticks(range(len(names)), names, rotation=0 if sum(map(len, names)) < 90 else 40)
    if len(series) > 1:
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _whiskers(axes: Axes, bars: Bars, names: list[str], shift: float, below: Mapping[str, float]) -> None:
    for (name, value), (low, high) in zip(bars.values, bars.band, strict=False):
        around = [[max(value - low, 0.0)], [max(high - value, 0.0)]]
        if low == high:
            continue
        axes.errorbar(
            names.index(name) + shift, value + below.get(name, 0.0), yerr=around, color=INK, capsize=4, linewidth=1.1
        )


def _scales(axes: Axes, chart: Chart) -> None:
    if chart.x_scale == "log":
        axes.set_xscale("log")
    if chart.y_scale == "log":
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]) if _below_zero(chart) else 0.0)
    axes.yaxis.set_major_formatter(lambda value, _: plain(value))
    if all(isinstance(one, Line) for one in chart.series):
        axes.xaxis.set_major_formatter(lambda value, _: plain(value))
    if chart.ticks:
        axes.set_xticks([x for x, _ in chart.ticks], [name for _, name in chart.ticks])


def plain(value: float) -> str:
    """A number of an axis without powers of ten: 0.05, 10, 2,500."""
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.6g}"


def _below_zero(chart: Chart) -> bool:
    pairs = (one.points if isinstance(one, Line) else one.values for one in chart.series)
    return any(value < 0 for _, value in chain.from_iterable(pairs))


def _marks(axes: Axes, marks: tuple[Mark, ...]) -> None:
    over = axes.get_xaxis_transform()
    for number, mark in enumerate(marks):
        axes.axvline(mark.x, color=FAINT, linewidth=1, linestyle=(0, (2, 2)))
        height = 1.01 + 0.05 * (number % 2)
        axes.text(mark.x, height, mark.label, transform=over, ha="center", va="bottom", fontsize=8, color=INK)


def _labels(axes: Axes, chart: Chart) -> None:
    """The name of every line at its right end, moved apart where two ends meet."""
    lines = [(at, one) for at, one in enumerate(chart.series) if isinstance(one, Line) and one.points]
    to_axes = axes.transData + axes.transAxes.inverted()
    reach = ((float(to_axes.transform(one.points[-1])[1]), at, one) for at, one in lines)
    ends = sorted(
        ((height if isfinite(height) else 0.0, at, one) for height, at, one in reach), key=lambda end: end[:2]
    )
    heights = apart(tuple(height for height, _, _ in ends), GAP)
    for height, (_, at, one) in zip(heights, ends, strict=True):
        colour = COLOURS[at % len(COLOURS)]
        pointer = {"arrowstyle": "-", "color": colour, "linewidth": 1, "relpos": (0.0, 0.5)}
        axes.annotate(
            _wrapped(one.name, 28), one.points[-1], xytext=(1.03, height), textcoords="axes fraction", va="center",
            fontsize=9, annotation_clip=False, arrowprops=pointer,
        )  # fmt: skip


def apart(heights: tuple[float, ...], gap: float) -> tuple[float, ...]:
    """Ascending heights (shares of the axis), moved as little as a gap between any two needs, and kept near 0 to 1."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + gap if placed else 0.0))
    over = max(placed[-1] - 1.0, 0.0) if placed else 0.0
    for number in range(len(placed) - 1, -1, -1):
        ceiling = placed[number + 1] - gap if number + 1 < len(placed) else placed[number] - over
        placed[number] = min(placed[number], ceiling)
    return tuple(placed)


def _wrapped(text: str, width: int) -> str:
    import textwrap

    return "\n".join(chain.from_iterable(textwrap.wrap(line, width) or [""] for line in text.splitlines()))
