"""All that is known of one patient on one day, as flat facts that the rules read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from antagonist.foundation.clock import zone
from antagonist.foundation.errors import InputError
from antagonist.label.contradictions import Contradiction, contradictions
from antagonist.label.dates import as_of_time
from antagonist.label.derived import (
    age_facts,
    allergy_facts,
    organ_facts,
    pregnancy_facts,
)
from antagonist.label.exposure import Counted, counted, date_of, exposure_facts
from antagonist.label.facts import Fact, Facts
from antagonist.label.intake import (
    alcohol_facts,
    follow_up_facts,
    intake_facts,
    medicine_facts,
)
from antagonist.label.opioid_status import naloxone_facts, opioid_status, other_opioid_facts
from antagonist.label.patient import Patient
from antagonist.label.scores import score
from antagonist.label.stated import stated_facts
from antagonist.label.urine import Sample, samples, urine_facts

SCORE_FACTS = {"cows": "cows_total"}
SCORE_BANDS = {"child_pugh": "child_pugh"}


@dataclass(frozen=True)
class Gathered:
    """Facts of a patient on a day, with what they were made from."""

    patient: Patient
    as_of: datetime
    facts: Facts
    exposures: tuple[Counted, ...]
    samples: tuple[Sample, ...]
    contradictions: tuple[Contradiction, ...]

    @property
    def today(self) -> date:
        """The clinic's calendar date."""
        return self.as_of.date()


def moment(patient: Patient, as_of: str | None = None) -> datetime:
    """The moment asked for: the caller's, else the file's own.

    Raises InputError where neither states one: no rule reads the clock.
    """
    stated = as_of if as_of is not None else patient.as_of
    if stated is None:
        raise InputError(patient.source, "as_of", None, "a date such as 2026-11-25")
    return as_of_time(stated, zone(patient.timezone, patient.source, "timezone"), patient.source)


def gathered(patient: Patient, as_of: datetime) -> Gathered:
    """Facts of a patient at a moment. Raises InputError for anything in the file that is wrong."""
    facts: dict[str, Fact] = {}
    facts |= stated_facts(patient, as_of)
    facts |= age_facts(patient, as_of)
    facts |= _score_facts(patient, as_of)
    facts |= organ_facts(facts)
    facts |= pregnancy_facts(facts, patient.source)
    facts |= medicine_facts(patient, as_of)
    facts |= allergy_facts(patient, as_of)
    facts |= alcohol_facts(patient, as_of)
    facts |= intake_facts(patient, as_of)
    facts |= follow_up_facts(patient, facts)
    exposures, urine = counted(patient, as_of), samples(patient, as_of)
    facts |= exposure_facts(patient.opioid_history, exposures, as_of)
    taken = facts.get("naltrexone_last_7_days")
    facts |= urine_facts(urine, as_of, on_naltrexone=_yes(taken))
    facts |= other_opioid_facts(patient, exposures, facts)
    facts |= naloxone_facts(patient, exposures, as_of)
    facts |= opioid_status(patient, facts, exposures, as_of)
    if patient.indication is not None:
        facts["indication_stated"] = Fact(patient.indication, source="indication")
    found = contradictions(patient, facts, exposures, urine)
    if any(c.doubts_opioid_history for c in found):
        facts["opioid_doubt"] = Fact(True, 0.0, detail="contradiction")
    return Gathered(patient, as_of, facts, exposures, urine, found)


def _yes(fact: Fact | None) -> bool | None:
    return bool(fact.value) if fact is not None and fact.state == "known" else None


def _score_facts(patient: Patient, as_of: datetime) -> dict[str, Fact]:
    """Totals and classes of score sheets; an incomplete sheet gives no total."""
    found: dict[str, Fact] = {}
    for index, sheet in enumerate(patient.scores):
        where = f"scores[{index}]"
        at = date_of(sheet.date, as_of, patient.source, f"{where}.date")
        assert at is not None
        result = score(sheet.score, sheet.values)
        name = SCORE_FACTS.get(sheet.score) or SCORE_BANDS.get(sheet.score)
        if name is None:
            continue
        value = result.value if sheet.score in SCORE_FACTS else result.band
        fact = Fact(value, at.age_h(as_of), at.text, sheet.source)
        if value is None:
            fact = fact._replace(state="unclear", detail="score_incomplete")
        found[name] = fact
    return found
