"""What a patient's plan still waits for: injections, doses, visits, tests, the plan's end.

A pure function of the events, without a clock: whether something is overdue is asked later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from antagonist.feedback.alarms.known import latest_of
from antagonist.feedback.events import Event
from antagonist.feedback.state_model import PatientState, PlannedOnRecord, PlanOnRecord
from antagonist.label.monitoring import Check, schedule
from antagonist.planning.situation_data import limit

DueKind = Literal["injection", "implant", "dose", "visit", "lab", "urine"]
# Events that happen in the clinic: on their day the patient was there.
IN_CLINIC = frozenset(
    ("injection", "implant_in", "implant_out", "urine_drug_test", "vital_signs",
     "global_impression", "provocation_test")
)  # fmt: skip
VISIT_SOURCE = "visit"
# A plan moves an injection past a closed day, hardly further.
MOVED_DAYS = 7


@dataclass(frozen=True, slots=True)
class Due:
    """Something to be done on a day of the clinic's calendar.

    what: id of a check, or the kind of dose. event: what it follows from. at: a dose's own time.
    """

    kind: DueKind
    what: str
    on: date
    event: str
    at: datetime | None = None


def due_items(state: PatientState, events: Sequence[Event], at: datetime) -> tuple[Due, ...]:
    """The first of each kind that has not been done, late or not; none after a stop.

    events: of the patient, that hold. at: gives the zone, and the day whose rules count.
    """
    if state.on_treatment is False or has_died(state):
        return ()
    found = [
        *_injection(state, at),
        *_implant(state, at),
        *_dose(state, at),
        *_checks(state, events, at),
    ]
    return tuple(found)


def has_died(state: PatientState) -> bool:
    """Whether the record tells of the patient's death."""
    fatal = any(noted.payload["fatal"] for noted in state.noted("overdose"))
    gone = any(noted.payload["how"] == "death" for noted in state.noted("departure"))
    return (
        fatal or gone or any(s.payload.get("outcome") == "fatal" for s in state.symptoms.values())
    )


def day_of(moment: datetime, at: datetime) -> date:
    """A moment's day in the zone of another."""
    return moment.astimezone(at.tzinfo).date()


def _injection(state: PatientState, at: datetime) -> Iterator[Due]:
    """The next injection: by the label's interval from the last, else the plan's first."""
    plan, last = state.plan, state.last_by_route.get("im_xr")
    planned = _planned_days(plan, "injection", at)
    if last is None:
        if plan is not None and planned:
            yield Due("injection", "injection", planned[0], plan.event_id)
        return
    by_plan = plan is not None and plan.document.get("route") == "im_xr"
    newest = state.last_dose
    if not by_plan and (plan is not None or newest is None or newest.route != "im_xr"):
        return
    interval = limit("xr-missed", "days_since_injection", at.date()).value
    due = day_of(last.at, at) + timedelta(days=int(interval))
    if planned and due > planned[-1] + timedelta(days=int(interval) // 2):
        return  # the course's last injection was given
    moved = [day for day in planned if due <= day <= due + timedelta(days=MOVED_DAYS)]
    yield Due("injection", "injection", moved[0] if moved else due, last.event_id)


def _implant(state: PatientState, at: datetime) -> Iterator[Due]:
    plan, last = state.plan, state.last_by_route.get("implant")
    if plan is None:
        return
    planned = _planned_days(plan, "implant", at)
    if last is None and planned:
        yield Due("implant", "implant", planned[0], plan.event_id)
    renewal = plan.document.get("renewal")
    if renewal is not None and last is not None and last.at >= plan.since:
        yield Due("implant", "renewal", date.fromisoformat(renewal), plan.event_id)


def _planned_days(plan: PlanOnRecord | None, kind: str, at: datetime) -> list[date]:
    return [day_of(dose.at, at) for dose in plan.doses if dose.kind == kind] if plan else []


def oral_planned(plan: PlanOnRecord) -> Iterator[PlannedOnRecord]:
    """Doses by mouth from the moment that a plan holds."""
    for dose in plan.doses:
        if dose.kind not in ("injection", "implant") and dose.at >= plan.since:
            yield dose


def _dose(state: PatientState, at: datetime) -> Iterator[Due]:
    """The first planned dose by mouth after the day of the last one that is on record."""
    plan = state.plan
    if plan is None:
        return
    last = max((day_of(d.at, at) for d in state.doses if d.route == "oral"), default=date.min)
    for dose in oral_planned(plan):
        if day_of(dose.at, at) > last:
            yield Due("dose", dose.kind, day_of(dose.at, at), plan.event_id, dose.at)
            return


@lru_cache(maxsize=1)
def _check_by_id() -> Mapping[str, Check]:
    return {check.id: check for check in schedule()}


def _checks(state: PatientState, events: Sequence[Event], at: datetime) -> Iterator[Due]:
    plan = state.plan
    if plan is None:
        return
    waiting: dict[str, list[date]] = {}
    for entry in plan.document.get("checks", ()):
        waiting.setdefault(entry["check"], []).append(date.fromisoformat(entry["on"]))
    for name, days in waiting.items():
        check = _check_by_id().get(name)
        done = None if check is None else _done(check, state, events, at)
        if check is None or done is None:
            continue
        kind: DueKind = _KINDS[check.kind]
        for day in sorted(days):
            if done < _not_before(check, day, plan):
                yield Due(kind, name, day, plan.event_id)
                break


_KINDS: Mapping[str, DueKind] = {"laboratory": "lab", "urine": "urine", "visit": "visit"}


def _not_before(check: Check, day: date, plan: PlanOnRecord) -> date:
    """From which day on what was done counts for a check."""
    before = check.when.before_first_dose_days
    starts = plan.document.get("start")
    if before is not None and starts is not None and day <= date.fromisoformat(starts):
        return day - timedelta(days=before)
    return day - timedelta(days=check.when.early_days)


def _done(check: Check, state: PatientState, events: Sequence[Event], at: datetime) -> date | None:
    """The last day on which a check was done, date.min = never; None = no check of these kinds."""
    if check.kind == "laboratory":
        days = [_stated_on(state, name, at) for name in check.looks_at]
        return min(days)
    if check.kind == "urine":
        return max((day_of(n.at, at) for n in state.noted("urine_drug_test")), default=date.min)
    if check.kind == "visit":
        return max((day_of(e.occurred_at, at) for e in events if _in_clinic(e)), default=date.min)
    return None


def _stated_on(state: PatientState, fact: str, at: datetime) -> date:
    said = state.facts.get(fact, ())
    return max((_day_of_entry(s.entry, s.at, at) for s in said), default=date.min)


def _day_of_entry(entry: Mapping[str, Any], stated: datetime, at: datetime) -> date:
    dated = entry.get("date")
    if dated is None:
        return day_of(stated, at)
    return day_of(latest_of(dated, max(at, stated)), at)


def _in_clinic(event: Event) -> bool:
    seen = event.kind == "dose" and event.payload["status"] == "observed"
    return seen or event.kind in IN_CLINIC or event.source == VISIT_SOURCE
