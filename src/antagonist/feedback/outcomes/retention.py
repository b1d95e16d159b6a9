"""How long a patient stayed in treatment, and how it ended: the stated rule of drop-out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from antagonist.feedback.alarms.modelled import lasting
from antagonist.feedback.outcomes.course import Course, Intake
from antagonist.feedback.outcomes.rules import whole
from antagonist.feedback.state_model import DoseOnRecord
from antagonist.label.rules import Route

Ending = Literal["in_treatment", "completed", "dropped_out", "death", "prison", "transfer"]
COMPETING: tuple[Ending, ...] = ("death", "prison", "transfer")
GAPS: Mapping[Route, str] = {
    "oral": "oral_gap_days",
    "im_xr": "injection_gap_days",
    "implant": "implant_gap_days",
}
DAY_H = 24


@dataclass(frozen=True, slots=True)
class Stay:
    """Time in treatment, from the first dose.

    days: to the end. ending: ``in_treatment`` and ``completed`` are censored; death, prison and
    transfer compete with drop-out. group: product that it began with. returned: whether a dose
    was taken after a drop-out.
    """

    start: date
    days: int
    ending: Ending
    group: str
    returned: bool

    @property
    def end(self) -> date:
        """Day of the end."""
        return self.start + timedelta(days=self.days)


def stay_of(course: Course, oral_gap_days: int | None = None) -> Stay | None:
    """A patient's time in treatment; None without a dose.

    Drop-out is the first gap of more days than the route's limit. Its date is the end of what was
    taken, not of the gap: by mouth the last day with evidence of a dose, of an injection 28 days
    after it, of an implant the modelled end of its blockade. A recorded stop is a drop-out
    without waiting. oral_gap_days: another limit, for the sensitivity table.
    """
    start, group = course.start, course.group
    if start is None or group is None:
        return None
    covered_to, route = start, course.taken[0].route
    for dose in course.taken:
        day = course.day(dose.at)
        if day > course.end:
            break
        if (day - covered_to).days > _gap(route, oral_gap_days):
            return _ended(course, start, covered_to, "dropped_out", group, returned=True)
        until = min(_cover_end(dose, course), course.end)
        if until >= covered_to:
            covered_to, route = until, dose.route
    return _last(course, start, covered_to, route, group, oral_gap_days)


def _last(
    course: Course, start: date, covered_to: date, route: Route, group: str, oral: int | None
) -> Stay:
    """How it ended after the last dose."""
    late = (course.end - covered_to).days > _gap(route, oral)
    last_dose = course.day(course.taken[-1].at)
    stopped = any(day >= last_dose for day in course.stopped)
    gone = course.departure
    if gone is not None and gone.on <= course.today and not late:
        ending: Ending = gone.how
        return _ended(course, start, max(gone.on, start), ending, group)
    if late or stopped:
        return _ended(course, start, covered_to, "dropped_out", group)
    return _ended(course, start, course.end, "in_treatment", group)


def _ended(
    course: Course, start: date, on: date, ending: Ending, group: str, *, returned: bool = False
) -> Stay:
    return Stay(start, (min(on, course.end) - start).days, ending, group, returned)


def _gap(route: Route, oral_gap_days: int | None) -> int:
    if route == "oral" and oral_gap_days is not None:
        return oral_gap_days
    return whole(GAPS[route])


def _cover_end(dose: Intake, course: Course) -> date:
    day = course.day(dose.at)
    if dose.route == "oral":
        return day
    if dose.route == "im_xr":
        return day + timedelta(days=whole("injection_cover_days"))
    out = [when for when in course.implant_out if when >= day]
    return min([day + timedelta(days=_implant_days(dose.product, dose.dose_mg)), *out])


@lru_cache(maxsize=256)
def _implant_days(product: str | None, dose_mg: float) -> int:
    """Days until half of patients are under the line, by the model; else the data file's figure."""
    if product is not None:
        any_day = datetime(2026, 1, 1, tzinfo=UTC)
        dose = DoseOnRecord("", any_day, "implant", dose_mg, "given", product)
        half_h = lasting(dose).half_h
        if half_h is not None:
            return int(half_h // DAY_H)
    return whole("implant_cover_days")


def injections_reached(course: Course) -> int:
    """How many injections in a row came in time: n within n times 28 + 14 days of the first.

    0 without any. Source: measures.md section 1, after Jarvis 2018 and Lee 2018.
    """
    days = [course.day(dose.at) for dose in course.taken if dose.route == "im_xr"]
    reached = 0
    for n, day in enumerate(days, start=1):
        late = whole("injection_cover_days") * n + whole("injection_window_days")
        if (day - days[0]).days > late:
            break
        reached = n
    return reached
