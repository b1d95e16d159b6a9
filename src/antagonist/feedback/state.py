"""The state of a patient: a pure function of the events that hold at a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, cast

from antagonist.feedback.events import Event
from antagonist.feedback.history import current
from antagonist.feedback.payloads.parts import stated
from antagonist.feedback.payloads.registry import NEWEST, upgraded
from antagonist.feedback.state_file import patient_file
from antagonist.feedback.state_model import (
    AlarmOnRecord,
    AlarmStatus,
    DoseOnRecord,
    DoseStatus,
    Noted,
    PatientState,
    PlannedOnRecord,
    PlanOnRecord,
    Statement,
)
from antagonist.label.rules import Route

__all__ = ["PatientState", "folded", "patient_file"]

Groups = Mapping[str, Sequence[Event]]
STATING = ("fact", "lab", "vital_signs", "symptom")
# The last of these says all; the ones before it are history.
REPLACING = (
    "opioid_history", "allergies", "medicines", "alcohol", "naltrexone_history",
    "treatment_stop", "surgery_planned", "naloxone_kit", "no_provocation_test",
)  # fmt: skip
COUNTED = (
    "level", "urine_drug_test", "provocation_test", "opioid_use", "alcohol_day", "lapse",
    "relapse", "overdose", "override_attempt", "implant_out", "global_impression", "score",
    "departure",
)  # fmt: skip
CLOSING: Mapping[str, AlarmStatus] = {
    "alarm_withdrawn": "withdrawn",
    "alarm_acknowledged": "acknowledged",
    "alarm_overridden": "overridden",
    "override": "overridden",  # of a decision, unless it names an alarm
}
OPEN: tuple[AlarmStatus, None] = ("open", None)


def folded(events: Sequence[Event], at: datetime) -> PatientState:
    """What the record says of a patient at a moment.

    events: of one patient, corrected ones and corrections among them or not. at: aware; what
    happened later is left out. The order in which events were recorded does not matter, except
    between events of the same moment.
    """
    return folded_held(current(events, at), at)


def folded_held(held: Sequence[Event], at: datetime) -> PatientState:
    """``folded`` of events that hold at the moment, in order of time, as ``current`` gives them."""
    groups: dict[str, list[Event]] = {}
    for event in held:
        groups.setdefault(event.kind, []).append(event)
    doses = tuple(map(_dose, _of(groups, "dose", "injection", "implant_in")))
    last: dict[Route, DoseOnRecord] = {dose.route: dose for dose in doses if dose.taken}
    return PatientState(
        patient=held[-1].patient if held else None,
        at=at,
        events=len(held),
        doses=doses,
        last_by_route=last,
        plan=_plan(groups),
        on_treatment=_on_treatment(groups, last),
        facts=_facts(groups),
        signs=_signs(groups),
        symptoms=_last_by(groups, "symptom", "term"),
        scores=_last_by(groups, "score", "score"),
        consents=_last_by(groups, "consent", "to"),
        latest={kind: _noted(groups[kind][-1]) for kind in REPLACING if kind in groups},
        notes={kind: tuple(map(_noted, groups[kind])) for kind in COUNTED if kind in groups},
        alarms=_alarms(groups),
    )


def _of(groups: Groups, *kinds: str) -> Sequence[Event]:
    """Events of some kinds, oldest first."""
    here = [groups[kind] for kind in kinds if kind in groups]
    if len(here) == 1:
        return here[0]
    return sorted(chain.from_iterable(here), key=lambda event: (event.occurred_at, event.n))


def _payload(event: Event) -> Mapping[str, Any]:
    if event.version == NEWEST[event.kind]:
        return event.payload
    return upgraded(event.kind, event.version, event.payload)


def _source(event: Event) -> str:
    return event.payload.get("source") or f"{event.role} {event.author}"


def _noted(event: Event) -> Noted:
    return Noted(event.event_id, event.kind, event.occurred_at, _source(event), _payload(event))


def _dose(event: Event) -> DoseOnRecord:
    said = _payload(event)
    route: Route = "oral"
    status = cast(DoseStatus, said.get("status", "given"))
    if event.kind != "dose":
        route = "im_xr" if event.kind == "injection" else "implant"
    return DoseOnRecord(
        event.event_id,
        event.occurred_at,
        route,
        said["dose_mg"],
        status,
        said.get("product"),
        said.get("planned_at"),
        said.get("mouth_checked"),
        said.get("side"),
    )


def _plan(groups: Groups) -> PlanOnRecord | None:
    """The plan that the last plan change, plan decision or stop leaves."""
    found: PlanOnRecord | None = None
    for event in _of(groups, "plan_change", "decision", "treatment_stop"):
        said = _payload(event)
        if event.kind != "decision":
            found = _planned(event, said.get("plan"))
        elif said["what"] == "plan" and said["result"].get("plan"):
            found = _planned(event, said["result"]["plan"])
    return found


def _planned(event: Event, document: Mapping[str, Any] | None) -> PlanOnRecord | None:
    if document is None:
        return None
    doses = [
        PlannedOnRecord(datetime.fromisoformat(dose["at"]), dose["dose_mg"], dose["kind"])
        for dose in document["doses"]
    ]
    ordered = tuple(sorted(doses, key=lambda dose: dose.at))
    return PlanOnRecord(event.event_id, event.occurred_at, ordered, document)


def _on_treatment(groups: Groups, last: Mapping[Route, DoseOnRecord]) -> bool | None:
    """A dose after the last stop; an implant that was taken out counts no longer."""
    stops = groups.get("treatment_stop", ())
    outs = groups.get("implant_out", ())
    taken = [
        dose.at
        for route, dose in last.items()
        if route != "implant" or not outs or outs[-1].occurred_at < dose.at
    ]
    if not taken:
        return False if stops or outs else None
    return not stops or stops[-1].occurred_at < max(taken)


def _facts(groups: Groups) -> dict[str, tuple[Statement, ...]]:
    found: dict[str, list[Statement]] = {}
    for event in _of(groups, *STATING):
        for name, entry in stated(event.kind, _payload(event), _source(event)).items():
            said = Statement(event.event_id, event.occurred_at, entry)
            found.setdefault(name, []).append(said)
    return {name: tuple(said) for name, said in found.items()}


def _signs(groups: Groups) -> dict[str, Noted]:
    found: dict[str, Noted] = {}
    for event in groups.get("vital_signs", ()):
        found |= dict.fromkeys(_payload(event), _noted(event))
    return found


def _last_by(groups: Groups, kind: str, key: str) -> dict[str, Noted]:
    last = {_payload(event)[key]: event for event in groups.get(kind, ())}
    return {name: _noted(event) for name, event in last.items()}


def _alarms(groups: Groups) -> tuple[AlarmOnRecord, ...]:
    """Every alarm with what became of it: withdrawn outweighs set aside, and that seen to."""
    closed: dict[str, tuple[AlarmStatus, str]] = {}
    for event in _of(groups, *CLOSING):
        alarm, status = event.payload.get("alarm"), CLOSING[event.kind]
        if alarm is not None and _weight(status) > _weight(closed.get(alarm, OPEN)[0]):
            closed[alarm] = (status, event.event_id)
    return tuple(_alarm(event, closed) for event in groups.get("alarm_raised", ()))


def _weight(status: AlarmStatus) -> int:
    return ("open", "acknowledged", "overridden", "withdrawn").index(status)


def _alarm(event: Event, closed: Mapping[str, tuple[AlarmStatus, str]]) -> AlarmOnRecord:
    status, by = closed.get(event.event_id, OPEN)
    return AlarmOnRecord(event.event_id, event.occurred_at, status, by, _payload(event))
