"""The chart of a forecast: levels, occupancy and blocked effect over one time axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import TYPE_CHECKING

from antagonist.pharmacology.responses import ENDPOINTS
from antagonist.pharmacology.results import Forecast
from antagonist.report.doses import DoseMarks, dose_marks
from antagonist.report.images import save, svg_text
from antagonist.report.moments import Clock, clock_of, local_ticks, zone_name
from antagonist.report.panels import (
    BLACK,
    STATED_MARKERS,
    draw_blocked,
    draw_levels,
    draw_occupancy,
)
from antagonist.report.phrases import chart_title, checked_audience
from antagonist.report.wording import Wording, wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["forecast_figure", "save", "svg_text"]

WIDTH_IN, HEIGHT_IN = 8.3, 10.6
# Fixed places: a layout solver takes longer than all the rest of the drawing, and its last digits
# change from run to run. Top edge and height of each row of the figure, inches from its top.
LEFT_IN, RIGHT_IN = 0.68, 7.34
ROWS_IN = ((0.42, 0.24), (1.14, 2.25), (3.72, 1.57), (5.62, 1.71), (7.66, 1.71))
Y_LABEL = -0.071  # of the panel's width
LONGEST_TITLE = 85  # characters that fit the width of the figure
LEFT_MARGIN = 0.015  # of the span: room for the mark of a dose at the start
GREY = "#666666"
MARKS: Mapping[str, tuple[str, str]] = {
    "dose_taken": ("^", BLACK),
    "dose_planned": ("^", "white"),
    "dose_missed": ("x", BLACK),
}


def forecast_figure(
    forecast: Forecast, *, language: str = "en", audience: str = "professional"
) -> Figure:
    """Draw a forecast: plasma levels, mu occupancy, blocked effect, with bands.

    language: ``en`` or ``ru``. audience: ``professional`` or ``patient`` (no agonist dose).
    Returns a figure that belongs to no window and no global state.
    Raises InputError for an unknown language, audience or time zone.
    """
    from matplotlib.figure import Figure

    words, reader = wording(language), checked_audience(audience)
    clock = clock_of(forecast.course, words)
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN))
    doses, *panels = _rows(figure)
    title = shorten(chart_title(forecast, words, reader), LONGEST_TITLE, placeholder=" …")
    figure.suptitle(title, fontsize=11, fontweight="bold", y=0.995)
    _draw_doses(doses, dose_marks(forecast.course), forecast.course.as_of_h, words)
    draw_levels(panels[0], forecast, words)
    draw_occupancy(panels[1], forecast, words)
    for axes, endpoint in zip(panels[2:], ENDPOINTS, strict=True):
        draw_blocked(axes, forecast, words, reader, endpoint)
    for axes in panels:
        axes.axvline(forecast.course.as_of_h, color=BLACK, linewidth=1.0)
        axes.grid(True, color="#dddddd", linewidth=0.5)
        axes.set_axisbelow(True)
        axes.yaxis.set_label_coords(Y_LABEL, 0.5)
        axes.tick_params(labelsize=8, labelbottom=axes is panels[-1])
    draw_time_axis([doses, *panels], forecast, clock)
    _key(figure, words)
    return figure


def _rows(figure: Figure) -> list[Axes]:
    """The row of doses and the panels, on one time axis."""
    rows: list[Axes] = []
    for top_in, height_in in ROWS_IN:
        place = (
            LEFT_IN / WIDTH_IN,
            1.0 - (top_in + height_in) / HEIGHT_IN,
            (RIGHT_IN - LEFT_IN) / WIDTH_IN,
            height_in / HEIGHT_IN,
        )
        rows.append(figure.add_axes(place, sharex=rows[0] if rows else None))
    return rows


def _draw_doses(axes: Axes, marks: DoseMarks, as_of_h: float, words: Wording) -> None:
    hours = {
        "dose_taken": [dose.time_h for dose in marks.taken],
        "dose_planned": [dose.time_h for dose in marks.planned],
        "dose_missed": list(marks.missed_h),
    }
    for kind, times_h in hours.items():
        axes.add_line(_mark(*MARKS[kind], times_h))
    axes.axvline(as_of_h, color=BLACK, linewidth=1.0)
    axes.annotate(
        words.text("chart.now"),
        (as_of_h, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=8,
        fontweight="bold",
    )
    axes.set_ylim(-1.0, 1.0)
    axes.set_yticks([])
    axes.set_ylabel(words.text("chart.doses"), rotation=0, ha="right", va="center", fontsize=8)
    axes.tick_params(bottom=False, labelbottom=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _mark(marker: str, face: str = BLACK, times_h: Sequence[float] = ()) -> Line2D:
    """Marks without a line: on an axis at hours, or empty for a legend."""
    from matplotlib.lines import Line2D

    return Line2D(
        times_h,
        [0.0] * len(times_h),
        linestyle="",
        marker=marker,
        color=BLACK,
        markerfacecolor=face,
        markersize=6,
    )


def draw_time_axis(panels: Sequence[Axes], forecast: Forecast, clock: Clock) -> None:
    course = forecast.course
    starts = [float(band.time_h[0]) for band in forecast.bands.values() if band.time_h.size]
    start_h = min([*starts, course.as_of_h])
    bottom = panels[-1]
    span_h = max(course.horizon_h - start_h, 1.0)
    bottom.set_xlim(start_h - LEFT_MARGIN * span_h, start_h + span_h)
    ticks = local_ticks(clock, start_h, course.horizon_h)
    bottom.set_xticks([hour for hour, _ in ticks], [label for _, label in ticks])
    if clock.origin is None:
        name = clock.words.text("chart.hours_axis")
    else:
        ends = [clock.local(time_h) for time_h in (start_h, course.horizon_h)]
        zones = "/".join(dict.fromkeys(zone_name(end) for end in ends))
        years = "–".join(dict.fromkeys(str(end.year) for end in ends))
        zone = f"{years}, {course.timezone}, {zones}"
        name = clock.words.text("chart.time_axis", zone=zone)
    bottom.set_xlabel(name, fontsize=9)


def _key(figure: Figure, words: Wording) -> None:
    """One row under the chart: what bands, lines and dose marks mean."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = {
        "median": Line2D([], [], color=GREY, linewidth=2.0),
        "band_50": Patch(facecolor=GREY, alpha=0.5),
        "band_90": Patch(facecolor=GREY, alpha=0.18),
        **{kind: _mark(*look) for kind, look in MARKS.items()},
        **{name: _mark(marker) for name, marker in STATED_MARKERS.items()},
    }
    figure.legend(
        list(handles.values()),
        [words.text(f"chart.{key}") for key in handles],
        loc="lower center",
        ncols=3,
        fontsize=8,
        frameon=False,
    )
