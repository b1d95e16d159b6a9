"""What tests of the pages put on the record of a clinic: doses, plans, signs that raise alarms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.support.clinics import NURSE, OpenClinic

from antagonist.feedback.alarms.raising import evaluate
from antagonist.feedback.events import Event, NewEvent
from antagonist.feedback.payloads.registry import NEWEST

INJECTION: dict[str, Any] = {
    "product": "vivitrol-us-380", "dose_mg": 380, "lot": "A1", "expiry": "2027-01-01",
    "side": "left", "given_by": "nurse",
}  # fmt: skip
DARK_URINE: dict[str, Any] = {"fact": "dark_urine", "value": True, "source": "patient"}


def tell(
    clinic: OpenClinic, patient: str, kind: str, days_ago: float = 0, corrects: str | None = None,
    **payload: Any,
) -> Event:  # fmt: skip
    """Write an event that happened so many days before the clock's moment."""
    at = clinic.clock.at - timedelta(days=days_ago)
    new = NewEvent(kind, at, payload, version=NEWEST[kind], corrects=corrects)
    return clinic.clinic.record.append(patient, [new], NURSE)[0]


def injected(clinic: OpenClinic, patient: str, days_ago: float) -> Event:
    """An injection of 380 mg, the only dose."""
    return tell(clinic, patient, "injection", days_ago, **INJECTION)


def swallowed(clinic: OpenClinic, patient: str, days_ago: float, mg: float = 50) -> Event:
    """A tablet taken before a nurse."""
    return tell(
        clinic, patient, "dose", days_ago, dose_mg=mg, status="observed", observed_by="nurse",
        product="seed-tablet-50",
    )  # fmt: skip


def alarmed(clinic: OpenClinic, patient: str) -> str:
    """A sign of a harmed liver, which raises an alarm; gives the alarm's id."""
    tell(clinic, patient, "fact", **DARK_URINE)
    found = evaluate(
        clinic.clinic.record, patient, clinic.clinic.now().astimezone(clinic.clinic.tz)
    )
    return next(e.event_id for e in found if e.payload.get("alarm") == "liver-signs")
