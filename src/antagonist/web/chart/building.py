"""The chart of a patient: past from doses really taken, future from the plan or a what-if."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from antagonist.feedback.acting.learned import Learned
from antagonist.feedback.events import Event
from antagonist.feedback.history import current
from antagonist.feedback.state import folded_held
from antagonist.feedback.state_model import PatientState
from antagonist.pharmacology.settings import Settings, settings
from antagonist.planning.regimens import WEEK_H
from antagonist.planning.situation_data import situation_data
from antagonist.planning.treatment import DRAWS
from antagonist.web.chart.curves import (
    BLOCKED,
    LINE_OF,
    Reckoned,
    grid_of,
    lines_of,
    now_of,
    series_of,
    stated_of,
)
from antagonist.web.chart.doses import (
    Changed,
    Given,
    changed,
    planned_doses,
    taken_doses,
    unsaid_doses,
)
from antagonist.web.chart.model import (
    Chart,
    Day,
    Empty,
    Grid,
    Hold,
    Line,
    Moved,
    Scenario,
    Series,
    Span,
    Stated,
    WhatIf,
    WhatIfResult,
)
from antagonist.web.chart.solving import Person, Solver, own_solver, person_of, population_solver
from antagonist.web.chart.surgery import hold_of
from antagonist.web.chart.table import days_of, summary_of
from antagonist.web.chart.timeline import happenings_of

PROTECTED, DANGER = "protected_until_at_least", "overdose_danger_from"


@dataclass(frozen=True)
class _Asked:
    """What one chart is made from. taken: doses that got in. planned: to come, as they stand."""

    at: datetime
    chosen: Settings
    solver: Solver
    taken: tuple[Given, ...]
    planned: tuple[Given, ...]
    end: datetime

    def reckoned(self, more: Sequence[Given], products: frozenset[str] = frozenset()) -> Reckoned:
        """Taken doses with some to come, as far as the model knows them."""
        doses = tuple(dose for dose in (*self.taken, *more) if dose.release is not None)
        return Reckoned(self.solver, doses, products)

    def stated(
        self, scenario: Scenario, more: Sequence[Given], products: frozenset[str],
        names: Sequence[str] = tuple(LINE_OF),
    ) -> tuple[Stated, ...]:  # fmt: skip
        """Stated times from now on; none without a dose taken by now."""
        if not any(dose.at <= self.at for dose in (*self.taken, *more)):
            return ()
        drawn = self.reckoned(more, products).from_moment(self.at)
        if drawn is None:
            return ()
        until = self.end
        if scenario == "nothing_more":
            weeks = situation_data().look_ahead_weeks
            counted = [d for d in (*self.taken, *more) if d.until is None or d.until > self.at]
            until = self.at + timedelta(hours=max(weeks[d.route] for d in counted) * WEEK_H)
        return stated_of(drawn, self.chosen, scenario, self.at, until, names)


def chart_of(
    events: Sequence[Event],
    at: datetime,
    zone: ZoneInfo,
    chosen: Settings | None = None,
    what_if: WhatIf | None = None,
    *,
    span: Span | None = None,
    learned: Learned | None = None,
    label: str | None = None,
) -> Chart:
    """The chart of one patient.

    events: of the patient, corrected ones among them or not. at: now, aware. zone: the clinic's.
    chosen: line, seed and draws of a typical new patient; default those of situations. learned:
    the patient's own model at about this moment, from the caller who keeps it; doses recorded
    since count as taken. label: the clinic's, for the hold before an operation.
    A dose with a product without published levels leaves the whole chart without curves, a planned
    one ends them there. Doses that the record calls reported count as taken.
    Raises InputError for an operation before now.
    """
    chosen, asked_if = chosen or settings(draws=DRAWS), what_if or WhatIf()
    span, at = span or Span(), at.astimezone(zone)
    held = current(events, at)
    state = folded_held(held, at)
    person = person_of(state, at, str(zone))
    start = _midnight(at - timedelta(days=span.back_days), zone)
    end = _midnight(at + timedelta(days=span.ahead_days + 1), zone)
    grid = grid_of(start, end, span.step_h)
    solver = population_solver(person.covariates, chosen)
    if learned is not None:
        solver = own_solver(learned, chosen)
    asked = _Asked(
        at.astimezone(UTC), chosen, solver, taken_doses(state, start), planned_doses(state), end
    )
    hold = _hold(person, asked, asked_if, label)
    moved = changed(asked.planned, asked_if, asked.at, hold.hold if hold else None)
    return _chart(asked, moved, asked_if, hold, state, held, grid, zone)


def _midnight(at: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of a moment's day, as UTC: hours from it are elapsed hours."""
    return datetime.combine(at.astimezone(zone).date(), time(0), zone).astimezone(UTC)


def _hold(person: Person, asked: _Asked, asked_if: WhatIf, label: str | None) -> Hold | None:
    if asked_if.surgery_at is None:
        return None
    counted = [d for d in asked.taken if d.until is None or d.until > asked.at]
    return hold_of(
        person, counted, asked.planned, asked_if.surgery_at, asked.at, asked.chosen, label
    )


