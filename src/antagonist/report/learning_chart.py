"""The chart of what levels taught: a new patient's forecast and this patient's, over one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np

from antagonist.pharmacology.results import Forecast
from antagonist.report.charts import draw_time_axis
from antagonist.report.moments import clock_of
from antagonist.report.numbers import LEAST_LEVEL, NALTREXOL, NALTREXONE, SUBJECTIVE, percent, plain
from antagonist.report.panels import BLACK, LOOKS, thinned
from antagonist.report.phrases import course_title
from antagonist.report.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, HEIGHT_IN = 8.3, 9.4
LONGEST_TITLE = 85
# Inches: axis labels, the threshold's name, title, axis with its title, a line of the key. Places
# are fixed: a layout solver's last digits change from run to run, and the page's bytes with them.
LEFT_IN, RIGHT_IN, ABOVE_IN, AXIS_IN, LINE_IN = 0.85, 0.95, 0.55, 0.62, 0.185
KEY_COLUMNS = 2
GREY, RED = "#8a8a8a", "#b00020"
# 5th to 95th percentile of a normal error, in standard deviations.
_NINETY = 1.6449


@dataclass(frozen=True)
class Reading:
    """One measured level. quantity: ``conc_ntx`` or ``conc_6bn``.

    value_ng_per_ml: None where it was below limit_ng_per_ml. sd_ng_per_ml: of the assay's error.
    fits: whether any pattern of doses agrees with it.
    """

    time_h: float
    quantity: str
    value_ng_per_ml: float | None
    limit_ng_per_ml: float
    sd_ng_per_ml: float
    fits: bool = True


@dataclass(frozen=True)
class Chance:
    """Chance that one dose was taken: by its report alone, and after the levels."""

    time_h: float
    before: float
    after: float


def learning_figure(
    before: Forecast,
    after: Forecast,
    readings: Sequence[Reading],
    chances: Sequence[Chance],
    words: Wording,
    *,
    height_in: float = HEIGHT_IN,
) -> Figure:
    """Draw both forecasts of one course, with what was measured and which doses were taken.

    words: of the reports and of ``learning``. For professionals.
    Returns a figure that belongs to no window and no global state.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, height_in))
    FigureCanvasAgg(figure)
    grid = {"height_ratios": (1.3, 2.0, 2.0, 2.0)}
    doses, *levels, blocked = figure.subplots(4, 1, sharex=True, gridspec_kw=grid)
    name = words.text("learning.title_only")
    if after.course.title.strip():
        name = words.text("learning.title", title=course_title(after, words, "professional"))
    figure.suptitle(
        shorten(name, LONGEST_TITLE, placeholder=" …"), fontsize=11, weight="bold",
        y=1 - 0.08 / height_in,
    )  # fmt: skip
    _draw_chances(doses, chances, words)
    doses.annotate(
        words.text("chart.now"), (after.course.as_of_h, 1.0), xycoords=("data", "axes fraction"),
        xytext=(0, 2), textcoords="offset points", ha="center", fontsize=8, fontweight="bold",
    )  # fmt: skip
    axis_keys = ("learning.naltrexone_axis", "learning.naltrexol_axis")
    for axes, quantity, key in zip(levels, (NALTREXONE, NALTREXOL), axis_keys, strict=True):
        _draw_levels(axes, before, after, quantity, [r for r in readings if r.quantity == quantity])
        axes.set_ylabel(words.text(key), fontsize=8)
        axes.yaxis.set_major_formatter(lambda value, _: plain(float(value), words.language))
    _draw_blocked(blocked, before, after, words)
    for axes in (doses, *levels, blocked):
        axes.axvline(after.course.as_of_h, color=BLACK, linewidth=1.0)
        axes.grid(True, color="#dddddd", linewidth=0.5)
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=8)
    draw_time_axis([doses, *levels, blocked], after, clock_of(after.course, words))
    _key(figure, words, odd=not all(reading.fits for reading in readings))
    return figure


def _draw_chances(axes: Axes, chances: Sequence[Chance], words: Wording) -> None:
    at = [c.time_h for c in chances]
    for c in chances:
        axes.plot([c.time_h] * 2, [100 * c.before, 100 * c.after], color=GREY, linewidth=0.8)
    axes.plot(at, [100 * c.before for c in chances], "o", color=GREY, markersize=4)
    axes.plot(at, [100 * c.after for c in chances], "^", color=BLACK, markersize=5)
    axes.set_ylim(-6, 106)
    axes.set_yticks([0, 50, 100])
    axes.set_ylabel(words.text("learning.taken_axis"), fontsize=8)


