"""The chart in words and as a table, for readers who do not see it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.results import QUANTILES, Band, Forecast
from antagonist.report.doses import dose_marks
from antagonist.report.moments import Clock, clock_of
from antagonist.report.numbers import (
    CHARTED,
    bare,
    is_level,
    measured,
    quantiles_at,
    unit_word,
)
from antagonist.report.phrases import (
    agonist_dose,
    checked_audience,
    spread,
    stated_text,
    threshold_text,
)
from antagonist.report.wording import Wording, wording

LOW, MEDIAN, HIGH = (QUANTILES.index(share) for share in (0.05, 0.5, 0.95))
TABLE_STEPS_H = (6, 12, 24)
LONGEST_TABLE_H = {6: 96.0, 12: 240.0}


@dataclass(frozen=True)
class DataTable:
    """A chart as rows of printed cells; the first cell of a row is its time.

    step_h: hours between rows.
    """

    step_h: int
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def describe(forecast: Forecast, language: str, audience: str = "professional") -> list[str]:
    """What the chart shows, in paragraphs; without an agonist dose for patients.

    Raises InputError for an unknown language, audience or time zone.
    """
    words, reader = wording(language), checked_audience(audience)
    course, clock = forecast.course, clock_of(forecast.course, words)
    start_h, end_h = _covered(forecast)
    dose = "" if reader == "patient" else agonist_dose(forecast.threshold, words)
    frame = words.text(
        f"describe.frame.{reader}",
        start=clock.moment(start_h),
        end=clock.moment(end_h),
        now=clock.moment(course.as_of_h),
        dose=dose,
    )
    marks = dose_marks(course)
    doses = words.text(
        "describe.doses",
        taken=len(marks.taken),
        missed=len(marks.missed_h),
        planned=len(marks.planned),
    )
    bands = [
        _describe_band(forecast.bands[key], course.as_of_h, clock)
        for key in CHARTED
        if key in forecast.bands
    ]
    stated = " ".join(
        f"{words.name('stated', item.name)}: {stated_text(item, clock, course.horizon_h)}."
        for item in forecast.stated
    )
    line = threshold_text(forecast.threshold, words, reader)
    return [f"{frame} {doses}", " ".join(bands), f"{line} {stated}"]


def table_rows(forecast: Forecast, language: str, step_h: int | None = None) -> DataTable:
    """The chart's numbers every 6, 12 or 24 h, counted from now so that now is a row.

    step_h: 6, 12 or 24; None chooses by the length of the forecast.
    Raises InputError for another step, an unknown language or time zone.
    """
    words = wording(language)
    clock = clock_of(forecast.course, words)
    start_h, end_h = _covered(forecast)
    step = _chosen_step(end_h - start_h) if step_h is None else step_h
    if step not in TABLE_STEPS_H:
        raise InputError("report", "step_h", step_h, "6, 12 or 24")
    bands = [forecast.bands[key] for key in CHARTED if key in forecast.bands]
    headers = [words.text("table.time"), *(_header(band, words) for band in bands)]
    now_h = forecast.course.as_of_h
    first = math.ceil((start_h - now_h) / step - 1e-9)
    last = math.floor((end_h - now_h) / step + 1e-9)
    rows = []
    for index in range(first, last + 1):
        time = clock.moment(now_h + index * step)
        time = words.text("table.now", time=time) if index == 0 else time
        cells = (_cell(band, now_h + index * step, words) for band in bands)
        rows.append((time, *cells))
    return DataTable(step, tuple(headers), tuple(rows))


def _covered(forecast: Forecast) -> tuple[float, float]:
    course = forecast.course
    starts = [float(band.time_h[0]) for band in forecast.bands.values() if band.time_h.size]
    return min([*starts, course.as_of_h]), course.horizon_h


def _chosen_step(span_h: float) -> int:
    return next((step for step, most in LONGEST_TABLE_H.items() if span_h <= most), 24)


def _header(band: Band, words: Wording) -> str:
    name = words.name("quantity", band.quantity)
    return f"{name}, {unit_word(band.unit, words)}" if is_level(band.unit) else name


def _cell(band: Band, time_h: float, words: Wording) -> str:
    values = quantiles_at(band, time_h)[[LOW, MEDIAN, HIGH]]
    return spread([bare(float(value), band.unit, words.language) for value in values])


def _describe_band(band: Band, now_h: float, clock: Clock) -> str:
    def shown(value: float) -> str:
        return measured(value, band.unit, clock.words)

    now = quantiles_at(band, now_h)
    medians = band.quantiles[MEDIAN]
    peak = int(np.argmax(medians))
    return clock.words.text(
        "describe.interval",
        quantity=clock.words.name("quantity", band.quantity),
        median=shown(float(now[MEDIAN])),
        low=shown(float(now[LOW])),
        high=shown(float(now[HIGH])),
        peak=shown(float(medians[peak])),
        peak_time=clock.moment(float(band.time_h[peak])),
        last=shown(float(medians[-1])),
    )
