"""The chart as a table of days, and the facts of the text beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from antagonist.feedback.state_model import PatientState
from antagonist.web.chart.curves import moments
from antagonist.web.chart.doses import Given
from antagonist.web.chart.model import (
    Day,
    DoseFact,
    Grid,
    Line,
    Protected,
    Series,
    Summary,
)

LOW, MIDDLE, HIGH = 0, 2, 4


def days_of(
    series: Series, line: Line, grid: Grid, at: datetime, zone: ZoneInfo
) -> tuple[Day, ...]:
    """A row for each calendar day of the zone that has a known hour.

    series: blocked share, percent. line: the threshold on it.
    """
    known = moments(grid)[series.first : series.first + series.quantiles.shape[1]]
    if not known:
        return ()
    found, begin = list[Day](), 0
    while begin < len(known):
        on = known[begin].astimezone(zone).date()
        midnight = datetime.combine(on + timedelta(days=1), time(0), zone).astimezone(UTC)
        hours = (midnight - known[begin]) / timedelta(hours=grid.step_h)
        end = min(begin + max(int(np.ceil(hours)), 1), len(known))
        rows = series.quantiles[:, begin:end]
        lowest = begin + int(rows[MIDDLE].argmin())
        low, middle, high = (float(series.quantiles[n, lowest]) for n in (LOW, MIDDLE, HIGH))
        found.append(
            Day(
                on=on,
                ahead=known[lowest] > at,
                median=float(np.median(rows[MIDDLE])),
                lowest=(low, middle, high),
                lowest_at=known[lowest],
                protected=_protected(low, high, line.value),
            )
        )
        begin = end
    return tuple(found)


def _protected(low: float, high: float, line: float) -> Protected:
    if low >= line:
        return "yes"
    return "no" if high < line else "uncertain"


def summary_of(
    now: Mapping[str, tuple[float, float, float]],
    days: Sequence[Day],
    state: PatientState,
    planned: Sequence[Given],
) -> Summary:
    """Facts of the text. planned: doses to come as the chart counts them."""
    last, ahead = state.last_dose, [day for day in days if day.ahead]
    following = planned[0] if planned else None
    return Summary(
        now=now,
        last_dose=None
        if last is None
        else DoseFact(last.at, last.dose_mg, last.route, last.product),
        next_dose=None
        if following is None
        else DoseFact(following.at, following.dose_mg, following.route, following.product),
        doses_ahead=len(planned),
        lowest_ahead=min(ahead, key=lambda day: day.lowest[1], default=None),
        unsure_days=sum(day.protected != "yes" for day in ahead),
        days_ahead=len(ahead),
    )
