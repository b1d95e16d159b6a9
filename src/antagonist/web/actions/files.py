"""A patient's file from the record: what screening and plans are asked about."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from antagonist.feedback.identity import identities_of
from antagonist.feedback.merging import history_of_all
from antagonist.feedback.record import Record
from antagonist.feedback.state import folded, patient_file
from antagonist.label.patient import Patient

BIRTH_DATE = "birth_date"  # among the names of an identity, where the clinic keeps it


def file_of(record: Record, patient: str, at: datetime, tz: ZoneInfo) -> Patient:
    """The file of a patient as the record has it at a moment; what is not on record is unknown.

    at: aware. tz: the clinic's. The birth date comes from the identity; erased, it is unknown.
    Raises InputError for what the label's rooms cannot read, such as a birth date that is none.
    """
    events = history_of_all(record, patient, valid_at=at)
    identity = identities_of(record, [patient]).get(patient)
    born = None if identity is None else identity.names.get(BIRTH_DATE)
    return patient_file(folded(events, at), str(tz), patient=patient, birth_date=born)
