"""What the record knows of one patient, with hour 0 where the chart begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from antagonist.feedback.own_model.from_record import case_of
from antagonist.feedback.own_model.known import Dose, Known
from antagonist.feedback.state_model import PatientState
from antagonist.foundation.clock import hours_between
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.catalogue import formulations

DAY_H = 24.0
# Older levels tell little of the patient of today, and older doses nothing of the levels kept.
LEVEL_DAYS = 180
BEFORE_DAYS = {"oral": 60, "im": 400, "implant": 400}
# The chart begins so many days before now; with the last dose, or some days before the last level,
# where that is earlier but not long ago.
CHART_DAYS, BEFORE_LEVEL_DAYS, LONGEST_CHART_DAYS = 10, 5, 42


@dataclass(frozen=True)
class Read:
    """What is known. origin: hour 0, local midnight, aware; earlier doses have hours below 0."""

    known: Known
    origin: datetime


def read_record(state: PatientState, at: datetime) -> Read | None:
    """Doses with their evidence, levels and urine of a patient.

    at: now, aware, in the clinic's zone.
    None where there is neither a level nor a urine test of 6-beta-naltrexol, and where a product
    is not modelled or an implant was taken out: then there is nothing to learn from.
    """
    if not state.noted("level") or not state.doses or _implant_out(state):
        return None
    try:
        case = case_of(state, str(at.tzinfo))
    except InputError:
        return None
    if any(formulations()[d.product].status != "data" for d in case.known.doses):
        return None
    begun = case.course.subject.origin
    assert begun is not None
    known = _recent(case.known, case.course.as_of_h)
    if not known.doses or not (known.levels or known.urine):
        return None
    ends = [begun + timedelta(hours=known.doses[n].time_h) for n in (0, -1)]
    origin = _origin(ends, _tests(known, begun), at)
    return Read(moved(known, hours_between(origin, begun)), origin)


def _implant_out(state: PatientState) -> bool:
    outs = [noted.at for noted in state.noted("implant_out")]
    return any(d.route == "implant" and out >= d.at for d in state.doses for out in outs)


def _recent(known: Known, now_h: float) -> Known:
    """Without what is too old to tell anything."""
    since_h = now_h - LEVEL_DAYS * DAY_H
    levels = tuple(x for x in known.levels if x.time_h >= since_h)
    urine = tuple(x for x in known.urine if x.time_h >= since_h)
    first_h = min([now_h, *(x.time_h for x in levels), *(x.time_h for x in urine)])

    def counts(dose: Dose) -> bool:
        before_days: int = BEFORE_DAYS[formulations()[dose.product].route]
        return dose.time_h >= first_h - before_days * DAY_H

    return replace(known, doses=tuple(filter(counts, known.doses)), levels=levels, urine=urine)


def _tests(known: Known, begun: datetime) -> list[datetime]:
    hours = [*(x.time_h for x in known.levels), *(x.time_h for x in known.urine)]
    return sorted(begun + timedelta(hours=hour) for hour in hours)


def _origin(doses: Sequence[datetime], tests: Sequence[datetime], at: datetime) -> datetime:
    """Where the chart begins. doses: the first and the last."""
    longest = at - timedelta(days=LONGEST_CHART_DAYS)
    wanted = [doses[-1], tests[-1] - timedelta(days=BEFORE_LEVEL_DAYS)]
    start = min([at - timedelta(days=CHART_DAYS), *(w for w in wanted if w >= longest)])
    begin = max(start, doses[0]).astimezone(at.tzinfo)
    return datetime.combine(begin.date(), time(0), at.tzinfo)


def moved(known: Known, by_h: float) -> Known:
    """The same with every hour later by so many."""
    return replace(
        known,
        doses=tuple(replace(x, time_h=x.time_h + by_h) for x in known.doses),
        levels=tuple(replace(x, time_h=x.time_h + by_h) for x in known.levels),
        urine=tuple(replace(x, time_h=x.time_h + by_h) for x in known.urine),
        pill_counts=tuple(
            replace(x, from_h=x.from_h + by_h, until_h=x.until_h + by_h) for x in known.pill_counts
        ),
        changes=tuple(replace(x, time_h=x.time_h + by_h) for x in known.changes),
    )
