"""The chart of a comparison: dots and intervals, one row for each regimen."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from antagonist.pharmacology.results import Spread, Threshold
from antagonist.planning.compare import Compared, Comparison, Lasting
from antagonist.report.compare_text import chart_amount, protected_lines, span, title_of
from antagonist.report.numbers import PHYSIOLOGICAL, SUBJECTIVE, percent
from antagonist.report.panels import BLACK, LOOKS
from antagonist.report.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_INCHES, ROW_INCHES, FRAME_INCHES = 11.7, 0.56, 2.1
# One panel below the other, for a phone; a legend's line holds so many characters there.
NARROW_INCHES, NARROW_ROW_INCHES, NARROW_FRAME_INCHES, NARROW_LINE = 4.3, 0.42, 0.85, 52
SHORTEST_H = 3.0  # left end of the axis of durations
TICKS_H = (6.0, 24.0, 96.0, 14 * 24.0, 56 * 24.0, 224 * 24.0)
GREY = "#666666"


@dataclass(frozen=True)
class _Mark:
    """How one endpoint is drawn: colour, marker, filling, line and place in its row."""

    colour: str
    marker: str
    face: str
    line: Literal["-"] | tuple[float, tuple[float, float]]
    offset: float


MARKS: Mapping[str, _Mark] = {
    "subjective": _Mark(LOOKS[SUBJECTIVE].colour, "o", LOOKS[SUBJECTIVE].colour, "-", -0.17),
    "physiological": _Mark(LOOKS[PHYSIOLOGICAL].colour, "s", "white", (0, (3, 1.2)), 0.17),
}


@dataclass(frozen=True)
class Bar:
    """What a regimen comes to on one endpoint; None where there is no figure, never zero.

    protected: share of time. weakest: share blocked in the weakest hour.
    """

    endpoint: str
    protected: Spread | None
    weakest: Spread | None
    after_last: Lasting | None


@dataclass(frozen=True)
class Row:
    """A regimen in the chart. title, note: its two lines. absent: why it has no shares."""

    title: str
    note: str
    bars: tuple[Bar, ...]
    absent: str


def compare_figure(found: Comparison, words: Wording) -> Figure:
    """Draw a comparison: time protected, weakest hour, protection after the last dose.

    Returns a figure that belongs to no window and no global state.
    """
    rows = [_row(row, words) for row in found.regimens]
    return regimens_figure(rows, found.threshold, words, words.text("compare.title"))


def _row(row: Compared, words: Wording) -> Row:
    bars = tuple(
        Bar(p.endpoint, p.time_protected, p.weakest.blocked, p.after_last_dose)
        for p in row.protection
    )
    return Row(title_of(row, words), chart_amount(row, words), bars, words.text("no_data"))


def regimens_figure(
    rows: Sequence[Row], line: Threshold, words: Wording, title: str, *, narrow: bool = False
) -> Figure:
    """Draw regimens by their figures, as ``compare_figure`` does.

    rows: at least one. line: what counts as protected. words: those of ``compare``.
    narrow: the panels below each other, as wide as a phone.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size_inches(len(rows), narrow=narrow), layout="constrained")
    FigureCanvasAgg(figure)
    panels: list[Axes]
    if narrow:
        panels = list(figure.subplots(3, 1))
    else:
        ratios = {"width_ratios": (1, 1, 1.25)}
        panels = list(figure.subplots(1, 3, sharey=True, gridspec_kw=ratios))
    figure.suptitle(title, fontsize=11, fontweight="bold")
    marks = _marks(rows)
    for n, row in enumerate(rows):
        for bar in row.bars:
            _draw_shares(panels, n, bar, marks[bar.endpoint])
            _draw_lasting(panels[2], n, bar, marks[bar.endpoint])
        _absent(panels, n, row, words)
    for axes in panels if narrow else panels[:1]:
        _rows(axes, rows)
    # a title begins over its panel's left end, where it has the room
    _axes(panels, rows, line, words, "right" if narrow else "left")
    _key(figure, marks, line, words, NARROW_LINE if narrow else None)
    return figure


def size_inches(rows: int, *, narrow: bool = False) -> tuple[float, float]:
    """Width and height of ``regimens_figure`` for a number of rows."""
    if narrow:
        panel = NARROW_FRAME_INCHES + NARROW_ROW_INCHES * rows
        return NARROW_INCHES, FRAME_INCHES + 3 * panel
    return WIDTH_INCHES, FRAME_INCHES + ROW_INCHES * rows


def _marks(rows: Sequence[Row]) -> dict[str, _Mark]:
    """Marks of the endpoints that are drawn; one alone stands in the middle of its row."""
    drawn = {bar.endpoint for row in rows for bar in row.bars}
    found = {name: mark for name, mark in MARKS.items() if name in drawn}
    return found if len(found) > 1 else {n: replace(m, offset=0.0) for n, m in found.items()}


def _interval(axes: Axes, y: float, ends: Sequence[float], dot: float, mark: _Mark) -> None:
    axes.plot(ends, [y, y], color=mark.colour, linestyle=mark.line, linewidth=1.6)
    axes.plot(ends, [y, y], "|", color=mark.colour, markersize=6)
    axes.plot(
        [dot], [y], mark.marker, color=mark.colour, markerfacecolor=mark.face, markersize=6.5,
        zorder=4, clip_on=False,
    )  # fmt: skip


