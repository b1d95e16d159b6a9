"""Every kind of event, its payload models by version, and the ways up from old versions.

A version that was ever written stays here for good. A new version is a new model, the next
number, and one pure function from the version before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from antagonist.feedback.payloads import (
    administration,
    decisions,
    findings,
    treatment,
    use,
)
from antagonist.label import patient as file

Upgrade = Callable[[Mapping[str, Any]], Mapping[str, Any]]

MODELS: Mapping[str, Mapping[int, type[BaseModel]]] = {
    "dose": {1: treatment.Dose},
    "injection": {1: treatment.Injection},
    "implant_in": {1: treatment.ImplantIn},
    "implant_out": {1: treatment.ImplantOut},
    "plan_change": {1: treatment.PlanChange},
    "dispensed": {1: treatment.Dispensed},
    "hospital_stay": {1: treatment.HospitalStay},
    "departure": {1: treatment.Departure},
    "treatment_stop": {1: treatment.TreatmentStop},
    "surgery_planned": {1: treatment.SurgeryPlanned},
    "level": {1: findings.Level},
    "lab": {1: findings.LabV1, 2: findings.Lab},
    "urine_drug_test": {1: findings.UrineDrugTest},
    "vital_signs": {1: findings.VitalSigns},
    "symptom": {1: findings.Symptom},
    "score": {1: findings.ScoreSheet},
    "global_impression": {1: findings.GlobalImpression},
    "rating": {1: findings.Rating},
    "words": {1: findings.Words},
    "alcohol_day": {1: use.AlcoholDay},
    "opioid_use": {1: use.OpioidUse},
    "use_calendar": {1: use.UseCalendar},
    "lapse": {1: use.Lapse},
    "relapse": {1: use.Relapse},
    "overdose": {1: use.Overdose},
    "naloxone_kit": {1: use.NaloxoneKit},
    "override_attempt": {1: use.OverrideAttempt},
    "consent": {1: use.Consent},
    # parts of a patient's file, in the file's own form
    "fact": {1: findings.Fact},
    "opioid_history": {1: file.OpioidHistory},
    "allergies": {1: file.Allergies},
    "medicines": {1: file.Medicines},
    "provocation_test": {1: file.Provocation},
    "no_provocation_test": {1: findings.NoProvocationTest},
    "alcohol": {1: file.AlcoholHistory},
    "naltrexone_history": {1: file.NaltrexoneHistory},
    "decision": {1: decisions.Decision},
    "override": {1: decisions.Override},
    "alarm_raised": {1: decisions.AlarmRaised},
    "alarm_withdrawn": {1: decisions.AlarmWithdrawn},
    "alarm_acknowledged": {1: decisions.AlarmAcknowledged},
    "alarm_overridden": {1: decisions.AlarmOverridden},
    "patient_created": {1: administration.PatientCreated},
    "identifier_added": {1: administration.IdentifierAdded},
    "merged": {1: administration.Merged},
    "unmerged": {1: administration.Unmerged},
    "identity_erased": {1: administration.IdentityErased},
    "retraction": {1: administration.Retraction},
}

# What calls of their own write, since more than the event has to happen with it.
OWN_CALLS = frozenset(
    ("decision", "override", "alarm_raised", "alarm_withdrawn", "alarm_acknowledged",
     "alarm_overridden", "patient_created", "identifier_added", "merged", "unmerged",
     "identity_erased", "retraction")
)  # fmt: skip


def lab_2(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """A result of version 1, whose specimen nobody stated."""
    return {**payload, "specimen": "not_stated"}


# (kind, version) -> the way to the next version
UPGRADES: Mapping[tuple[str, int], Upgrade] = {("lab", 1): lab_2}
NEWEST: Mapping[str, int] = {kind: max(versions) for kind, versions in MODELS.items()}


def upgraded(kind: str, version: int, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """A payload as its kind's newest version has it; the newest itself is given back as it is.

    Raises KeyError for a kind or version that is not known.
    """
    for old in range(version, NEWEST[kind]):
        payload = UPGRADES[kind, old](payload)
    return payload
