"""Visits, tests and questions of a plan, moved to days on which the clinic is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from antagonist.label.facts import Facts
from antagonist.label.monitoring import Check, Due, checks_for, due, falls_away
from antagonist.label.rulebook import counting_jurisdictions
from antagonist.label.rules import Indication, Route
from antagonist.planning.clinic import Clinic
from antagonist.planning.plan_model import PlannedCheck, PlannedDose

VISIT = "visit"


def planned_checks(
    indication: Indication,
    route: Route,
    label: str | None,
    doses: Sequence[PlannedDose],
    end: date,
    open_days: Clinic,
    facts: Facts,
) -> tuple[PlannedCheck, ...]:
    """Checks of a plan in order of day.

    label: the clinic's choice. doses: in order. end: last day of the course.
    A day on which the clinic is closed moves a check to the open day before it, or to the next
    one where that would be too early to count.
    """
    first = doses[0].at.date()
    checks = [
        check
        for check in checks_for(indication, route, counting_jurisdictions(route, label))
        if not falls_away(check, facts)
    ]
    injections = [d.at.date() for d in doses if d.kind in ("injection", "implant")]
    visits = [
        _open(entry, first, open_days)
        for check in checks
        if check.kind == VISIT
        for entry in due(check, first, end)
    ]
    found = {
        (_open(entry, first, open_days), check.id): check
        for check in checks
        for entry in due(check, first, end, visits, injections)
    }
    return tuple(_planned(day, check) for (day, _), check in sorted(found.items(), key=_by_day))


def _by_day(item: tuple[tuple[date, str], Check]) -> tuple[date, str]:
    return item[0]


def _open(entry: Due, first: date, open_days: Clinic) -> date:
    if entry.on == first:
        return entry.on
    earlier = open_days.last_open(entry.on)
    if earlier >= max(entry.not_before, first):
        return earlier
    return open_days.next_open(entry.on)


def _planned(day: date, check: Check) -> PlannedCheck:
    return PlannedCheck(day, check.id, check.title, check.source, check.provenance, check.rules[0])
