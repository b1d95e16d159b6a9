"""What the record tells of one patient, read once for a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from antagonist.feedback.database import reading
from antagonist.feedback.events import Event
from antagonist.feedback.history import current
from antagonist.feedback.identity import Identity, identities_of
from antagonist.feedback.merging import joined
from antagonist.feedback.state import folded_held
from antagonist.feedback.state_model import PatientState
from antagonist.web.visit import Visit


@dataclass(frozen=True)
class Told:
    """A patient as known now.

    patient: whom the record keeps; another than asked for where that one was merged into it.
    at: now, in the clinic's zone. written: every event, of all whom the patient stands for; held:
    those that hold. expected: events of the patient's own chain, what a writer hands back.
    identity: None where it was erased.
    """

    patient: str
    at: datetime
    written: tuple[Event, ...]
    held: tuple[Event, ...]
    state: PatientState
    identity: Identity | None

    @property
    def expected(self) -> int:
        """How many events the patient's own chain has."""
        return max((e.n for e in self.written if e.patient == self.patient), default=0)


def told_of(visit: Visit, patient: str) -> Told:
    """All that is known of a patient now."""
    clinic = visit.clinic
    at = clinic.now().astimezone(clinic.tz)
    with reading(clinic.engine) as connection:
        kept, written = joined(connection, patient)
    held = current(written, at)
    identity = identities_of(clinic.record, [kept]).get(kept)
    return Told(kept, at, written, held, folded_held(held, at), identity)
