"""Forecasts as the JSON document of ``antagonist simulate`` (see schema_simulate)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from antagonist.pharmacology.results import QUANTILES, Band, ChallengePoint, Forecast, StatedTime
from antagonist.report.content import PATIENT_WARNINGS, visible_quantities
from antagonist.report.doses import dose_marks
from antagonist.report.limits import limits
from antagonist.report.moments import Clock, Rounding, clock_of
from antagonist.report.phrases import BLUNTED, Audience, checked_audience, course_title
from antagonist.report.wording import Wording, wording

Json = dict[str, Any]
DIGITS = 6  # significant digits of levels and shares: what the draws can bear is less


def document(forecasts: Sequence[Forecast], language: str, audience: str, step_h: int) -> Json:
    """The document without its ``schema`` key.

    step_h: hours between points of the bands, counted from hour 0; now is always a point.
    Patients get no agonist dose of any kind.
    Raises InputError for an unknown language, audience or time zone.
    """
    words, reader = wording(language), checked_audience(audience)
    keys = [f"patient.{k}" for k in PATIENT_WARNINGS] if reader == "patient" else ["doc.breathing"]
    return {
        "disclaimer": words.text("doc.statement"),
        "warnings": [words.text(key) for key in keys],
        "audience": reader,
        "language": words.language,
        "forecasts": [_forecast(forecast, words, reader, step_h) for forecast in forecasts],
    }


def _forecast(forecast: Forecast, words: Wording, reader: Audience, step_h: int) -> Json:
    clock = clock_of(forecast.course, words)
    professional = reader == "professional"
    threshold, source, now = forecast.threshold, forecast.provenance, forecast.now
    seen = visible_quantities(forecast, reader)
    dose = {k: getattr(threshold, k) for k in ("agonist", "route", "dose_mg")}
    return {
        "course": _course(forecast, clock, reader),
        "now": {
            key: {"unit": now.units[key], "interval": [_short(x) for x in now.values[key]]}
            for key in seen
        },
        "stated": [_stated(item, clock, professional) for item in forecast.stated],
        "threshold": {
            "endpoint": threshold.endpoint,
            "blocked_fraction": threshold.blocked_fraction,
            "reference": dose if professional else None,
        },
        "bands": {
            key: _band(forecast.bands[key], forecast.course.as_of_h, step_h)
            for key in seen
            if key in forecast.bands
        },
        "challenges": [_challenge(p, clock) for p in forecast.challenges if professional],
        "width_shares": dict(forecast.width_shares) if professional else {},
        "notes": [
            {"text": limit.text, "english": limit.english}
            for limit in limits(forecast, words, reader)
        ],
        "provenance": {
            "parameter_set": source.parameter_set,
            "version": source.version,
            "sha256": source.sha256,
            "structures": dict(source.structures),
            "draws": source.draws,
            "seed": source.seed,
        },
    }


def _course(forecast: Forecast, clock: Clock, reader: Audience) -> Json:
    course, marks = forecast.course, dose_marks(forecast.course)
    doses = [
        {
            "time_h": dose.time_h,
            "time": _time(clock, dose.time_h),
            "dose_mg": dose.dose_mg,
            "product": dose.product,
            "state": state,
        }
        for state, given in (("taken", marks.taken), ("planned", marks.planned))
        for dose in given
    ]
    return {
        "title": course_title(forecast, clock.words, reader),
        "patient": course.subject.id,
        "timezone": course.timezone,
        "as_of_h": course.as_of_h,
        "as_of": _time(clock, course.as_of_h),
        "horizon_h": course.horizon_h,
        "horizon": _time(clock, course.horizon_h),
        "doses": doses,
        "missed_h": list(marks.missed_h),
    }


def _stated(item: StatedTime, clock: Clock, professional: bool) -> Json:
    rounding: Rounding = "up" if item.name == BLUNTED else "down"
    return {
        "name": item.name,
        "state": item.state,
        "at_h": item.at_h,
        "at": None if item.at_h is None else _time(clock, item.at_h, rounding),
        "endpoint": item.endpoint,
        "blocked_fraction": item.blocked_fraction,
        "percentile": item.percentile,
        "median_h": item.median_h if professional else None,
        "share_over_now": item.share_over_now if professional else None,
    }


def _band(band: Band, now_h: float, step_h: int) -> Json:
    whole = np.abs(band.time_h / step_h - np.round(band.time_h / step_h)) < 1e-6
    kept = whole | (np.abs(band.time_h - now_h) < 1e-9)
    rows = zip(QUANTILES, band.quantiles[:, kept], strict=True)
    return {
        "unit": band.unit,
        "time_h": band.time_h[kept].tolist(),
        "quantiles": {f"{share:g}": [_short(x) for x in row] for share, row in rows},
    }


def _challenge(point: ChallengePoint, clock: Clock) -> Json:
    low_mg = point.breakthrough_low_mg
    warning = None if low_mg is None else clock.words.text("doc.breathing")
    return {
        "time_h": point.time_h,
        "time": _time(clock, point.time_h),
        "agonist": point.agonist,
        "route": point.route,
        "dose_mg": point.dose_mg,
        "endpoint": point.endpoint,
        "remaining": [_short(share) for share in point.remaining],
        "breakthrough_low_mg": low_mg,
        "breakthrough_warning": warning,
        "extrapolated": point.extrapolated,
    }


def _time(clock: Clock, time_h: float, rounding: Rounding = "down") -> str | None:
    return None if clock.origin is None else clock.local(time_h, rounding).isoformat()


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