def _draw_both(axes: Axes, before: Forecast, after: Forecast, quantity: str, scale: float) -> None:
    """Bands of one quantity, the new patient's behind this patient's."""
    look, floor = LOOKS[quantity], LEAST_LEVEL / 10 if scale == 1 else 0.0
    for forecast, colour, line in ((before, GREY, "--"), (after, look.colour, "-")):
        band = forecast.bands[quantity]
        kept = thinned(band.quantiles)
        time_h, rows = band.time_h[kept], np.maximum(scale * band.quantiles[:, kept], floor)
        axes.fill_between(time_h, rows[0], rows[4], color=colour, alpha=0.22, linewidth=0)
        if forecast is after:
            axes.fill_between(time_h, rows[1], rows[3], color=colour, alpha=0.4, linewidth=0)
        for edge in (rows[0], rows[4]):
            axes.plot(time_h, edge, color=colour, linestyle=line, linewidth=0.6)
        axes.plot(time_h, rows[2], color=colour, linestyle=line, linewidth=1.8)


def _draw_levels(
    axes: Axes, before: Forecast, after: Forecast, quantity: str, readings: Sequence[Reading]
) -> None:
    axes.set_yscale("log")
    _draw_both(axes, before, after, quantity, 1.0)
    highest = max(float(f.bands[quantity].quantiles.max()) for f in (before, after))
    for reading in readings:
        if reading.value_ng_per_ml is None:
            colour = BLACK if reading.fits else RED
            axes.plot([reading.time_h], [reading.limit_ng_per_ml], "v", color=colour, zorder=6)
            continue
        value = reading.value_ng_per_ml
        half = _NINETY * reading.sd_ng_per_ml
        mark, colour = ("D", BLACK) if reading.fits else ("X", RED)
        below = min(half, value - LEAST_LEVEL / 10)
        axes.errorbar(
            [reading.time_h], [value], yerr=[[max(below, 0.0)], [half]], fmt=mark, color=colour,
            markersize=5, capsize=3, zorder=6,
        )  # fmt: skip
        highest = max(highest, value + half)
    axes.set_ylim(LEAST_LEVEL, max(highest, 1.0) * 1.6)


def _draw_blocked(axes: Axes, before: Forecast, after: Forecast, words: Wording) -> None:
    _draw_both(axes, before, after, SUBJECTIVE, 100.0)
    share = after.threshold.blocked_fraction
    if after.threshold.endpoint == "subjective":
        axes.axhline(100 * share, color=BLACK, linestyle=":", linewidth=1.3)
        axes.annotate(
            words.text("chart.threshold", percent=percent(share)), (1.0, 100 * share),
            xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=8,
        )  # fmt: skip
    axes.set_ylim(-2.0, 104.0)
    axes.set_yticks(range(0, 101, 20))
    axes.set_ylabel(words.text("learning.blocked_axis"), fontsize=8)


def _key(figure: Figure, words: Wording, *, odd: bool) -> None:
    """Under the chart: what lines, bands and marks mean. Coloured things are drawn in blue.

    odd: whether a level fits no pattern.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    blue = LOOKS[SUBJECTIVE].colour
    handles = {
        "before_median": Line2D([], [], color=GREY, linestyle="--", linewidth=1.8),
        "before_90": Patch(facecolor=GREY, alpha=0.3),
        "after_median": Line2D([], [], color=blue, linewidth=1.8),
        "after_50": Patch(facecolor=blue, alpha=0.55),
        "after_90": Patch(facecolor=blue, alpha=0.22),
        "measured": Line2D([], [], color=BLACK, marker="D", linestyle="", markersize=5),
        "below": Line2D([], [], color=BLACK, marker="v", linestyle="", markersize=6),
        "chance_before": Line2D([], [], color=GREY, marker="o", linestyle="", markersize=4),
        "chance_after": Line2D([], [], color=BLACK, marker="^", linestyle="", markersize=5),
    }
    if odd:
        handles["misfit"] = Line2D([], [], color=RED, marker="X", linestyle="", markersize=6)
    figure.legend(
        list(handles.values()), [words.text(f"learning.{key}") for key in handles],
        loc="lower center", bbox_to_anchor=(0.5, 0.0), borderaxespad=0.4, ncols=KEY_COLUMNS,
        fontsize=8, frameon=False,
    )  # fmt: skip
    lines, height_in = -(-len(handles) // KEY_COLUMNS), figure.get_figheight()
    figure.subplots_adjust(
        left=LEFT_IN / WIDTH_IN, right=1 - RIGHT_IN / WIDTH_IN, top=1 - ABOVE_IN / height_in,
        bottom=(AXIS_IN + LINE_IN * lines + 0.1) / height_in, hspace=0.1,
    )  # fmt: skip
