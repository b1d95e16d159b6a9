"""The chart as plain values for JSON: times as UTC seconds, percents to a tenth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from antagonist.foundation.errors import InputError
from antagonist.foundation.visible import visible
from antagonist.web.chart.curves import LEVELS, QUANTITIES
from antagonist.web.chart.model import (
    LANES,
    Chart,
    Day,
    DoseFact,
    Happening,
    Hold,
    Series,
    Stated,
    WhatIfResult,
)

DEFAULT_QUANTITIES = ("blocked_subjective",)
ROWS = ("q05", "q25", "q50", "q75", "q95")
Plain = dict[str, Any]


def plain(
    chart: Chart,
    *,
    quantities: Iterable[str] = DEFAULT_QUANTITIES,
    words: Mapping[str, str] | None = None,
    text_of: Callable[[Happening], str] | None = None,
) -> Plain:
    """The chart for ``chart.js``, ready for ``json.dumps``.

    quantities: whose curves are sent. words: of the page's language, as ``chart_words`` gives them.
    text_of: one line on a mark in that language. Times are UTC seconds since 1970.
    Raises InputError for a quantity that is not known.
    """
    wanted = tuple(quantities)
    for name in wanted:
        if name not in QUANTITIES:
            raise InputError("chart", "quantity", name, "one of " + ", ".join(QUANTITIES))
    grid, summary = chart.grid, chart.summary
    return {
        "version": 1,
        "at": _seconds(chart.at),
        "zone": chart.zone,
        "grid": {"start": _seconds(grid.start), "step": grid.step_h * 3600, "count": grid.count},
        "empty": chart.empty,
        "no_model": list(chart.no_model),
        "series": {name: _series(chart.series[name]) for name in wanted if name in chart.series},
        "quantities": list(QUANTITIES) if chart.series else [],
        "lines": [
            {"name": line.name, "quantity": line.quantity, "value": _short(line.value),
             "low": _short(line.low), "high": _short(line.high), "exact": line.exact}
            for line in chart.lines
        ],
        "stated": [_stated(each) for each in chart.stated],
        "lanes": list(LANES),
        "events": [_happening(each, text_of) for each in chart.happenings],
        "days": [_day(day) for day in chart.days],
        "summary": {
            "now": {name: [_short(x) for x in values] for name, values in summary.now.items()},
            "last_dose": _dose(summary.last_dose),
            "next_dose": _dose(summary.next_dose),
            "doses_ahead": summary.doses_ahead,
            "lowest_ahead": None if summary.lowest_ahead is None else _day(summary.lowest_ahead),
            "unsure_days": summary.unsure_days,
            "days_ahead": summary.days_ahead,
        },
        "threshold": {
            "endpoint": chart.threshold.endpoint,
            "blocked_percent": 100.0 * chart.threshold.blocked_fraction,
            "agonist": chart.threshold.agonist,
            "route": chart.threshold.route,
            "dose_mg": chart.threshold.dose_mg,
        },
        "made": {
            "model": chart.made.model,
            "draws": chart.made.draws,
            "seed": chart.made.seed,
            "parameter_set": chart.made.parameter_set,
            "levels": list(chart.made.levels),
            "warnings": list(chart.made.warnings),
        },
        "what_if": None if chart.what_if is None else _what_if(chart.what_if),
        "words": dict(words or {}),
    }  # fmt: skip


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _maybe(at: datetime | None) -> int | None:
    return None if at is None else _seconds(at)


def _short(value: float) -> float:
    """To a tenth, small ones to three figures: more cannot be seen."""
    return float(f"{value:.3g}") if abs(value) < 10 else round(value, 1)


def _series(series: Series) -> Plain:
    rows = series.quantiles
    if series.quantity in LEVELS:
        digits = [[_short(float(x)) for x in row] for row in rows]
    else:
        # downwards: a share is never shown as more than it is
        digits = (np.floor(rows * 10.0) / 10.0).tolist()
    return {
        "unit": series.unit,
        "first": series.first,
        **dict(zip(ROWS, digits, strict=True)),
    }


def _stated(each: Stated) -> Plain:
    return {
        "name": each.name,
        "scenario": each.scenario,
        "state": each.state,
        "at": _maybe(each.at),
        "median_at": _maybe(each.median_at),
        "share_over_now": round(each.share_over_now, 4),
        "endpoint": each.endpoint,
        "blocked_percent": each.blocked_percent,
        "percentile": each.percentile,
        "since": _seconds(each.since),
        "looked_until": _seconds(each.looked_until),
    }


def _happening(mark: Happening, text_of: Callable[[Happening], str] | None) -> Plain:
    found = {
        "id": mark.id,
        "t": _seconds(mark.at),
        "lane": mark.lane,
        "kind": mark.kind,
        "status": mark.status,
        "day_only": mark.day_only,
        "values": _values(mark.values),
    }
    return found if text_of is None else {**found, "text": visible(text_of(mark))}


def _values(value: object) -> object:
    """Values that JSON has; the record's payloads hold few others."""
    if isinstance(value, Mapping):
        return {str(name): _values(each) for name, each in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_values(each) for each in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _day(day: Day) -> Plain:
    return {
        "on": day.on.isoformat(),
        "ahead": day.ahead,
        "median": _short(day.median),
        "lowest": [_short(x) for x in day.lowest],
        "lowest_at": _seconds(day.lowest_at),
        "protected": day.protected,
    }


def _dose(dose: DoseFact | None) -> Plain | None:
    if dose is None:
        return None
    return {
        "at": _seconds(dose.at),
        "dose_mg": dose.dose_mg,
        "route": dose.route,
        "product": dose.product,
    }


def _hold(hold: Hold | None) -> Plain | None:
    if hold is None:
        return None
    return {
        "at": _seconds(hold.surgery_at),
        "hold": _maybe(hold.hold),
        "opioids_may_work": _maybe(hold.opioids_may_work),
        "why_not": hold.why_not,
    }


def _what_if(result: WhatIfResult) -> Plain:
    asked, shares = result.asked, result.protected_share
    return {
        "asked": {
            "skip_next": asked.skip_next,
            "delay_next_h": asked.delay_next_h,
            "inject_now": asked.inject_now,
            "nothing_more": asked.nothing_more,
            "surgery_at": _maybe(asked.surgery_at),
        },
        "protected_share": None if shares is None else [round(share, 4) for share in shares],
        "moved": [
            {
                "scenario": each.scenario,
                "before": _stated(each.before),
                "after": _stated(each.after),
                "hours": None if each.hours is None else round(each.hours, 2),
            }
            for each in result.moved
        ],
        "surgery": _hold(result.surgery),
        "without_effect": list(result.without_effect),
    }
