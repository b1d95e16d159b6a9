"""The days of a plan: first days, the regimen's cycles, injections and implants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from antagonist.label.induction import Induction
from antagonist.label.regimens import Regimen
from antagonist.planning.clinic import Clinic
from antagonist.planning.plan_model import DoseKind

WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class DayDose:
    """A dose on a day. moved_from: its own day, where the clinic is closed on it."""

    day: date
    dose_mg: float
    kind: DoseKind
    moved_from: date | None = None
    not_before: date | None = None


def cycle_start(regimen: Regimen, first_free: date) -> date:
    """First day on which the regimen's cycle can begin: cycles of a week begin on Monday."""
    if regimen.cycle_days != WEEK_DAYS:
        return first_free
    return first_free + timedelta(days=-first_free.weekday() % WEEK_DAYS)


def oral_days(
    regimen: Regimen, first: Induction | None, start: date, end: date, *, splits: bool
) -> tuple[DayDose, ...]:
    """Doses by mouth from start up to, without, end.

    first: the first days; None = the cycle begins at once. splits: whether the product can be
    divided into the first days' smaller dose.
    """
    found: list[DayDose] = []
    if first is not None:
        for offset, step in enumerate(first.days):
            dose_mg = step.dose_mg if splits else step.instead_mg
            found.append(DayDose(start + timedelta(days=offset), dose_mg, "induction"))
    free = start + timedelta(days=len(found))
    begins = cycle_start(regimen, free)
    if first is not None:
        found += [
            DayDose(free + timedelta(days=i), first.until_cycle_mg, "bridge")
            for i in range((begins - free).days)
        ]
    found += _cycles(regimen, begins, end)
    return tuple(dose for dose in found if dose.day < end)


def _cycles(regimen: Regimen, begins: date, end: date) -> Iterator[DayDose]:
    cycle = begins
    while cycle < end and regimen.cycle_days is not None:
        for dose in regimen.doses:
            yield DayDose(cycle + timedelta(days=dose.day - 1), dose.dose_mg, "oral")
        cycle += timedelta(days=regimen.cycle_days)


def injection_days(
    regimen: Regimen, start: date, end: date, open_days: Clinic
) -> tuple[DayDose, ...]:
    """Injections from start up to, without, end: never sooner than the cycle, on open days only.

    A closed day moves an injection later; the next is counted from the day it is really given.
    """
    assert regimen.cycle_days is not None
    found: list[DayDose] = []
    due = start
    while due < end:
        day = open_days.next_open(due)
        moved = due if day != due else None
        not_before = due if found else None
        found.append(DayDose(day, regimen.doses[0].dose_mg, "injection", moved, not_before))
        due = day + timedelta(days=regimen.cycle_days)
    return tuple(found)


def implant_days(dose_mg: float, start: date, open_days: Clinic) -> tuple[DayDose, ...]:
    """One implant on the first open day from start on."""
    day = open_days.next_open(start)
    return (DayDose(day, dose_mg, "implant", start if day != start else None),)
