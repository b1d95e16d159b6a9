"""Plan an experiment: the dose for a wanted occupancy, when to measure, wash-out, supply.

The model is linear in the dose: one dose of 1 mg is solved, and its odds (occupied over free
receptors) are scaled. Source of the occupancy: Gaddum 1957, in receptors.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.dosing.records import EventRecord, Subject
from antagonist.pharmacology.ensemble import ensemble
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.receptors import occupancy
from antagonist.pharmacology.results import Note, Provenance, Spread
from antagonist.pharmacology.settings import Settings, settings
from antagonist.pharmacology.study_design import Choices, Design, choices
from antagonist.pharmacology.study_results import (
    Answer,
    Asked,
    Cell,
    Curve,
    Hours,
    Schedule,
    Study,
    Supply,
    TableRow,
    Units,
)

Floats = NDArray[np.float64]
_FIRST_H, _FOLLOW_POINTS, _WINDOW_POINTS, _CURVE_POINTS = 0.1, 400, 121, 60
_ROUNDING = 1e-9  # of a unit: an exact fit is not rounded up to the next one


@dataclass(frozen=True)
class _PerMg:
    """Odds of one receptor for each mg of dose, every draw.

    time_h: shape (T,), h after the dose, the window's points included. odds: shape (S, T).
    window: shape (T,), whether a point lies in the window.
    """

    time_h: Floats
    odds: Floats
    window: NDArray[np.bool_]

    @property
    def lowest(self) -> Floats:
        """Lowest odds in the window for each mg, shape (S,)."""
        found: Floats = self.odds[:, self.window].min(axis=1)
        return found

    def at(self, time_h: float) -> Floats:
        """Odds at a point of the grid, shape (S,)."""
        return self.odds[:, int(np.searchsorted(self.time_h, time_h))]


def _per_mg(asked: Design, follow_h: float, chosen: Settings) -> _PerMg:
    start_h, end_h = asked.window_h
    grid = np.geomspace(_FIRST_H, follow_h, _FOLLOW_POINTS)
    time_h = np.union1d(grid, _window_h(asked, _WINDOW_POINTS))
    drawn = ensemble(
        parameter_set(chosen.parameter_set),
        Subject("study", (EventRecord(0.0, amt_mg=1.0, product=asked.product),)),
        draws=chosen.draws,
        rng=np.random.default_rng(chosen.seed),
    )
    odds = np.maximum(drawn.signal(f"{asked.receptor}_odds", time_h), 0.0)
    return _PerMg(time_h, odds, (time_h >= start_h) & (time_h <= end_h))


def _window_h(asked: Design, points: int) -> Floats:
    return np.linspace(*asked.window_h, points)


def _spread(values: Floats) -> Spread:
    low, median, high = (float(x) for x in np.percentile(values, (5, 50, 95)))
    return Spread(low=low, median=median, high=high)


def _curve(x: Floats, values: Floats) -> Curve:
    """Percentiles over draws; x: shape (T,), values: shape (S, T)."""
    low, median, high = np.percentile(values, (5, 50, 95), axis=0)
    return Curve(x=tuple(x), low=tuple(low), median=tuple(median), high=tuple(high))


def dose_for(lowest_odds_per_mg: Floats, wanted: float, share: float) -> float:
    """Dose that keeps occupancy at or above wanted in a share of people, mg.

    lowest_odds_per_mg: lowest in the window, shape (S,). wanted, share: in (0, 1).
    Returns mg; +inf where no dose does.
    """
    with np.errstate(divide="ignore"):
        each_mg = wanted / (1.0 - wanted) / lowest_odds_per_mg
    return float(np.quantile(each_mg, share, method="higher"))


def rounded_up(dose_mg: float, strength_mg: float, parts: int = 1) -> Units:
    """A dose as whole units, or whole parts of units, never less. parts: of one unit."""
    count = max(math.ceil(dose_mg / strength_mg * parts - _ROUNDING), 1)
    return Units(units=count / parts, dose_mg=count / parts * strength_mg)


def _run(time_h: Floats, holds: NDArray[np.bool_], around: int) -> Hours:
    """The unbroken span around a point where something holds."""
    first = last = around
    while first > 0 and holds[first - 1]:
        first -= 1
    while last < len(holds) - 1 and holds[last + 1]:
        last += 1
    return Hours(
        from_h=float(time_h[first]), to_h=float(time_h[last]), to_end=last == len(holds) - 1
    )


def _washed_out_h(per_mg: _PerMg, dose_mg: float, rule: Choices) -> float | None:
    """First point from which a share of people is and stays under the wash-out occupancy."""
    under = occupancy(dose_mg * per_mg.odds) < rule.washed_out_occupancy
    stays = np.logical_and.accumulate(under[:, ::-1], axis=1)[:, ::-1].mean(axis=0)
    enough = np.flatnonzero(stays >= rule.washed_out_share)
    return float(per_mg.time_h[enough[0]]) if enough.size else None


def _schedule(per_mg: _PerMg, dose_mg: float, wanted: float, rule: Choices) -> Schedule:
    low, median = np.percentile(occupancy(dose_mg * per_mg.odds), (5, 50), axis=0)
    top = int(median.argmax())
    above = low >= wanted
    return Schedule(
        lowest_in_window=_spread(occupancy(dose_mg * per_mg.lowest)),
        top_median=float(median[top]),
        near_top=_run(per_mg.time_h, median >= median[top] - rule.within_top, top),
        above_wanted=_run(per_mg.time_h, above, int(low.argmax())) if above.any() else None,
        washed_out_h=_washed_out_h(per_mg, dose_mg, rule),
        searched_h=float(per_mg.time_h[-1]),
    )


def _supply(asked: Design, planned: Units) -> Supply:
    units = planned.units * asked.people * asked.sessions
    cost = None if asked.price is None else units * asked.price
    return Supply(units_per_session=planned.units, units=units, cost=cost)


def _answer(asked: Design, per_mg: _PerMg, share: float, limit_mg: float, rule: Choices) -> Answer:
    exact_mg = dose_for(per_mg.lowest, asked.occupancy, share)
    reached = math.isfinite(exact_mg)
    parts = rule.divisible.get(asked.product)
    in_parts = rounded_up(exact_mg, asked.strength_mg, parts) if reached and parts else None
    in_whole = rounded_up(exact_mg, asked.strength_mg) if reached else None
    # whole units first: those can always be handed out
    fits = [u for u in (in_whole, in_parts) if u is not None and u.dose_mg <= limit_mg]
    planned = fits[0] if fits else None
    schedule = supply = None
    if planned is not None:
        schedule = _schedule(per_mg, planned.dose_mg, asked.occupancy, rule)
        supply = _supply(asked, planned)
    return Answer(
        people_share=share,
        exact_dose_mg=exact_mg if reached else None,
        in_parts=in_parts,
        in_whole=in_whole,
        status="planned" if planned else "over_limit" if exact_mg > limit_mg else "no_unit_fits",
        planned=planned,
        schedule=schedule,
        supply=supply,
    )


def _table(asked: Design, per_mg: _PerMg, doses_mg: set[float], rule: Choices) -> list[TableRow]:
    hours = _window_h(asked, _WINDOW_POINTS)
    picked = hours[np.linspace(0, len(hours) - 1, rule.window_points).round().astype(int)]
    return [
        TableRow(
            dose_mg=dose_mg,
            cells=tuple(
                Cell(time_h=float(h), occupancy=_spread(occupancy(dose_mg * per_mg.at(h))))
                for h in picked
            ),
            lowest_in_window=_spread(occupancy(dose_mg * per_mg.lowest)),
        )
        for dose_mg in sorted(doses_mg)
    ]


def _warnings(asked: Design, answers: tuple[Answer, ...], limit_mg: float) -> tuple[Note, ...]:
    product = formulations()[asked.product]
    over = "over_limit_oral" if product.route == "oral" else "over_limit_other"
    notes = [
        Note(over, {"share": a.people_share, "limit_mg": limit_mg})
        for a in answers
        if a.status == "over_limit"
    ]
    notes += [
        Note("no_unit_fits", {"share": a.people_share, "strength_mg": asked.strength_mg})
        for a in answers
        if a.status == "no_unit_fits"
    ]
    limit = "liver_limit" if product.route == "oral" else "limit_product"
    notes.append(Note(limit, {"limit_mg": limit_mg}))
    notes.append(Note(f"receptor_{asked.receptor}", {}))
    if asked.price is None:
        notes.append(Note("price_missing", {}))
    notes.append(Note("typical_covariates", {}))
    if product.note:
        notes.append(Note("product_note", {"product": asked.product, "note": product.note}))
    return tuple(notes)


def study(asked: Design, chosen: Settings | None = None) -> Study:
    """Plan a study for healthy adults of unknown covariates, with everything uncertain drawn.

    asked: as ``design`` checks it.
    """
    chosen, rule = chosen or settings(), choices()
    parameters = parameter_set(chosen.parameter_set)
    product = formulations()[asked.product]
    oral = product.route == "oral"
    limit_mg = rule.dose_limit_mg if oral else product.max_dose_mg
    # an end is looked for long after the window too
    follow_h = max(rule.follow_weeks[product.route] * 168.0, 2 * asked.window_h[1])
    per_mg = _per_mg(asked, follow_h, chosen)
    answers = tuple(_answer(asked, per_mg, s, limit_mg, rule) for s in rule.people_shares)
    planned_mg = {a.planned.dose_mg for a in answers if a.planned}
    listed = rule.table_doses_mg if oral else [asked.strength_mg * m for m in rule.table_multiples]
    doses_mg = {dose for dose in listed if dose <= limit_mg} | planned_mg
    least_mg = min([*doses_mg, *(a.exact_dose_mg for a in answers if a.exact_dose_mg)]) / 2
    dose_mg = np.geomspace(least_mg, limit_mg, _CURVE_POINTS)
    course = occupancy(max(planned_mg) * per_mg.odds) if planned_mg else None
    return Study(
        asked=Asked(
            receptor=asked.receptor, occupancy=asked.occupancy, window_h=asked.window_h,
            people=asked.people, sessions=asked.sessions, product=asked.product,
            strength_mg=asked.strength_mg, price_per_unit=asked.price, currency=asked.currency,
        ),
        dose_limit_mg=limit_mg,
        dose_limit_source=rule.dose_limit_source if oral else f"largest dose of {product.id}",
        share_at_limit=float(np.mean(occupancy(limit_mg * per_mg.lowest) >= asked.occupancy)),
        receptor_basis=rule.receptors[asked.receptor].basis,
        receptor_source=rule.receptors[asked.receptor].source,
        answers=answers,
        table=tuple(_table(asked, per_mg, doses_mg, rule)),
        dose_curve=_curve(dose_mg, occupancy(per_mg.lowest[:, None] * dose_mg)),
        time_course=None if course is None else _curve(per_mg.time_h, course),
        warnings=_warnings(asked, answers, limit_mg),
        provenance=Provenance(
            parameters.name, parameters.version, parameters.sha256,
            {part.structure.id: part.weight for part in parameters.fitted},
            chosen.draws, chosen.seed,
        ),
    )  # fmt: skip
