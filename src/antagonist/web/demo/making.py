"""The demo clinic written into an empty record, patient by patient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from antagonist.feedback.alarms.answers import acknowledge, override
from antagonist.feedback.alarms.raising import evaluate
from antagonist.feedback.database import reading
from antagonist.feedback.decisions import decide_forecast, decide_plan, decide_screen
from antagonist.feedback.events import Actor, Event, NewEvent
from antagonist.feedback.history import patients_of
from antagonist.feedback.identity import create_patient
from antagonist.feedback.merging import history_of_all
from antagonist.feedback.overrides import record_override
from antagonist.feedback.record import Record
from antagonist.feedback.state import folded, patient_file
from antagonist.foundation.errors import InputError
from antagonist.label.patient import Patient
from antagonist.web.demo.course import course_events, planned_course
from antagonist.web.demo.story import FILE, Answered, Decided, DemoPatient, demo_clinic
from antagonist.web.demo.telling import Now, Teller, Written

DEMO = "demo"  # system of every demo patient's identifier
PROGRAM = "demo"  # of treatment, in the event that begins a demo patient's record
DRAWS = 200  # of the model: the demo is to start soon, its figures are rough
DECIDE: Mapping[str, Callable[..., Event]] = {
    "screen": decide_screen,
    "plan": decide_plan,
    "forecast": decide_forecast,
}
Advance = Callable[[int], None]


def make_demo(
    record: Record, now: datetime, tz: ZoneInfo, *, advance: Advance | None = None
) -> tuple[str, ...]:
    """Write the demo clinic into an empty record; gives the patients' ids in the file's order.

    now: aware, not after the record's clock; every event lies before it or at it. tz: the
    clinic's. advance: called with the number of patients done. Nothing is drawn at random.
    Raises InputError for a record that holds patients, and a time to come.
    """
    if now > record.clock():
        raise InputError("demo", "now", now.isoformat(), "a time not in the future")
    with reading(record.engine) as connection:
        found = next(iter(patients_of(connection)), None)
    if found is not None:
        allowed = "an empty record: demo patients are never mixed with real ones"
        raise InputError("demo", "record", found, allowed)
    clinic, at = demo_clinic(), Now(now.astimezone(tz))
    still = replace(record, clock=lambda: now)
    patients = []
    for done, patient in enumerate(clinic.patients, start=1):
        patients.append(_Maker(still, Teller(clinic, at), patient).made())
        if advance is not None:
            advance(done)
    return tuple(patients)


class _Maker:
    """One patient while being written."""

    def __init__(self, record: Record, teller: Teller, story: DemoPatient) -> None:
        self.record, self.teller, self.story = record, teller, story
        self.now = teller.now.at
        self.patient = create_patient(
            record,
            teller.actor("administrator"),
            story.names,
            [(DEMO, story.id)],
            program=PROGRAM,
        )

    def made(self) -> str:
        """Write all of the story; gives the patient's id."""
        self._write(written for part in self.story.told for written in self.teller.told(part))
        course = self.story.course
        if course is not None:
            start = self.teller.now.moment(course.start)
            plan = planned_course(self._file(start), course, start, DRAWS)
            self._write(course_events(plan, course, self.teller, start))
        for decided in self.story.decisions:
            self._decide(decided)
        evaluate(self.record, self.patient, self.now)
        for answered in self.story.answers:
            self._answer(answered)
        return self.patient

    def _write(self, written: Iterable[Written]) -> None:
        """Append events, one call for each writer."""
        by: dict[Actor, list[NewEvent]] = {}
        for actor, event in written:
            by.setdefault(actor, []).append(event)
        for actor, events in by.items():
            ordered = sorted(events, key=lambda event: event.occurred_at)
            self.record.append(self.patient, ordered, actor)

    def _file(self, at: datetime) -> Patient:
        state = folded(history_of_all(self.record, self.patient, valid_at=at), at)
        birth = self.story.names.get("birth_date")
        return patient_file(state, self.teller.now.tz.key, patient=self.patient, birth_date=birth)

    def _decide(self, decided: Decided) -> None:
        decide = DECIDE[decided.what]
        draws = {} if decided.what == "screen" else {"draws": DRAWS}
        event = decide(
            self.record,
            self.patient,
            self.teller.actor(decided.by),
            file=self._file(self.now),
            as_of=self.now,
            **draws,
            **decided.asked,
        )
        gone = decided.override
        if gone is not None:
            actor = self.teller.actor(gone.by)
            record_override(self.record, event, actor, gone.reason, gone.second_person)

    def _answer(self, answered: Answered) -> None:
        state = folded(history_of_all(self.record, self.patient, valid_at=self.now), self.now)
        open_ = {alarm.payload["alarm"]: alarm.event_id for alarm in state.open_alarms}
        if answered.alarm not in open_:
            raise InputError(FILE.name, self.story.id, answered.alarm, ", ".join(open_))
        answer = acknowledge if answered.answer == "acknowledge" else override
        actor = self.teller.actor(answered.by)
        answer(self.record, open_[answered.alarm], actor, answered.text)
