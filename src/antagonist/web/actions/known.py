"""What the record says of a patient at the moment of a request, and who wrote meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from antagonist.feedback import tables as t
from antagonist.feedback.database import reading
from antagonist.feedback.events import Event
from antagonist.feedback.history import current
from antagonist.feedback.merging import joined
from antagonist.feedback.state import PatientState, folded_held
from antagonist.web.visit import Visit


@dataclass(frozen=True)
class Known:
    """What the record says of a patient now. at: aware, in the clinic's zone.

    written: every event as written, corrected ones too. events: how many the patient's own chain
    has, which a writer states so that nobody overwrites another unseen.
    """

    patient: str
    at: datetime
    written: tuple[Event, ...]
    state: PatientState
    events: int


def known_of(visit: Visit, patient: str) -> Known:
    """A patient's record at the moment of the request, those merged into one together."""
    clinic = visit.clinic
    at = clinic.now().astimezone(clinic.tz)
    with reading(clinic.engine) as connection:
        written = joined(connection, patient)[1]
        here = t.patients.c.patient == patient
        events = connection.execute(select(t.patients.c.events).where(here)).scalar()
    return Known(patient, at, written, folded_held(current(written, at), at), int(events or 0))


def since(known: Known, seen: int) -> tuple[Event, ...]:
    """Events of the patient's own chain that were written after somebody had seen so many."""
    return tuple(e for e in known.written if e.patient == known.patient and e.n > seen)
