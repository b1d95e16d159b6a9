"""The chart of a study plan: dose against occupancy, and occupancy over time."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from antagonist.pharmacology.study_results import Curve, Study
from antagonist.report.numbers import OCCUPANCY, percent, plain
from antagonist.report.panels import BLACK, LOOKS
from antagonist.report.study_text import dose, title
from antagonist.report.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FIGURE_INCHES = (10.5, 4.9)
TITLE_CHARACTERS = 100
COLOUR = LOOKS[OCCUPANCY].colour
DASHES = {0.5: (0, (6, 2)), 0.95: (0, (1.5, 1.5))}
DOSE_TICKS_MG = (1, 2, 5, 10, 25, 50, 100, 200, 400, 1000, 4000, 10000)
FOLLOWED_WINDOWS = 6  # hours shown after the dose, as multiples of the window's end


def study_figure(found: Study, words: Wording) -> Figure:
    """Draw a plan: lowest occupancy in the window by dose; the planned dose over time.

    Returns a figure that belongs to no window and no global state.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=FIGURE_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    heading = "\n".join(wrap(title(found, words), TITLE_CHARACTERS))
    figure.suptitle(heading, fontsize=10.5, fontweight="bold")
    _draw_doses(left, found, words)
    _draw_course(right, found, words)
    for axes in (left, right):
        axes.set_ylim(-2, 104)
        axes.set_yticks(range(0, 101, 20))
        axes.grid(True, color="#dddddd", linewidth=0.5)
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=8)
        axes.axhline(100 * found.asked.occupancy, color=BLACK, linestyle=":", linewidth=1.2)
    left.set_ylabel(words.text("study.chart_occupancy"), fontsize=9)
    right.annotate(
        words.text("study.chart_wanted", percent=percent(found.asked.occupancy)),
        (1.0, 100 * found.asked.occupancy), xycoords=("axes fraction", "data"),
        xytext=(4, 0), textcoords="offset points", va="center", fontsize=8,
    )  # fmt: skip
    _key(figure, found, words)
    return figure


def _band(axes: Axes, curve: Curve) -> None:
    x, rows = np.array(curve.x), 100 * np.array([curve.low, curve.median, curve.high])
    axes.fill_between(x, rows[0], rows[2], color=COLOUR, alpha=0.22, linewidth=0)
    for edge in (rows[0], rows[2]):
        axes.plot(x, edge, color=COLOUR, linewidth=0.7)
    axes.plot(x, rows[1], color=COLOUR, linewidth=2.2)


def _draw_doses(axes: Axes, found: Study, words: Wording) -> None:
    _band(axes, found.dose_curve)
    axes.set_xscale("log")
    low, high = found.dose_curve.x[0], found.dose_curve.x[-1]
    axes.set_xlim(low, high * 1.15)
    ticks = [mg for mg in DOSE_TICKS_MG if low <= mg <= high]
    axes.set_xticks(ticks, [plain(mg, words.language) for mg in ticks])
    axes.set_xticks([], minor=True)
    axes.axvline(found.dose_limit_mg, color=BLACK, linewidth=1.4)
    axes.annotate(
        words.text("study.chart_limit", limit=dose(found.dose_limit_mg, words)),
        (found.dose_limit_mg, 0.02), xycoords=("data", "axes fraction"), xytext=(-3, 0),
        textcoords="offset points", ha="right", va="bottom", rotation=90, fontsize=8,
    )  # fmt: skip
    for answer in found.answers:
        if answer.exact_dose_mg is not None and low <= answer.exact_dose_mg <= high:
            line = DASHES[answer.people_share]
            axes.axvline(answer.exact_dose_mg, color=BLACK, linestyle=line, linewidth=1.2)
    axes.set_title(words.text("study.chart_curve"), loc="left", fontsize=9.5)
    axes.set_xlabel(words.text("study.chart_curve_axis"), fontsize=9)


def _draw_course(axes: Axes, found: Study, words: Wording) -> None:
    start_h, end_h = found.asked.window_h
    axes.axvspan(start_h, end_h, facecolor="none", edgecolor="#999999", hatch="///", linewidth=0.8)
    axes.set_xlim(0, FOLLOWED_WINDOWS * end_h)
    axes.set_xlabel(words.text("study.chart_course_axis"), fontsize=9)
    doses_mg = [answer.planned.dose_mg for answer in found.answers if answer.planned]
    if found.time_course is None:
        axes.text(
            0.5, 0.5, words.text("study.chart_no_course"), transform=axes.transAxes,
            ha="center", style="italic", fontsize=9, backgroundcolor="white",
        )  # fmt: skip
        return
    _band(axes, found.time_course)
    name = words.text("study.chart_course", dose=dose(max(doses_mg), words))
    axes.set_title(name, loc="left", fontsize=9.5)


def _key(figure: Figure, found: Study, words: Wording) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Line2D | Patch] = [
        Line2D([], [], color=COLOUR, linewidth=2.2),
        Patch(facecolor=COLOUR, alpha=0.22),
        Patch(facecolor="none", edgecolor="#999999", hatch="///"),
    ]
    labels = [words.text(f"study.chart_{key}") for key in ("median", "band", "window")]
    low, high = found.dose_curve.x[0], found.dose_curve.x[-1]
    for answer in found.answers:
        if answer.exact_dose_mg is not None and low <= answer.exact_dose_mg <= high:
            line = DASHES[answer.people_share]
            handles.append(Line2D([], [], color=BLACK, linestyle=line, linewidth=1.2))
            share = percent(answer.people_share)
            labels.append(words.text("study.chart_exact", share=share))
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
