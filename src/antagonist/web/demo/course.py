"""A course of the demo clinic: planned by the planner, then given as the story has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from antagonist.feedback.answering import plain
from antagonist.feedback.events import NewEvent
from antagonist.foundation.data import validated
from antagonist.foundation.errors import InputError
from antagonist.label.monitoring import schedule
from antagonist.label.patient import Patient
from antagonist.pharmacology.settings import settings
from antagonist.planning.plan_model import (
    Plan,
    PlannedDose,
    PlanRequest,
    Refusal,
)
from antagonist.planning.planner import planned_with_outlook
from antagonist.web.demo.story import FILE, Course
from antagonist.web.demo.telling import Teller, Written, later

GIVEN_H, MISSED_H = 1 / 12, 9.0  # after the planned time
LAB_CLOCK, VISIT_CLOCK = time(8, 10), time(9, 20)
EXPIRY_DAYS = 300


def planned_course(patient: Patient, course: Course, start: datetime, draws: int) -> Plan:
    """The plan as it is made on the first day. draws: of the model.

    Raises InputError with the rules for a story whose first day the label closes.
    """
    at = start.isoformat(timespec="seconds")
    clock = f"{start:%H:%M}"
    asked = {"start": start.date(), "clock": clock, **course.request}
    request = validated(PlanRequest, asked, FILE.name)
    found = planned_with_outlook(patient, request, as_of=at, chosen=settings(draws=draws))
    if isinstance(found, Refusal):
        named = ", ".join(str(getattr(reason, "rule", reason)) for reason in found.reasons)
        raise InputError(FILE.name, patient.patient, named, "a first day that the label allows")
    return found


def course_events(plan: Plan, course: Course, teller: Teller, start: datetime) -> Iterator[Written]:
    """The plan's own event, the doses that were given of it, and what was looked at meanwhile."""
    document = {"plan": plain(plan), "reason": course.reason}
    yield teller.actor("prescriber"), NewEvent("plan_change", start, document)
    today = teller.now.at.date()
    last = today + timedelta(days=course.last_day)
    doses = [dose for dose in plan.doses if dose.at.astimezone(start.tzinfo).date() <= last]
    for back, dose in enumerate(reversed(doses), start=1):
        yield _dose(plan, dose, back, len(doses) - back, course, teller)
    labs, visits = (
        last if days is None else min(last, today + timedelta(days=days))
        for days in (course.labs_until, course.visits_until)
    )
    for check in plan.checks:
        kind, looks_at = _kinds()[check.check]
        if plan.start < check.on <= (labs if kind == "laboratory" else visits):
            yield from _check(check.on, kind, looks_at, teller)


def _dose(
    plan: Plan, dose: PlannedDose, back: int, number: int, course: Course, teller: Teller
) -> Written:
    """One dose. back: counted from the last, 1 = the last. number: counted from the first."""
    nurse = teller.actor("nurse")
    at = later(dose.at, hours=GIVEN_H)
    said: dict[str, Any] = {"product": plan.product, "dose_mg": dose.dose_mg}
    planned = {"planned_at": dose.at.isoformat()}
    if dose.kind == "implant":
        place = {"site": "abdomen", "lot": "DEMO-IMP", "given_by": nurse.author}
        return nurse, NewEvent("implant_in", at, said | place)
    if dose.kind == "injection":
        given = {
            "lot": f"DEMO-{number + 1}",
            "expiry": (dose.at + timedelta(days=EXPIRY_DAYS)).date().isoformat(),
            "side": ("left", "right")[number % 2],
            "given_by": nurse.author,
        }
        return nurse, NewEvent("injection", at, said | given | planned)
    other = course.otherwise.get(back)
    if other is not None:
        note = {} if other.note is None else {"note": other.note}
        told = at if other.status == "reported" else later(dose.at, hours=MISSED_H)
        payload = said | {"status": other.status} | planned | note
        return teller.actor("nurse_phone"), NewEvent("dose", told, payload)
    if dose.supervised:
        seen = {"status": "observed", "observed_by": nurse.author, "mouth_checked": True}
        return nurse, NewEvent("dose", at, said | seen | planned)
    return teller.actor("patient"), NewEvent("dose", at, said | {"status": "reported"} | planned)


@lru_cache(maxsize=1)
def _kinds() -> dict[str, tuple[str, tuple[str, ...]]]:
    return {check.id: (check.kind, check.looks_at) for check in schedule()}


def _check(on: date, kind: str, looks_at: Sequence[str], teller: Teller) -> Iterator[Written]:
    """What was found at a check of the plan, with nothing wrong. looks_at: facts it states."""
    lab, visit = (datetime.combine(on, clock, teller.now.tz) for clock in (LAB_CLOCK, VISIT_CLOCK))
    if kind == "laboratory":
        yield from ((teller.actor("lab"), teller.lab(test, lab)) for test in looks_at)
    if kind == "urine":
        taken = {"taken": later(visit, hours=-GIVEN_H).isoformat(), "method": "immunoassay"}
        payload = {**taken, "results": dict(teller.clinic.urine)}
        yield teller.actor("nurse"), NewEvent("urine_drug_test", visit, payload)
    if kind == "visit":
        signs = dict(teller.clinic.vital_signs)
        yield teller.actor("nurse"), NewEvent("vital_signs", visit, signs)
