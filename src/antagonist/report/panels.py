"""The three panels of a forecast's chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from antagonist.pharmacology.results import Band, Floats, Forecast
from antagonist.report.numbers import (
    LEAST_LEVEL,
    NALTREXOL,
    NALTREXONE,
    OCCUPANCY,
    PHYSIOLOGICAL,
    SUBJECTIVE,
    percent,
    plain,
)
from antagonist.report.phrases import DANGER, PROTECTED, Audience, agonist_dose
from antagonist.report.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLACK = "#000000"
LEGEND_ROW_PT = 20.0  # room between a panel and its title for the legend
STATED_MARKERS = {PROTECTED: "D", DANGER: "s"}


@dataclass(frozen=True)
class Look:
    """How one quantity is drawn: Okabe-Ito colour, line style and hatch tell it apart."""

    colour: str
    line: str
    hatch: str


LOOKS = {
    NALTREXONE: Look("#009E73", "-", ""),
    NALTREXOL: Look("#E69F00", "--", "////"),
    OCCUPANCY: Look("#CC79A7", "-", ""),
    SUBJECTIVE: Look("#0072B2", "-", ""),
    PHYSIOLOGICAL: Look("#D55E00", "--", "////"),
}
LEGEND_KEYS = {
    NALTREXONE: "chart.naltrexone",
    NALTREXOL: "chart.naltrexol",
    SUBJECTIVE: "chart.subjective",
    PHYSIOLOGICAL: "chart.physiological",
}


def draw_levels(axes: Axes, forecast: Forecast, words: Wording) -> None:
    """Plasma levels, ng/mL, on a logarithmic axis."""
    axes.set_yscale("log")
    bands = [forecast.bands[key] for key in (NALTREXONE, NALTREXOL) if key in forecast.bands]
    for band in bands:
        _draw_band(axes, band, np.maximum(band.quantiles, LEAST_LEVEL / 10.0), words)
    highest = max((float(band.quantiles.max()) for band in bands), default=1.0)
    axes.set_ylim(LEAST_LEVEL, max(highest, 1.0) * 1.6)
    axes.yaxis.set_major_formatter(lambda value, _: plain(float(value), words.language))
    _label(axes, words.text("chart.levels"), words.text("chart.levels_axis"), bool(bands))


def draw_occupancy(axes: Axes, forecast: Forecast, words: Wording) -> None:
    """Occupancy of mu receptors, percent."""
    if OCCUPANCY in forecast.bands:
        band = forecast.bands[OCCUPANCY]
        _draw_band(axes, band, 100.0 * band.quantiles, words)
    _percent_axis(axes)
    _label(axes, words.text("chart.occupancy"), words.text("chart.occupancy_axis"), False)


def draw_blocked(axes: Axes, forecast: Forecast, words: Wording, reader: Audience) -> None:
    """Blocked effect per endpoint, percent, with the threshold and stated times."""
    bands = [forecast.bands[key] for key in (SUBJECTIVE, PHYSIOLOGICAL) if key in forecast.bands]
    for band in bands:
        _draw_band(axes, band, 100.0 * band.quantiles, words)
    line = forecast.threshold.blocked_fraction
    axes.axhline(100.0 * line, color=BLACK, linestyle=":", linewidth=1.3)
    axes.annotate(
        words.text("chart.threshold", percent=percent(line)),
        (1.0, 100.0 * line),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
    )
    _draw_stated(axes, forecast)
    _percent_axis(axes)
    dose = "" if reader == "patient" else agonist_dose(forecast.threshold, words)
    title = words.text(f"chart.blocked.{reader}", dose=dose)
    _label(axes, title, words.text("chart.blocked_axis"), bool(bands))


def _draw_stated(axes: Axes, forecast: Forecast) -> None:
    level = 100.0 * forecast.threshold.blocked_fraction
    for stated in forecast.stated:
        if stated.name in STATED_MARKERS and stated.at_h is not None:
            marker = STATED_MARKERS[stated.name]
            axes.plot([stated.at_h], [level], marker, zorder=5, color=BLACK, markersize=5.5)


def _draw_band(axes: Axes, band: Band, rows: Floats, words: Wording) -> None:
    """Median line and bands; rows: quantiles in the panel's unit, shape (5, T)."""
    from matplotlib.patheffects import Normal, Stroke

    look, time_h = LOOKS[band.quantity], band.time_h
    axes.fill_between(time_h, rows[0], rows[4], color=look.colour, alpha=0.16, linewidth=0)
    axes.fill_between(
        time_h,
        rows[1],
        rows[3],
        facecolor=look.colour,
        alpha=0.38,
        linewidth=0,
        edgecolor=look.colour,
        hatch=look.hatch,
    )
    for edge in (rows[0], rows[4]):
        axes.plot(time_h, edge, color=look.colour, linestyle=look.line, linewidth=0.6)
    key = LEGEND_KEYS.get(band.quantity)
    label = words.text(key) if key else "_"
    axes.plot(
        time_h,
        rows[2],
        color=look.colour,
        linestyle=look.line,
        linewidth=2.2,
        label=label,
        zorder=4,
        path_effects=[Stroke(linewidth=3.6, foreground="white", alpha=0.8), Normal()],
    )


def _percent_axis(axes: Axes) -> None:
    axes.set_ylim(-2.0, 104.0)
    axes.set_yticks(range(0, 101, 20))


def _label(axes: Axes, title: str, y_label: str, legend: bool) -> None:
    axes.set_title(title, loc="left", fontsize=9.5, pad=LEGEND_ROW_PT if legend else None)
    axes.set_ylabel(y_label, fontsize=9)
    if legend:
        # above the panel, so that it never hides a curve
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0.0, 0.99),
            ncols=2,
            fontsize=8,
            frameon=False,
            handlelength=3.0,
            borderaxespad=0.0,
        )