def _draw_shares(panels: Sequence[Axes], n: int, bar: Bar, mark: _Mark) -> None:
    for axes, values in zip(panels, (bar.protected, bar.weakest), strict=False):
        if values is not None:
            ends = (100 * values.low, 100 * values.high)
            _interval(axes, n + mark.offset, ends, 100 * values.median, mark)


def _draw_lasting(axes: Axes, n: int, bar: Bar, mark: _Mark) -> None:
    found = bar.after_last
    if found is None:
        return
    y, beyond = n + mark.offset, found.searched_h
    ends = [beyond if h is None else max(h, SHORTEST_H) for h in (found.at_least_h, found.median_h)]
    _interval(axes, y, ends, ends[1], mark)
    for at_h, hours in zip(ends, (found.at_least_h, found.median_h), strict=True):
        arrow = ">" if hours is None else "<" if hours < SHORTEST_H else ""
        if arrow:
            axes.plot([at_h], [y], arrow, color=BLACK, markersize=4, zorder=5, clip_on=False)


def _absent(panels: Sequence[Axes], n: int, row: Row, words: Wording) -> None:
    """Say in each panel why a regimen has nothing there."""
    picked: Sequence[Sequence[object]] = (
        [bar.protected for bar in row.bars], [bar.weakest for bar in row.bars],
        [bar.after_last for bar in row.bars],
    )  # fmt: skip
    reasons = (row.absent, row.absent, words.text("no_data"))
    for axes, values, reason in zip(panels, picked, reasons, strict=True):
        if all(value is None for value in values):
            axes.text(
                0.5, n, reason, transform=axes.get_yaxis_transform(), ha="center",
                va="center", fontsize=8.5, style="italic", color=GREY,
            )  # fmt: skip


def _rows(axes: Axes, rows: Sequence[Row]) -> None:
    labels = [f"{row.title}\n{row.note}" for row in rows]
    axes.set_yticks(range(len(rows)), labels, fontsize=8)
    axes.set_ylim(len(rows) - 0.5, -0.5)


def _axes(
    panels: Sequence[Axes],
    rows: Sequence[Row],
    line: Threshold,
    words: Wording,
    titles: Literal["left", "right"],
) -> None:
    for axes, key in zip(panels, ("share", "weakest", "lasting"), strict=True):
        axes.set_title(words.text(f"compare.chart_{key}"), fontsize=9.5, loc=titles)
        axes.tick_params(axis="x", labelsize=8)
        axes.tick_params(axis="y", length=0)
        axes.grid(True, axis="x", color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        for n in range(len(rows)):
            if n % 2:
                axes.axhspan(n - 0.5, n + 0.5, color="#f4f4f4", zorder=0, linewidth=0)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
    panels[2].set_xlabel(words.text("compare.chart_log"), fontsize=8)
    for axes in panels[:2]:
        axes.set_xlabel("%", fontsize=8)
        axes.set_xlim(-2, 102)
        axes.set_xticks(range(0, 101, 20))
    share = line.blocked_fraction
    panels[1].axvline(100 * share, color=BLACK, linestyle=":", linewidth=1.3)
    panels[1].annotate(
        words.text("chart.threshold", percent=percent(share)),
        (100 * share, 0.0), xycoords=("data", "axes fraction"), xytext=(-3, 3),
        textcoords="offset points", ha="right", fontsize=7.5, color=BLACK,
    )  # fmt: skip
    lasts = [bar.after_last for row in rows for bar in row.bars]
    end_h = max([2 * SHORTEST_H, *(found.searched_h for found in lasts if found is not None)])
    ticks = [h for h in TICKS_H if h <= end_h]
    panels[2].set_xscale("log")
    panels[2].set_xlim(SHORTEST_H, end_h * 1.1)
    panels[2].set_xticks(ticks, [span(h, words) for h in ticks])
    panels[2].set_xticks([], minor=True)


def _key(
    figure: Figure,
    marks: Mapping[str, _Mark],
    line: Threshold,
    words: Wording,
    wrapped: int | None,
) -> None:
    """wrapped: characters of a line; None = as long as it is, in two columns."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [], [], color=mark.colour, marker=mark.marker, markerfacecolor=mark.face,
            linestyle=mark.line, linewidth=1.6,
        )
        for mark in marks.values()
    ]  # fmt: skip
    handles.append(Line2D([], [], color=GREY, marker="|", linewidth=1.6))
    handles.append(Line2D([], [], color=BLACK, marker="<", linestyle="", markersize=4))
    labels = [
        f"{words.name('endpoint', name)} ({words.text('compare.legend_dot')})" for name in marks
    ]
    labels += [words.text("compare.legend_bar"), words.text("compare.legend_arrow")]
    meaning = protected_lines(line, words, both=len(marks) > 1)
    if wrapped is not None:
        labels, meaning = (
            [textwrap.fill(x, wrapped) for x in labels],
            textwrap.fill(meaning, wrapped),
        )
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=2 if wrapped is None else 1,
        fontsize=8,
        frameon=False,
        title=meaning,
        title_fontsize=8,
    )
