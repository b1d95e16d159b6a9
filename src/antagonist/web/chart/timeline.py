"""The record's events in lanes under the chart, doses planned and not taken among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from antagonist.feedback.events import Event
from antagonist.feedback.payloads.registry import NEWEST, upgraded
from antagonist.feedback.state_model import AlarmOnRecord, PatientState
from antagonist.web.chart.doses import Given
from antagonist.web.chart.model import Happening, Hold, Lane

LANE_OF: Mapping[str, Lane] = {
    "dose": "dose", "injection": "dose", "implant_in": "dose", "implant_out": "dose",
    "treatment_stop": "dose", "level": "level", "lab": "lab", "urine_drug_test": "urine",
    "symptom": "symptom", "alarm_raised": "alarm", "words": "words", "lapse": "use",
    "relapse": "use", "overdose": "use", "opioid_use": "use", "override_attempt": "use",
    "provocation_test": "challenge", "surgery_planned": "surgery",
}  # fmt: skip
# Where a payload states when it was, of each kind; else the event's own time counts.
STATES_TIME: Mapping[str, str] = {
    "urine_drug_test": "taken", "lapse": "date", "relapse": "date", "symptom": "onset",
    "provocation_test": "done_at", "opioid_use": "last_use", "surgery_planned": "at",
}  # fmt: skip
ROUTE_OF = {"injection": "im_xr", "implant_in": "implant", "implant_out": "implant"}
NOON = time(12)


def happenings_of(
    held: Sequence[Event],
    state: PatientState,
    marks: Sequence[Given],
    hold: Hold | None,
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
) -> tuple[Happening, ...]:
    """Marks of all lanes between two moments, in order of time.

    held: events that hold. marks: doses of the plan, however they now stand. hold: an operation
    asked about. A mark of which only the day is known stands at noon.
    """
    alarms = {alarm.event_id: alarm for alarm in state.alarms}
    found = [_event(event, alarms, zone) for event in held if event.kind in LANE_OF]
    found += [_planned(dose) for dose in marks]
    found += _operation(hold)
    kept = (mark for mark in found if start <= mark.at <= end)
    return tuple(sorted(kept, key=lambda mark: (mark.at, mark.lane, mark.id)))


def _event(event: Event, alarms: Mapping[str, AlarmOnRecord], zone: ZoneInfo) -> Happening:
    said = event.payload
    if event.version != NEWEST[event.kind]:
        said = upgraded(event.kind, event.version, said)
    at, day_only = _moment(event, said, zone)
    values, status = dict(said), said.get("status")
    if event.kind in ROUTE_OF:
        values["route"] = ROUTE_OF[event.kind]
        status = "removed" if event.kind == "implant_out" else "given"
    if event.kind == "alarm_raised":
        alarm = alarms.get(event.event_id)
        status = "open" if alarm is None else alarm.status
    if event.kind == "symptom" and not said["present"]:
        status = "absent"
    return Happening(event.event_id, at, LANE_OF[event.kind], event.kind, status, values, day_only)


def _moment(event: Event, said: Mapping[str, Any], zone: ZoneInfo) -> tuple[datetime, bool]:
    stated = said.get(STATES_TIME.get(event.kind, ""))
    if event.kind == "dose" and said.get("status") in ("missed", "held", "refused"):
        stated = said.get("planned_at")
    if not isinstance(stated, str):
        return event.occurred_at.astimezone(UTC), False
    try:
        at = datetime.fromisoformat(stated)
        if at.tzinfo is not None:
            return at.astimezone(UTC), False
        return datetime.combine(date.fromisoformat(stated), NOON, zone).astimezone(UTC), True
    except ValueError:  # such as a month without a day
        return event.occurred_at.astimezone(UTC), False


def _planned(dose: Given) -> Happening:
    values = {"dose_mg": dose.dose_mg, "route": dose.route, "product": dose.product}
    mark = f"{dose.id}-{dose.status}"
    return Happening(mark, dose.at.astimezone(UTC), "dose", "planned_dose", dose.status, values)


def _operation(hold: Hold | None) -> Iterator[Happening]:
    if hold is None:
        return
    yield Happening(
        "what-if-surgery", hold.surgery_at.astimezone(UTC), "surgery", "surgery", "what_if", {}
    )
    for kind, at in (("hold", hold.hold), ("opioids_may_work", hold.opioids_may_work)):
        if at is not None:
            yield Happening(f"what-if-{kind}", at.astimezone(UTC), "surgery", kind, "what_if", {})