def _chart(
    asked: _Asked, moved: Changed, asked_if: WhatIf, hold: Hold | None, state: PatientState,
    held: Sequence[Event], grid: Grid, zone: ZoneInfo,
) -> Chart:  # fmt: skip
    in_sight = [dose for dose in moved.doses if dose.at <= asked.end]
    empty, no_model, until = _unknown(asked, in_sight)
    series: dict[str, Series] = {}
    lines: tuple[Line, ...] = ()
    stated: tuple[Stated, ...] = ()
    now: dict[str, tuple[float, float, float]] = {}
    days: tuple[Day, ...] = ()
    changes: tuple[Moved, ...] = ()
    if empty is None:
        known = [dose for dose in in_sight if until is None or dose.at < until]
        products = _products(asked, known)
        course = asked.reckoned(known, products)
        series = series_of(course, asked.chosen, grid, until)
        drawn = course.from_moment(asked.at)
        assert drawn is not None
        lines = lines_of(drawn, asked.chosen)
        if drawn.first <= asked.at:
            now = now_of(drawn, asked.chosen, asked.at)
        stated = _stated(asked, known, products, asked_if, until)
        changes = _moved(asked, stated, products, asked_if, until)
        days = _days(series, lines, grid, asked, zone)
    marks = (*unsaid_doses(state), *moved.marks)
    end = grid.start + timedelta(hours=grid.step_h * (grid.count - 1))
    result = None
    if asked_if.changes:
        result = WhatIfResult(asked_if, changes, hold, moved.without_effect)
    return Chart(
        at=asked.at,
        zone=str(zone),
        grid=grid,
        empty=empty,
        no_model=no_model,
        series=series,
        lines=lines,
        stated=stated,
        happenings=happenings_of(held, state, marks, hold, grid.start, end, zone),
        days=days,
        summary=summary_of(now, days, state, moved.doses),
        threshold=asked.chosen.threshold,
        made=asked.solver.made,
        what_if=result,
    )


def _unknown(
    asked: _Asked, planned: Sequence[Given]
) -> tuple[Empty | None, tuple[str, ...], datetime | None]:
    """Why there are no curves; products without a model; where curves end because of one."""

    def nameless(doses: Sequence[Given]) -> list[str]:
        return [dose.product or dose.route for dose in doses if dose.release is None]

    future = [dose for dose in planned if dose.release is None]
    names = tuple(sorted({*nameless(asked.taken), *nameless(planned)}))
    if any(dose.release is None for dose in asked.taken):
        return "no_model", names, None
    if not asked.taken and not planned:
        return "no_dose", names, None
    until = min((dose.at for dose in future), default=None)
    if not asked.taken and until is not None and until <= planned[0].at:
        return "no_model", names, None
    return None, names, until


def _products(asked: _Asked, planned: Sequence[Given]) -> frozenset[str]:
    """Formulations drawn together, so that a course is compared with itself under a what-if."""
    doses = (*asked.taken, *asked.planned, *planned)
    return frozenset(dose.release for dose in doses if dose.release is not None)


def _injected(planned: Sequence[Given], at: datetime) -> list[Given]:
    """Doses of a what-if given by now: they count as taken."""
    return [dose for dose in planned if dose.at <= at]


def _stated(
    asked: _Asked, planned: Sequence[Given], products: frozenset[str], asked_if: WhatIf,
    until: datetime | None,
) -> tuple[Stated, ...]:  # fmt: skip
    """Without a what-if only products taken are drawn: the times are those of situations then."""
    now = _injected(planned, asked.at)
    if asked_if.changes:
        found = asked.stated("nothing_more", now, products, (PROTECTED, DANGER))
    else:
        found = asked.stated("nothing_more", now, frozenset())
    if until is None:
        found += asked.stated("with_plan", planned, products, (PROTECTED,))
    return found


def _moved(
    asked: _Asked, stated: Sequence[Stated], products: frozenset[str], asked_if: WhatIf,
    until: datetime | None,
) -> tuple[Moved, ...]:  # fmt: skip
    """'Protected until at least' before and after, in the same draws."""
    if not asked_if.changes:
        return ()
    plan = [dose for dose in asked.planned if dose.at <= asked.end]
    before: dict[Scenario, tuple[Stated, ...]] = {
        "nothing_more": asked.stated("nothing_more", (), products, (PROTECTED,)),
    }
    if until is None:
        before["with_plan"] = asked.stated("with_plan", plan, products, (PROTECTED,))
    after = {s.scenario: s for s in stated if s.name == PROTECTED}
    found = []
    for scenario, old in before.items():
        if old and scenario in after:
            found.append(_compared(old[0], after[scenario]))
    return tuple(found)


def _compared(before: Stated, after: Stated) -> Moved:
    hours = None
    if before.at is not None and after.at is not None:
        hours = (after.at - before.at) / timedelta(hours=1)
    return Moved(before.scenario, before, after, hours)


def _days(
    series: dict[str, Series], lines: Sequence[Line], grid: Grid, asked: _Asked, zone: ZoneInfo
) -> tuple[Day, ...]:
    """Rows of the quantity on which the threshold is defined."""
    quantity = f"blocked_{asked.chosen.threshold.endpoint}"
    if quantity not in BLOCKED or quantity not in series:
        return ()
    line = next(each for each in lines if each.exact and each.quantity == quantity)
    return days_of(series[quantity], line, grid, asked.at, zone)
