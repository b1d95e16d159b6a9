"""Curves, lines and stated times of the chart, out of solved draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from antagonist.pharmacology.forecast import reference_mg, signals_of, stated_by
from antagonist.pharmacology.kernel.trajectories import Steps
from antagonist.pharmacology.percentiles import hourly_quantiles, quantiles
from antagonist.pharmacology.protection import stated_time
from antagonist.pharmacology.responses import endpoint_of, odds_that_block
from antagonist.pharmacology.results import QUANTILES
from antagonist.pharmacology.settings import Settings
from antagonist.planning.lasting import BLUNTED, ends_h
from antagonist.web.chart.doses import Given
from antagonist.web.chart.model import Floats, Grid, Line, Scenario, Series, Stated
from antagonist.web.chart.solving import Drawn, Solver

LINE_OF: Mapping[str, str] = {
    "protected_until_at_least": "protected",
    BLUNTED: "blunted",
    "overdose_danger_from": "danger",
}
BLOCKED = ("blocked_subjective", "blocked_physiological")
OCCUPANCY = "mu_occupancy"
LEVELS = ("conc_ntx", "conc_6bn")
QUANTITIES = (*BLOCKED, OCCUPANCY, *LEVELS)
# Between looks at who is protected: a share over weeks does not need every hour.
SHARE_STEP_H = 3.0


def unit_of(quantity: str) -> str:
    """The unit in which the chart gives a quantity."""
    return "ng/mL" if quantity in LEVELS else "%"


def _scaled(quantity: str, values: Floats) -> Floats:
    return values if quantity in LEVELS else 100.0 * values


@dataclass(frozen=True)
class Reckoned:
    """All doses of a course, solved, with products to draw besides."""

    solver: Solver
    doses: tuple[Given, ...]
    products: frozenset[str]

    def from_moment(self, at: datetime) -> Drawn | None:
        """Draws that hold from a moment on: without implants taken out by then. None = no dose."""
        left = tuple(dose for dose in self.doses if dose.until is None or dose.until > at)
        return self.solver.solve(left, self.products) if left else None


def grid_of(start: datetime, end: datetime, step_h: int) -> Grid:
    """Even times from start to the first at or after end."""
    hours = (end - start) / timedelta(hours=1)
    return Grid(start, step_h, int(np.ceil(hours / step_h)) + 1)


def moments(grid: Grid) -> tuple[datetime, ...]:
    """Times of a grid. Its start is UTC, so that its hours are elapsed hours."""
    return tuple(grid.start + timedelta(hours=grid.step_h * n) for n in range(grid.count))


def series_of(
    course: Reckoned, chosen: Settings, grid: Grid, until: datetime | None
) -> dict[str, Series]:
    """Quantiles of every quantity. until: where the curves end, None = with the grid.

    An implant stops to count when it is taken out. Nothing is known before the first dose.
    """
    parts, first = list[Mapping[str, Floats]](), None
    last = grid.count if until is None else min(_index(grid, until), grid.count)
    for from_i, until_i, drawn in _pieces(course, grid, last):
        begin = max(from_i, _index(grid, drawn.first))
        if begin >= until_i:
            continue
        first = begin if first is None else first
        from_h = drawn.hour(grid.start) + grid.step_h * begin
        steps = Steps(from_h, float(grid.step_h), until_i - begin)
        dose_mg = reference_mg(drawn.ensemble, chosen.threshold)
        parts.append(hourly_quantiles(drawn.ensemble, dose_mg, steps, QUANTILES))
    if first is None:
        return {}
    return {
        name: Series(
            name, unit_of(name), first,
            np.maximum(_scaled(name, np.concatenate([part[name] for part in parts], axis=1)), 0.0),
        )
        for name in QUANTITIES
    }  # fmt: skip


def _index(grid: Grid, at: datetime) -> int:
    """The first time of the grid that is not before a moment."""
    return max(int(np.ceil((at - grid.start) / timedelta(hours=grid.step_h))), 0)


def _pieces(course: Reckoned, grid: Grid, last: int) -> Iterator[tuple[int, int, Drawn]]:
    """Spans of the grid between removals of implants, with the draws that hold there."""
    outs = sorted({dose.until for dose in course.doses if dose.until is not None})
    edges = [0, *(min(_index(grid, out), last) for out in outs), last]
    befores = [grid.start - timedelta(days=1), *outs]
    for before, from_i, until_i in zip(befores, edges[:-1], edges[1:], strict=True):
        drawn = course.from_moment(before) if from_i < until_i else None
        if drawn is not None:
            yield from_i, until_i, drawn


def now_of(drawn: Drawn, chosen: Settings, at: datetime) -> dict[str, tuple[float, float, float]]:
    """5, 50 and 95 % of every quantity at a moment."""
    seen = signals_of(drawn.ensemble, chosen.threshold, np.array([drawn.hour(at)]))
    found = {}
    for name in QUANTITIES:
        row = _scaled(name, quantiles(seen[name].T.copy(), (0.05, 0.5, 0.95)))[:, 0]
        found[name] = (float(row[0]), float(row[1]), float(row[2]))
    return found


def stated_of(
    drawn: Drawn, chosen: Settings, scenario: Scenario, last: datetime, at: datetime,
    until: datetime, names: Sequence[str] = tuple(LINE_OF),
) -> tuple[Stated, ...]:  # fmt: skip
    """Stated times from a moment on, looked for up to another; exact, not those of the grid.

    last: the last dose.
    """
    asked = [statement for statement in stated_by(chosen.threshold) if statement.name in names]
    last_h, from_h, until_h = drawn.hour(last), drawn.hour(at), drawn.hour(until)
    ended_h = ends_h(drawn.ensemble, chosen.threshold, asked, last_h, from_h, until_h)
    found = []
    for n, statement in enumerate(asked):
        time = stated_time(statement, ended_h[:, n], from_h)
        found.append(
            Stated(
                name=time.name,
                scenario=scenario,
                at=None if time.at_h is None else drawn.moment(time.at_h),
                state=time.state,
                median_at=None if time.median_h is None else drawn.moment(time.median_h),
                share_over_now=time.share_over_now,
                endpoint=time.endpoint,
                blocked_percent=100.0 * time.blocked_fraction,
                percentile=time.percentile,
                since=at,
                looked_until=until,
            )
        )
    return tuple(found)


def protected_share(drawn: Drawn, chosen: Settings, at: datetime, until: datetime) -> float:
    """Share of hours and draws from a moment to another that are at the threshold or over it."""
    time_h = np.arange(drawn.hour(at), drawn.hour(until), SHARE_STEP_H)
    line = chosen.threshold
    dose_mg, endpoint = reference_mg(drawn.ensemble, line), endpoint_of(line.endpoint)
    odds = odds_that_block(line.blocked_fraction, dose_mg, drawn.ensemble.held, endpoint)
    return float(np.mean(drawn.ensemble.signal("mu_odds", time_h) >= odds))


def lines_of(drawn: Drawn, chosen: Settings) -> tuple[Line, ...]:
    """Lines of the stated times: on their own blocked effect, and as occupancy of mu receptors.

    Which occupancy blocks so much of an opioid's effect differs between patients: there a line has
    an interval.
    """
    dose_mg, held = reference_mg(drawn.ensemble, chosen.threshold), drawn.ensemble.held
    found = []
    for statement in stated_by(chosen.threshold):
        name, percent = LINE_OF[statement.name], 100.0 * statement.blocked_fraction
        endpoint = endpoint_of(statement.endpoint)
        found.append(Line(name, f"blocked_{endpoint}", percent, percent, percent, True))
        odds = odds_that_block(statement.blocked_fraction, dose_mg, held, endpoint)
        occupied = 100.0 * odds / (1.0 + odds)
        low, middle, high = (float(x) for x in np.percentile(occupied, (5, 50, 95)))
        found.append(Line(name, OCCUPANCY, middle, low, high, False))
    return tuple(found)
