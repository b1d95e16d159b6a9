"""The chart of a patient: past from doses really taken, future from the plan or a what-if."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from antagonist.feedback.acting.learned import Learned
from antagonist.feedback.events import Event
from antagonist.feedback.history import current
from antagonist.feedback.state import folded_held
from antagonist.feedback.state_model import PatientState
from antagonist.pharmacology.settings import Settings, settings
from antagonist.planning.treatment import DRAWS
from antagonist.web.chart.comparing import (
    Asked,
    moved_by,
    products_of,
    shares_of,
    stated_with,
)
from antagonist.web.chart.curves import (
    BLOCKED,
    grid_of,
    lines_of,
    now_of,
    series_of,
)
from antagonist.web.chart.doses import (
    Changed,
    Given,
    changed,
    injection_now,
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
    Series,
    Span,
    Stated,
    WhatIf,
    WhatIfResult,
)
from antagonist.web.chart.solving import (
    Person,
    own_solver,
    person_of,
    population_solver,
)
from antagonist.web.chart.surgery import hold_of
from antagonist.web.chart.table import days_of, summary_of
from antagonist.web.chart.timeline import happenings_of


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
    solver = population_solver(person.covariates, chosen, quick=asked_if.changes)
    if learned is not None:
        solver = own_solver(learned, chosen)
    asked = Asked(
        at.astimezone(UTC), chosen, solver, taken_doses(state, start), planned_doses(state), end
    )
    hold = _hold(person, asked, asked_if, at, label)
    moved = changed(asked.planned, asked_if, asked.at, hold.hold if hold else None)
    return _chart(asked, moved, asked_if, hold, state, held, grid, zone)


def _midnight(at: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of a moment's day, as UTC: hours from it are elapsed hours."""
    return datetime.combine(at.astimezone(zone).date(), time(0), zone).astimezone(UTC)


def _hold(
    person: Person, asked: Asked, asked_if: WhatIf, at: datetime, label: str | None
) -> Hold | None:
    if asked_if.surgery_at is None:
        return None
    counted = [d for d in asked.taken if d.until is None or d.until > asked.at]
    if asked_if.inject_now:  # the operation comes after it
        counted.append(injection_now(asked.planned, asked.at))
    return hold_of(person, counted, asked.planned, asked_if.surgery_at, at, asked.chosen, label)


def _chart(
    asked: Asked, moved: Changed, asked_if: WhatIf, hold: Hold | None, state: PatientState,
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
    shares: tuple[float, float] | None = None
    if empty is None:
        known = [dose for dose in in_sight if until is None or dose.at < until]
        products = products_of(asked, known)
        course = asked.reckoned(known, products)
        series = series_of(course, asked.chosen, grid, until)
        drawn = course.from_moment(asked.at)
        assert drawn is not None
        lines = lines_of(drawn, asked.chosen)
        if drawn.first <= asked.at:
            now = now_of(drawn, asked.chosen, asked.at)
        stated = stated_with(asked, known, products, asked_if, until)
        changes = moved_by(asked, stated, products, asked_if, until)
        shares = shares_of(asked, drawn, products, asked_if, until)
        days = _days(series, lines, grid, asked, zone)
    marks = (*unsaid_doses(state), *moved.marks)
    end = grid.start + timedelta(hours=grid.step_h * (grid.count - 1))
    result = None
    if asked_if.changes:
        result = WhatIfResult(asked_if, shares, changes, hold, moved.without_effect)
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
    asked: Asked, planned: Sequence[Given]
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


def _days(
    series: dict[str, Series], lines: Sequence[Line], grid: Grid, asked: Asked, zone: ZoneInfo
) -> tuple[Day, ...]:
    """Rows of the quantity on which the threshold is defined."""
    quantity = f"blocked_{asked.chosen.threshold.endpoint}"
    if quantity not in BLOCKED or quantity not in series:
        return ()
    line = next(each for each in lines if each.exact and each.quantity == quantity)
    return days_of(series[quantity], line, grid, asked.at, zone)
