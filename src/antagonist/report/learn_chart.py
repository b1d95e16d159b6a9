"""The chart of what was learnt: percentiles before and after, levels, and doses by their chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from antagonist.feedback.own_model.case import Case, Curves
from antagonist.feedback.own_model.known import OUTPUT
from antagonist.feedback.own_model.model import OwnModel
from antagonist.pharmacology.results import QUANTILES
from antagonist.report.moments import Clock, clock_of, local_ticks
from antagonist.report.numbers import LEAST_LEVEL
from antagonist.report.panels import BLACK, LOOKS
from antagonist.report.wording import Wording, wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = ("conc_ntx", "conc_6bn", "blocked_subjective")
GREY, RED = "#777777", "#B00020"
OUTER, MIDDLE = (0, len(QUANTILES) - 1), len(QUANTILES) // 2
LEAST_SHOWN_H = 48.0


def learn_figure(case: Case, found: OwnModel, curves: Curves, language: str = "en") -> Figure:
    """Draw doses with the chance that each was taken, both levels, and the blocked effect.

    Returns a figure that belongs to no window and no global state.
    """
    from matplotlib.figure import Figure

    words = wording(language)
    clock = clock_of(case.course, words)
    figure = Figure(figsize=(8.3, 9.4), layout="constrained")
    doses, *panels = figure.subplots(
        4, 1, sharex=True, gridspec_kw={"height_ratios": (0.75, 1.5, 1.5, 1.5)}
    )
    title = words.text("learn.title", patient=case.course.subject.id)
    figure.suptitle(title, fontsize=11, fontweight="bold")
    _doses(doses, found, words)
    for axes, name in zip(panels, SHOWN, strict=True):
        _bands(axes, name, curves, words)
        _levels(axes, name, found, words)
        axes.axvline(case.course.as_of_h, color=BLACK, linewidth=1.0)
        axes.grid(True, color="#dddddd", linewidth=0.5)
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=8)
    panels[0].legend(fontsize=7.5, ncols=4, frameon=False, loc="lower left",
                     bbox_to_anchor=(0.0, 1.1))  # fmt: skip
    _time(panels[-1], case, clock)
    return figure


def _doses(axes: Axes, found: OwnModel, words: Wording) -> None:
    """One bar for each dose, as high as the chance that it was taken; a mark where before."""
    at = [d.dose.time_h for d in found.intake]
    look = LOOKS["blocked_subjective"].colour
    axes.bar(at, [100 * d.after for d in found.intake], width=10.0, color=look)
    axes.plot(at, [100 * d.before for d in found.intake], "_", color=BLACK, markersize=9)
    axes.set_ylim(0, 105)
    axes.set_title(words.text("learn.chart_doses"), fontsize=9, loc="left")
    axes.set_ylabel("%", fontsize=8)
    axes.tick_params(labelsize=8)


def _bands(axes: Axes, name: str, curves: Curves, words: Wording) -> None:
    level = name.startswith("conc_")
    factor, least = (1.0, LEAST_LEVEL) if level else (100.0, 0.0)
    parts = (
        ("before", curves.before, GREY, 0.22, "--"),
        ("after", curves.after, LOOKS[name].colour, 0.35, "-"),
    )
    for key, rows, colour, alpha, line in parts:
        seen = np.maximum(factor * rows[name], least)
        axes.fill_between(
            curves.time_h, seen[OUTER[0]], seen[OUTER[1]], color=colour, alpha=alpha, linewidth=0,
            label=words.text(f"learn.{key}"),
        )  # fmt: skip
        axes.plot(curves.time_h, seen[MIDDLE], line, color=colour, linewidth=1.3)
    title = words.name("quantity", name)
    unit = words.text("unit.ng_per_ml") if level else "%"
    axes.set_title(f"{title}, {unit}", fontsize=9, loc="left")
    if level:
        axes.set_yscale("log")
        axes.set_ylim(bottom=LEAST_LEVEL)
    else:
        axes.set_ylim(-2, 102)


def _levels(axes: Axes, name: str, found: OwnModel, words: Wording) -> None:
    odd = {m.level for m in found.diagnostics.misfits}
    groups: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for n, level in enumerate(found.known.levels):
        if OUTPUT[level.analyte] != name:
            continue
        value, limit = level.value_ng_per_ml, level.limit_ng_per_ml
        kind = ("x", RED, "learn.chart_misfit") if n in odd else ("o", BLACK, "learn.chart_level")
        if value is None and n not in odd:
            kind = ("v", BLACK, "learn.chart_below")
        shown = max(float(limit or 0.0) if value is None else value, LEAST_LEVEL)
        groups.setdefault(kind, []).append((level.time_h, shown))
    for (marker, colour, key), points in groups.items():
        time_h, value_at = zip(*points, strict=True)
        axes.plot(time_h, value_at, marker, color=colour, markersize=6, zorder=5, linestyle="",
                  label=words.text(key))  # fmt: skip


def _time(axes: Axes, case: Case, clock: Clock) -> None:
    end_h = max(case.course.horizon_h, LEAST_SHOWN_H)
    axes.set_xlim(-0.015 * end_h, end_h)
    ticks = local_ticks(clock, 0.0, end_h)
    axes.set_xticks([h for h, _ in ticks], [text for _, text in ticks], fontsize=8)
