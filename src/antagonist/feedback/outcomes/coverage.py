"""Proportion of days covered (PDC): under each rule for hospital days, and with a gap ceiling."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Literal, NamedTuple

from antagonist.feedback.outcomes.course import Course, Intake, days_from
from antagonist.feedback.outcomes.rules import number, whole

Basis = Literal["packs", "doses_by_mg", "doses_by_day"]
DAY = timedelta(days=1)


class Supply(NamedTuple):
    """Drug on hand from a day on, for some days."""

    on: date
    days: int


@dataclass(frozen=True, slots=True)
class DaysCovered:
    """PDC of a window. The same patient has several: none is shown without the others.

    ignored: hospital days count like any other. taken_out: they leave the window. covered: they
    count as covered. with_ceiling: the excess of gaps over the ceiling leaves the window, hospital
    ignored. Each None for a window without days. days: of the window. longest_gap_days: uncovered,
    hospital ignored.
    """

    basis: Basis
    first: date
    last: date
    days: int
    covered_days: int
    hospital_days: int
    ignored: float | None
    taken_out: float | None
    covered: float | None
    with_ceiling: float | None
    ceiling_days: int
    longest_gap_days: int


def covered_days(supplies: Sequence[Supply], last: date) -> frozenset[date]:
    """Days with drug on hand up to ``last``.

    Supply left over moves the next one's first day on, so that no day counts twice.
    Source: Pharmacy Quality Alliance's worked example, as measures.md section 1 tells it.
    """
    found: set[date] = set()
    free = date.min
    for supply in sorted(supplies):
        begin = max(supply.on, free)
        free = begin + supply.days * DAY
        found.update(days_from(begin, min(free - DAY, last)))
    return frozenset(found)


def days_covered(
    covered: Collection[date],
    hospital: Collection[date],
    first: date,
    last: date,
    basis: Basis,
    ceiling_days: int | None = None,
) -> DaysCovered:
    """PDC of the days from first to last, both included.

    covered, hospital: days; those outside the window do not count. Source: Curr Opin Rheumatol
    2010;22:397, table 1 (PMC3160417); the ceiling: Zheng 2026.
    """
    ceiling = whole("pdc_gap_ceiling_days") if ceiling_days is None else ceiling_days
    window = list(days_from(first, last))
    held, away = set(covered), set(hospital)
    on_hand = sum(day in held for day in window)
    inside = sum(day in away for day in window)
    at_home = sum(day in held and day not in away for day in window)
    either = sum(day in held or day in away for day in window)
    gaps = _gaps(window, held)
    excess = sum(max(gap - ceiling, 0) for gap in gaps)
    return DaysCovered(
        basis, first, last, len(window), on_hand, inside,
        ignored=_over(on_hand, len(window)),
        taken_out=_over(at_home, len(window) - inside),
        covered=_over(either, len(window)),
        with_ceiling=_over(on_hand, len(window) - excess),
        ceiling_days=ceiling,
        longest_gap_days=max(gaps, default=0),
    )  # fmt: skip


def _over(part: int, total: int) -> float | None:
    return part / total if total > 0 else None


def _gaps(window: Sequence[date], held: Collection[date]) -> list[int]:
    """Lengths of runs of days without drug."""
    gaps, run = [], 0
    for day in window:
        if day not in held:
            run += 1
        elif run:
            gaps.append(run)
            run = 0
    return [*gaps, run] if run else gaps


def supplies_of(course: Course, basis: Basis) -> tuple[tuple[Supply, ...], ...]:
    """Supplies by route, since supply of one route does not move that of another.

    basis: packs as handed out, or doses as taken, each covering its milligrams over 50 mg a day
    or its own day only. Injections and implants cover the days of the rules' data file.
    """
    oral: list[Supply]
    if basis == "packs":
        oral = [Supply(pack.on, pack.days) for pack in course.packs]
    else:
        oral = [
            Supply(course.day(dose.at), _oral_days(dose) if basis == "doses_by_mg" else 1)
            for dose in course.taken
            if dose.route == "oral"
        ]
    depot = [_depot(dose, course) for dose in course.taken if dose.route == "im_xr"]
    implants = [_depot(dose, course) for dose in course.taken if dose.route == "implant"]
    return tuple(tuple(part) for part in (oral, depot, implants) if part)


def _oral_days(dose: Intake) -> int:
    return max(ceil(dose.dose_mg / number("daily_dose_mg")), 1)


def _depot(dose: Intake, course: Course) -> Supply:
    name = "injection_cover_days" if dose.route == "im_xr" else "implant_cover_days"
    on = course.day(dose.at)
    out = [day for day in course.implant_out if day >= on] if dose.route == "implant" else []
    days = whole(name)
    return Supply(on, min([days, *((day - on).days for day in out)]))


def coverage(course: Course) -> tuple[DaysCovered, ...]:
    """PDC on each basis that there is: packs where handed out, doses by mg, doses by day.

    The window runs from the first supply to the end of observation. Empty without a dose or pack.
    """
    bases: tuple[Basis, ...] = ("doses_by_mg", "doses_by_day")
    found = []
    away = {day for stay in course.hospital for day in days_from(stay.first, stay.last)}
    for basis in ("packs", *bases) if course.packs else bases:
        parts = supplies_of(course, basis)
        if not parts:
            continue
        first = min(supply.on for part in parts for supply in part)
        held = frozenset[date]().union(*(covered_days(part, course.end) for part in parts))
        found.append(days_covered(held, away, first, course.end, basis))
    return tuple(found)
