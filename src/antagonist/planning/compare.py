"""Regimens side by side: share of time protected, weakest hour, protection after the last dose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from antagonist.foundation.errors import InputError
from antagonist.label.regimens import Regimen
from antagonist.pharmacology.agonists import heroin_equivalent
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.dosing.records import Subject
from antagonist.pharmacology.ensemble import Ensemble, ensemble
from antagonist.pharmacology.kernel.window import Window
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.responses import ENDPOINTS, Endpoint, blocked, odds_that_block
from antagonist.pharmacology.results import Provenance, Spread, Threshold
from antagonist.pharmacology.settings import Settings, settings
from antagonist.planning.lasting import lasting_h
from antagonist.planning.regimens import (
    DAY_H,
    WEEK_H,
    chosen_regimens,
    cycle_start_h,
    dosing,
    has_data,
)
from antagonist.planning.response import SMALLEST_ODDS, Floats, spread

MAX_WEEKS = 52
# Grids: an hour for cycles of up to a week, coarser for longer ones; ends on a logarithmic grid.
_CYCLE_POINTS, _VIEW_POINTS, _FOLLOW_POINTS = 168, 120, 160
_FIRST_FOLLOWED_H = 0.25


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Lasting(_Result):
    """How long protection lasts after the last dose; before it sets in there is none."""

    at_least_h: float | None = Field(
        description="5th percentile, h; 0: not reached; null: longer than searched_h"
    )
    median_h: float | None = Field(
        description="Median, h; 0: not reached; null: longer than searched_h"
    )
    reached: float = Field(description="Share of patients who reach the line after that dose")
    searched_h: float = Field(description="How long an end was looked for, h")


class Weakest(_Result):
    """The weakest hour: of a cycle at steady state, or after the first week of a single dose."""

    blocked: Spread = Field(description="Lowest blocked share of each patient")
    at_h: float = Field(
        description="Hour of the cycle (after the dose, if single) of the lowest median"
    )
    after_dose_h: float = Field(description="Hours from the dose before it to that hour")


class Protection(_Result):
    """What a regimen gives on one endpoint, against the line stored here."""

    endpoint: Endpoint
    blocked_fraction: float = Field(description="Protected means blocked by this share or more")
    time_protected: Spread = Field(description="Share of the period")
    weakest: Weakest
    after_last_dose: Lasting


class Compared(_Result):
    """One regimen. protection is empty where the product has no published levels."""

    id: str
    title: Mapping[Literal["en", "ru"], str]
    product: str
    status: Literal["data", "no_data"]
    reason: str = Field(description="Why there is no data; else a note on the product's data")
    source: str = Field(description="Where the regimen comes from")
    steady_state: bool = Field(description="Seen at steady state; false: from a single dose on")
    cycle_days: int | None
    period_weeks: float = Field(description="Weeks that doses_in_period and mg_in_period count")
    doses_in_period: float | None = Field(description="null: the dose is unknown")
    mg_in_period: float | None = Field(description="Stated mg; null: the dose is unknown")
    mg_per_week: float | None
    protection: tuple[Protection, ...] = Field(description="Subjective, then physiological")


class Comparison(_Result):
    """Regimens in the order asked for, with the line and the numbers behind them."""

    threshold: Threshold
    provenance: Provenance
    weeks: int
    regimens: tuple[Compared, ...]


class CompareDocument(Comparison):
    """What ``antagonist compare --json`` prints."""

    schema_name: Literal["antagonist.compare/1"] = Field(alias="schema")
    disclaimer: str


def _spread(values: Floats) -> Spread:
    low, median, high = spread(values)
    return Spread(low=low, median=median, high=high)


def share_over(time_h: Floats, over: Floats) -> Floats:
    """Share of a span that each draw spends over its line, linear between points.

    time_h: shape (T,), h, increasing, any spacing. over: shape (S, T), positive where over.
    Returns shape (S,), in [0, 1].
    """
    before, after = over[:, :-1], over[:, 1:]
    top, bottom = np.maximum(before, after), np.minimum(before, after)
    width = np.where(top > bottom, top - bottom, 1.0)
    part = np.where(bottom > 0, 1.0, np.where(top > 0, np.minimum(top / width, 1.0), 0.0))
    result: Floats = part @ np.diff(time_h) / (time_h[-1] - time_h[0])
    return result


def _lasting(end_h: Floats, searched_h: float) -> Lasting:
    kept = np.sort(end_h)
    # whole ranks, downwards: keep infinities and never state more than the draws hold
    found = [float(kept[int(share * (len(kept) - 1))]) for share in (0.05, 0.5)]
    at_least_h, median_h = (x if np.isfinite(x) else None for x in found)
    return Lasting(
        at_least_h=at_least_h,
        median_h=median_h,
        reached=float(np.mean(end_h > 0)),
        searched_h=searched_h,
    )


def _view_h(regimen: Regimen) -> Floats:
    """Hours of the cycle (or of the single dose's period) that are looked at, from 0."""
    if regimen.cycle_days is not None:
        step_h = max(1.0, regimen.cycle_days * DAY_H / _CYCLE_POINTS)
        return np.arange(0.0, regimen.cycle_days * DAY_H + step_h / 2, step_h)
    end_h = (regimen.view_weeks or 0) * WEEK_H
    return np.union1d(np.append(0.0, np.geomspace(1.0, end_h, _VIEW_POINTS)), [WEEK_H])


def _weakest(regimen: Regimen, time_h: Floats, median: Floats, lowest: Floats) -> Weakest:
    """median: of the blocked share at time_h. lowest: of each draw, shape (S,)."""
    late = time_h >= _weakest_from_h(regimen)
    at_h = float(time_h[late][median[late].argmin()])
    given = [(dose.day - 1) * DAY_H for dose in regimen.doses]
    given.append(given[-1] - (regimen.cycle_days or 0) * DAY_H)
    # effect lags behind the dose: at its very hour a dose has not acted yet
    last_h = max((h for h in given if h < at_h), default=given[-1])
    return Weakest(blocked=_spread(lowest), at_h=at_h, after_dose_h=at_h - last_h)


def _weakest_from_h(regimen: Regimen) -> float:
    return 0.0 if regimen.cycle_days is not None else WEEK_H


def _protection(regimen: Regimen, drawn: Ensemble, threshold: Threshold) -> tuple[Protection, ...]:
    start_h, view_h = cycle_start_h(regimen), _view_h(regimen)
    last_h = start_h + (regimen.doses[-1].day - 1) * DAY_H
    follow_h = regimen.follow_weeks * WEEK_H
    after_h = np.append(0.0, np.geomspace(_FIRST_FOLLOWED_H, follow_h, _FOLLOW_POINTS))
    held = drawn.held
    dose_mg = threshold.dose_mg * heroin_equivalent(threshold.agonist, threshold.route, held)
    # the cycle looked at is the last one: its end is read before the next cycle's first dose
    odds = np.maximum(drawn.signal("mu_odds", start_h + view_h), SMALLEST_ODDS)
    length_h = float(view_h[-1])
    window = Window.between(
        start_h, start_h + length_h, weakest_from_h=start_h + _weakest_from_h(regimen)
    )
    found = []
    for endpoint in ENDPOINTS:
        line = odds_that_block(threshold.blocked_fraction, dose_mg, held, endpoint)
        line = np.maximum(line, SMALLEST_ODDS)
        told = drawn.told(line, window)
        share = blocked(dose_mg, odds, held, endpoint)
        lowest = blocked(dose_mg, told.weakest[:, None], held, endpoint)[:, 0]
        found.append(
            Protection(
                endpoint=endpoint,
                blocked_fraction=threshold.blocked_fraction,
                time_protected=_spread(told.above_h / length_h),
                weakest=_weakest(regimen, view_h, np.median(share, axis=0), lowest),
                after_last_dose=_lasting(lasting_h(drawn, line, last_h, after_h), follow_h),
            )
        )
    return tuple(found)


def compared(name: str, regimen: Regimen, weeks: int, chosen: Settings) -> Compared:
    """One regimen's figures for one new patient, with everything uncertain drawn.

    name: its id. weeks: period of a repeated regimen's doses and milligrams; a single dose has
    its own period. The same seed gives products of one kind the same patients.
    """
    product = formulations()[regimen.release_model]
    repeated = regimen.cycle_days is not None
    period = float(weeks if repeated else regimen.view_weeks or 0)
    cycles = period * 7 / regimen.cycle_days if regimen.cycle_days is not None else 1.0
    known = bool(regimen.doses)
    protection: tuple[Protection, ...] = ()
    if has_data(regimen):
        drawn = ensemble(
            parameter_set(chosen.parameter_set),
            Subject(name, dosing(regimen)),
            draws=chosen.draws,
            rng=np.random.default_rng(chosen.seed),
        )
        protection = _protection(regimen, drawn, chosen.threshold)
    return Compared(
        id=name,
        title={"en": regimen.title.en, "ru": regimen.title.ru},
        product=regimen.release_model,
        status=product.status,
        reason=product.note or ("" if has_data(regimen) else "no published levels"),
        source=regimen.source,
        steady_state=repeated,
        cycle_days=regimen.cycle_days,
        period_weeks=period,
        doses_in_period=cycles * len(regimen.doses) if known else None,
        mg_in_period=cycles * regimen.period_mg if known else None,
        mg_per_week=cycles * regimen.period_mg / period if known else None,
        protection=protection,
    )


def checked_weeks(weeks: int) -> int:
    """The period, if allowed. Raises InputError outside 1 to MAX_WEEKS."""
    if not 1 <= weeks <= MAX_WEEKS:
        raise InputError("", "weeks", weeks, f"1 to {MAX_WEEKS}")
    return weeks


def comparison(rows: Iterable[Compared], weeks: int, chosen: Settings) -> Comparison:
    """Compared regimens with the line and the provenance that go with them."""
    parameters = parameter_set(chosen.parameter_set)
    weights = {part.structure.id: part.weight for part in parameters.fitted}
    return Comparison(
        threshold=chosen.threshold,
        provenance=Provenance(
            parameters.name, parameters.version, parameters.sha256, weights,
            chosen.draws, chosen.seed,
        ),
        weeks=weeks,
        regimens=tuple(rows),
    )  # fmt: skip


def compare(
    names: Iterable[str] | None = None, *, weeks: int = 4, chosen: Settings | None = None
) -> Comparison:
    """Put regimens side by side.

    names: ids in the label's data/regimens.yaml, default all. weeks: 1 to 52, see ``compared``.
    Raises InputError for an unknown regimen or weeks that are not allowed.
    """
    chosen = chosen or settings()
    asked = chosen_regimens(list(names) if names is not None else None)
    checked_weeks(weeks)
    rows = [compared(name, regimen, weeks, chosen) for name, regimen in asked.items()]
    return comparison(rows, weeks, chosen)
