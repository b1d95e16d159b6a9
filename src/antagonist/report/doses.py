"""The doses of a course as marks on a time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from antagonist.pharmacology.dosing.records import Course


@dataclass(frozen=True)
class Dose:
    """One given or planned dose: hours since origin, mg, release profile."""

    time_h: float
    dose_mg: float
    product: str | None


@dataclass(frozen=True)
class DoseMarks:
    """Doses up to the horizon: taken by now, planned after it, missed."""

    taken: Sequence[Dose]
    planned: Sequence[Dose]
    missed_h: Sequence[float]


def dose_marks(course: Course) -> DoseMarks:
    """Every dose of a course in time order, ADDL and II written out."""
    doses = sorted(
        (
            Dose(record.time_h + step * record.ii_h, record.amt_mg, record.product)
            for record in course.subject.records
            if record.evid in (1, 4)
            for step in range(record.addl + 1)
        ),
        key=lambda dose: dose.time_h,
    )
    inside = [dose for dose in doses if dose.time_h <= course.horizon_h]
    taken = tuple(dose for dose in inside if dose.time_h <= course.as_of_h)
    missed_h = tuple(time_h for time_h in course.missed_h if time_h <= course.horizon_h)
    return DoseMarks(taken, tuple(inside[len(taken) :]), missed_h)
