"""What the tests of screening, overrides and the challenge test do again and again."""

from __future__ import annotations

from typing import Any

from httpx2 import Response
from tests.support.clinics import Browser, OpenClinic
from tests.support.files_on_record import file_on_record
from tests.support.patients import US_TABLET

from antagonist.feedback.events import Event


def patient_of(clinic: OpenClinic, name: str = "eligible_opioid", **changes: Any) -> str:
    """A patient of the examples on the clinic's record."""
    return file_on_record(clinic.clinic.record, name, **changes)


def screened(browser: Browser, patient: str, **fields: Any) -> Response:
    """Send the form of a screening, about one tablet where nothing else is said."""
    chosen = {"question": "start", "jurisdiction": "", "products[]": [US_TABLET], **fields}
    return browser.post(f"/patients/{patient}/screening", **chosen)


def of_kind(clinic: OpenClinic, patient: str, kind: str) -> list[Event]:
    """Events of a kind that a patient has."""
    return [event for event in clinic.clinic.record.all(patient) if event.kind == kind]
