"""The chart as a still picture, for a page without script and for print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from antagonist.report.images import svg_text
from antagonist.report.moments import MOST_TICKS, tick_step_h
from antagonist.report.panels import thinned
from antagonist.web.chart.curves import moments, unit_of
from antagonist.web.chart.model import LANES, Chart, Happening, Lane, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOW_LINE = 50  # percent: a line's name stands over it where it is low
PLATE = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.0}
WIDTH_IN, CURVES_IN, LANE_IN, EDGE_IN = 8.6, 2.9, 0.24, 0.55
BLUE, BLACK, GREY = "#0b5394", "#14222e", "#4a5b6a"  # as the pages have them
FEW_TICKS = 8  # a whole date needs room
DASHES: Mapping[str, tuple[int, tuple[float, ...]]] = {
    "protected": (0, (6, 3)),
    "blunted": (0, (1, 2)),
    "danger": (0, (4, 2, 1, 2)),
}
# marker, and whether it is filled
MARKS: Mapping[str, tuple[str, bool]] = {
    "observed": ("^", True),
    "given": ("^", True),
    "reported": ("v", True),
    "missed": ("o", False),
    "refused": ("o", False),
    "held": ("o", False),
    "no_word": ("s", False),
    "skipped": ("x", True),
    "moved": ("x", True),
    "what_if": ("D", True),
    "planned": ("^", False),
}


def chart_svg(
    chart: Chart, words: Mapping[str, str], description: str, quantity: str = "blocked_subjective"
) -> str:
    """The chart as one SVG element with title and description, for the page or for ``img``.

    words: as ``chart_words`` gives them. description: the paragraph of the page that says the same.
    """
    from matplotlib.figure import Figure

    lanes = lanes_of(chart.happenings)
    below_in = LANE_IN * max(len(lanes), 1)
    height_in = CURVES_IN + below_in + 2.4 * EDGE_IN
    figure = Figure(figsize=(WIDTH_IN, height_in))
    left, width = 1.15 / WIDTH_IN, (WIDTH_IN - 1.6) / WIDTH_IN
    curves = figure.add_axes(
        (left, (below_in + 1.65 * EDGE_IN) / height_in, width, CURVES_IN / height_in)
    )
    marks = figure.add_axes(
        (left, 1.1 * EDGE_IN / height_in, width, below_in / height_in), sharex=curves
    )
    _curves(curves, chart, words, quantity)
    _lanes(marks, chart, words, lanes)
    _time(curves, marks, chart, words)
    handles, labels = curves.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="lower center", ncols=3, fontsize=8, frameon=False)
    return svg_text(figure, words[f"quantity.{quantity}"], description)


def lanes_of(happenings: Sequence[Happening]) -> tuple[Lane, ...]:
    """Lanes with a mark, in their order."""
    return tuple(lane for lane in LANES if any(mark.lane == lane for mark in happenings))


def _curves(axes: Axes, chart: Chart, words: Mapping[str, str], quantity: str) -> None:
    unit = unit_of(quantity)
    series = chart.series.get(quantity)
    title = f"{words[f'quantity.{quantity}']}, {words.get(f'unit.{unit}', unit)}"
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", pad=14)
    if series is None:
        text = words[f"empty.{chart.empty or 'no_model'}"]
        axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes, wrap=True)
        axes.set_yticks([])
        return
    _band(axes, chart, series, words)
    if unit == "%":
        axes.set_ylim(0, 103)
    for line in (line for line in chart.lines if line.quantity == quantity):
        axes.axhline(line.value, color=BLACK, linewidth=1.1, linestyle=DASHES[line.name])
        over = line.value < LOW_LINE
        axes.annotate(
            f"{words[f'line.{line.name}']} {line.value:.0f}", (0.0, line.value), fontsize=8,
            xytext=(4, 3 if over else -3), va="bottom" if over else "top",
            xycoords=("axes fraction", "data"), textcoords="offset points", bbox=PLATE,
        )  # fmt: skip
    until = chart.until("nothing_more")
    if until is not None and until.at is not None and quantity.startswith("blocked_"):
        at: Any = until.at
        axes.plot([at], [until.blocked_percent], "D", color=BLACK, markersize=5, zorder=5)
    axes.grid(True, color="#dddddd", linewidth=0.5)


def _band(axes: Axes, chart: Chart, series: Series, words: Mapping[str, str]) -> None:
    kept = thinned(series.quantiles)
    times = moments(chart.grid)
    known: Any = [times[series.first + int(n)] for n in kept]
    q05, q25, q50, q75, q95 = series.quantiles[:, kept]
    axes.fill_between(known, q05, q95, color=BLUE, alpha=0.16, linewidth=0, label=words["band_90"])
    axes.fill_between(known, q25, q75, color=BLUE, alpha=0.34, linewidth=0, label=words["band_50"])
    axes.plot(known, q50, color=BLUE, linewidth=1.8, label=words["median"])


def _lanes(axes: Axes, chart: Chart, words: Mapping[str, str], lanes: Sequence[Lane]) -> None:
    for mark in chart.happenings:
        shape, filled = MARKS.get(mark.status or "", ("o", True))
        at: Any = mark.at
        axes.plot(
            [at], [lanes.index(mark.lane)], shape, color=BLACK, markersize=4.5,
            markerfacecolor=BLACK if filled else "white", markeredgewidth=1.0,
        )  # fmt: skip
    axes.set_yticks(range(len(lanes)), [words[f"lane.{lane}"] for lane in lanes], fontsize=8)
    axes.set_ylim(max(len(lanes), 1) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _time(curves: Axes, marks: Axes, chart: Chart, words: Mapping[str, str]) -> None:
    known: Sequence[Any] = moments(chart.grid)
    curves.set_xlim(known[0], known[-1])
    ticks = _days(chart)
    shown: Any = [at for at, _ in ticks]
    marks.set_xticks(shown, [label for _, label in ticks], fontsize=8)
    curves.tick_params(labelbottom=False, labelsize=8)
    now: Any = chart.at
    curves.annotate(
        words["now"], (now, 1.0), xytext=(0, 2), fontsize=8, fontweight="bold", ha="center",
        va="bottom", xycoords=("data", "axes fraction"), textcoords="offset points",
    )  # fmt: skip
    for axes in (curves, marks):
        axes.axvspan(now, known[-1], color=GREY, alpha=0.07, linewidth=0)
        axes.axvline(now, color=BLACK, linewidth=1.2)


def _days(chart: Chart) -> list[tuple[datetime, str]]:
    """Midnights of the clinic's zone, a few of them; dates that read the same everywhere."""
    zone = ZoneInfo(chart.zone)
    span_h = chart.grid.step_h * (chart.grid.count - 1)
    step = max(tick_step_h(span_h * MOST_TICKS / FEW_TICKS) // 24, 1)
    local = chart.grid.start.astimezone(zone)
    days = [local + timedelta(days=n) for n in range(0, span_h // 24 + 1, step)]
    return [(day, f"{day:%Y-%m-%d}") for day in days]
