"""The panels of a forecast's chart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.responses import Endpoint
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
from antagonist.report.phrases import BLUNTED, DANGER, PROTECTED, Audience, effect_of
from antagonist.report.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLACK = "#000000"
LEGEND_ROW_PT = 20.0  # room between a panel and its title for the legend
STATED_MARKERS = {PROTECTED: "D", DANGER: "s", BLUNTED: "v"}
MOST_POINTS = 480  # of a curve: more cannot be seen and makes the page heavy


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
    PHYSIOLOGICAL: Look("#D55E00", "-", ""),
}
LEGEND_KEYS = {
    NALTREXONE: "chart.naltrexone",
    NALTREXOL: "chart.naltrexol",
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


def draw_blocked(
    axes: Axes, forecast: Forecast, words: Wording, reader: Audience, endpoint: Endpoint
) -> None:
    """Blocked effect on one endpoint, percent, with its lines and stated times."""
    quantity = f"blocked_{endpoint}"
    if quantity in forecast.bands:
        band = forecast.bands[quantity]
        _draw_band(axes, band, 100.0 * band.quantiles, words)
    _draw_lines(axes, forecast, words, endpoint)
    _percent_axis(axes)
    effect = effect_of(endpoint, forecast.threshold, words, reader)
    title = words.text("chart.blocked", effect=effect)
    _label(axes, title, words.text("chart.blocked_axis"), False)


def _draw_lines(axes: Axes, forecast: Forecast, words: Wording, endpoint: Endpoint) -> None:
    """The threshold and the lines of stated times, each time as a mark on its line."""
    threshold = forecast.threshold
    stated = [item for item in forecast.stated if item.endpoint == endpoint]
    labels = {item.blocked_fraction: percent(item.blocked_fraction) for item in stated}
    if threshold.endpoint == endpoint:
        share = threshold.blocked_fraction
        labels[share] = words.text("chart.threshold", percent=percent(share))
    for share, label in labels.items():
        axes.axhline(100.0 * share, color=BLACK, linestyle=":", linewidth=1.3)
        axes.annotate(
            label,
            (1.0, 100.0 * share),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    for item in stated:
        if item.name in STATED_MARKERS and item.at_h is not None:
            marker, level = STATED_MARKERS[item.name], 100.0 * item.blocked_fraction
            axes.plot([item.at_h], [level], marker, zorder=5, color=BLACK, markersize=5.5)


def thinned(rows: Floats, most: int = MOST_POINTS) -> NDArray[np.intp]:
    """Which times of a band to draw: all of a short one, else peaks and troughs of its median.

    rows: quantiles, shape (5, T). Returns indices in order, at most ``most`` of them.
    """
    count = rows.shape[1]
    if count <= most:
        return np.arange(count)
    edges = np.linspace(0, count, (most - 2) // 2 + 1).astype(int)
    kept = {0, count - 1}
    for start, end in pairwise(edges):
        piece = rows[2, start:end]
        kept |= {int(start + np.argmin(piece)), int(start + np.argmax(piece))}
    return np.array(sorted(kept))


def _draw_band(axes: Axes, band: Band, all_rows: Floats, words: Wording) -> None:
    """Median line and bands; all_rows: quantiles in the panel's unit, shape (5, T)."""
    from matplotlib.patheffects import Normal, Stroke

    kept = thinned(all_rows)
    look, time_h, rows = LOOKS[band.quantity], band.time_h[kept], all_rows[:, kept]
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
