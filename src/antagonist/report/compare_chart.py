"""The chart of a comparison: dots and intervals, one row for each regimen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from antagonist.planning.compare import Comparison, Protection
from antagonist.report.compare_text import chart_amount, protected_line, span, title_of
from antagonist.report.numbers import PHYSIOLOGICAL, SUBJECTIVE, percent
from antagonist.report.panels import BLACK, LOOKS
from antagonist.report.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_INCHES, ROW_INCHES, FRAME_INCHES = 11.7, 0.56, 2.1
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


def compare_figure(found: Comparison, words: Wording) -> Figure:
    """Draw a comparison: time protected, weakest hour, protection after the last dose.

    Returns a figure that belongs to no window and no global state.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = len(found.regimens)
    figure = Figure(figsize=(WIDTH_INCHES, FRAME_INCHES + ROW_INCHES * count), layout="constrained")
    FigureCanvasAgg(figure)
    panels = list(figure.subplots(1, 3, sharey=True, gridspec_kw={"width_ratios": (1, 1, 1.25)}))
    figure.suptitle(words.text("compare.title"), fontsize=11, fontweight="bold")
    for n, row in enumerate(found.regimens):
        for part in row.protection:
            _draw_shares(panels, n, part)
            _draw_lasting(panels[2], n, part)
        if not row.protection:
            for axes in panels:
                _no_data(axes, n, words)
    _rows(panels[0], found, words)
    _axes(panels, found, words)
    _key(figure, found, words)
    return figure


def _interval(axes: Axes, y: float, ends: Sequence[float], dot: float, mark: _Mark) -> None:
    axes.plot(ends, [y, y], color=mark.colour, linestyle=mark.line, linewidth=1.6)
    axes.plot(ends, [y, y], "|", color=mark.colour, markersize=6)
    axes.plot(
        [dot], [y], mark.marker, color=mark.colour, markerfacecolor=mark.face, markersize=6.5,
        zorder=4, clip_on=False,
    )  # fmt: skip


def _draw_shares(panels: Sequence[Axes], n: int, part: Protection) -> None:
    mark = MARKS[part.endpoint]
    for axes, values in zip(panels, (part.time_protected, part.weakest.blocked), strict=False):
        ends = (100 * values.low, 100 * values.high)
        _interval(axes, n + mark.offset, ends, 100 * values.median, mark)


def _draw_lasting(axes: Axes, n: int, part: Protection) -> None:
    mark, found = MARKS[part.endpoint], part.after_last_dose
    y = n + mark.offset
    beyond = found.searched_h
    ends = [beyond if h is None else max(h, SHORTEST_H) for h in (found.at_least_h, found.median_h)]
    _interval(axes, y, ends, ends[1], mark)
    for at_h, hours in zip(ends, (found.at_least_h, found.median_h), strict=True):
        arrow = ">" if hours is None else "<" if hours < SHORTEST_H else ""
        if arrow:
            axes.plot([at_h], [y], arrow, color=BLACK, markersize=4, zorder=5, clip_on=False)


def _no_data(axes: Axes, n: int, words: Wording) -> None:
    axes.text(
        0.5, n, words.text("no_data"), transform=axes.get_yaxis_transform(), ha="center",
        va="center", fontsize=8.5, style="italic", color=GREY,
    )  # fmt: skip


def _rows(axes: Axes, found: Comparison, words: Wording) -> None:
    count = len(found.regimens)
    labels = [f"{title_of(row, words)}\n{chart_amount(row, words)}" for row in found.regimens]
    axes.set_yticks(range(count), labels, fontsize=8)
    axes.set_ylim(count - 0.5, -0.5)


def _axes(panels: Sequence[Axes], found: Comparison, words: Wording) -> None:
    for axes, key in zip(panels, ("share", "weakest", "lasting"), strict=True):
        axes.set_title(words.text(f"compare.chart_{key}"), fontsize=9.5, loc="left")
        axes.tick_params(axis="x", labelsize=8)
        axes.tick_params(axis="y", length=0)
        axes.grid(True, axis="x", color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        for n in range(len(found.regimens)):
            if n % 2:
                axes.axhspan(n - 0.5, n + 0.5, color="#f4f4f4", zorder=0, linewidth=0)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
    panels[2].set_xlabel(words.text("compare.chart_log"), fontsize=8)
    for axes in panels[:2]:
        axes.set_xlabel("%", fontsize=8)
        axes.set_xlim(-2, 102)
        axes.set_xticks(range(0, 101, 20))
    line = found.threshold.blocked_fraction
    panels[1].axvline(100 * line, color=BLACK, linestyle=":", linewidth=1.3)
    panels[1].annotate(
        words.text("chart.threshold", percent=percent(line)),
        (100 * line, 0.0), xycoords=("data", "axes fraction"), xytext=(-3, 3),
        textcoords="offset points", ha="right", fontsize=7.5, color=BLACK,
    )  # fmt: skip
    searched = [p.after_last_dose.searched_h for row in found.regimens for p in row.protection]
    end_h = max([*searched, 2 * SHORTEST_H])
    ticks = [h for h in TICKS_H if h <= end_h]
    panels[2].set_xscale("log")
    panels[2].set_xlim(SHORTEST_H, end_h * 1.1)
    panels[2].set_xticks(ticks, [span(h, words) for h in ticks])
    panels[2].set_xticks([], minor=True)


def _key(figure: Figure, found: Comparison, words: Wording) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [], [], color=mark.colour, marker=mark.marker, markerfacecolor=mark.face,
            linestyle=mark.line, linewidth=1.6,
        )
        for mark in MARKS.values()
    ]  # fmt: skip
    handles.append(Line2D([], [], color=GREY, marker="|", linewidth=1.6))
    handles.append(Line2D([], [], color=BLACK, marker="<", linestyle="", markersize=4))
    labels = [
        f"{words.name('endpoint', name)} ({words.text('compare.legend_dot')})" for name in MARKS
    ]
    labels += [words.text("compare.legend_bar"), words.text("compare.legend_arrow")]
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=2,
        fontsize=8,
        frameon=False,
        title=protected_line(found, words),
        title_fontsize=8,
    )
