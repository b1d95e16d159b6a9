"""What the opioid history, urine, tests and medicines together say of opioids and naltrexone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from antagonist.label.conditions.single import fresh
from antagonist.label.dates import when
from antagonist.label.exposure import Counted, asked_all
from antagonist.label.facts import Fact, Facts, fact_types
from antagonist.label.opioid_data import number, opioid_data, opioid_id
from antagonist.label.patient import Patient
from antagonist.label.value_sets import value_sets


def naloxone_facts(
    patient: Patient, exposures: Sequence[Counted], as_of: datetime
) -> dict[str, Fact]:
    """Result of the last naloxone test; void where an opioid may have been used after it.

    Raises InputError for a bad date.
    """
    tests = patient.provocation_tests
    if tests is None:
        return {}
    done = [
        (when(t.done_at, as_of, patient.source, f"provocation_tests[{i}].done_at"), t)
        for i, t in enumerate(tests)
        if t.drug == "naloxone"
    ]
    if not done:
        return {"naloxone_test": Fact("not_done", 0.0, source=patient.source)}
    at, test = max(done, key=lambda pair: pair[0].latest)
    age_h = at.age_h(as_of)
    fact = Fact(test.result, age_h, at.text, test.source)
    if test.result == "interrupted":
        return {"naloxone_test": fact._replace(value=None, state="unclear", detail="interrupted")}
    after = [e for e in exposures if e.last_use is None or e.last_use.latest > at.earliest]
    if test.result == "negative" and any(e.last_use is not None for e in after):
        return {"naloxone_test": fact._replace(value=None, state="unclear", detail="use_after")}
    return {"naloxone_test": fact}


def other_opioid_facts(
    patient: Patient, exposures: Sequence[Counted], facts: Facts
) -> dict[str, Fact]:
    """An opioid outside the usual urine classes needs no test where the history names none."""
    history, opioids = patient.opioid_history, opioid_data().opioids
    if history is None or "urine_other_opioid" in facts or not asked_all(history):
        return {}
    named = any(not e.classes or opioids[e.opioid].urine == "other_opioid" for e in exposures)
    if named:
        return {}
    return {"urine_other_opioid": Fact("negative", 0.0, source=history.source, detail="not_needed")}


def opioid_status(
    patient: Patient, facts: Facts, exposures: Sequence[Counted], as_of: datetime
) -> dict[str, Fact]:
    """Exposure (none, past, current), present dependence and maintenance, as far as known.

    'None' needs the whole history by name: never dependent, no opioid for 30 days, no positive
    urine, no opioid among the medicines (header of the rules).
    """
    history = patient.opioid_history
    found: dict[str, Fact] = {}
    medicines = facts.get("active_ingredients")
    agonist = medicines is not None and _has(medicines, "opioid_any")
    maintained_now = medicines is not None and _has(medicines, "opioid_agonist_or_partial")
    source = history.source if history is not None else None
    exposure = _exposure(patient, facts, exposures, as_of, agonist=agonist)
    if exposure is not None:
        found["opioid_exposure"] = Fact(exposure, source=source)
    if exposure == "none" and "naloxone_test" not in facts:
        # without any exposure no challenge is asked for: history and urine answer the question
        found["naloxone_test"] = Fact("not_done", 0.0, source=source, detail="not_needed")
    if maintained_now:
        found["opioid_dependent_now"] = Fact(True, 0.0, source=source, detail="agonist_medicine")
    if history is not None:
        maintained = any(
            e.pattern == "maintenance" and opioid_id(e.opioid) is not None
            for e in history.exposures
        )
        found["from_agonist_treatment"] = Fact(maintained, source=history.source)
    return found


def _has(fact: Fact, value_set: str) -> bool:
    return isinstance(fact.value, frozenset) and bool(fact.value & value_sets()[value_set])


def _exposure(
    patient: Patient,
    facts: Facts,
    exposures: Sequence[Counted],
    as_of: datetime,
    *,
    agonist: bool,
) -> str | None:
    history, dependence = patient.opioid_history, facts.get("opioid_dependence")
    value = dependence.value if dependence is not None else None
    limit = number("exposure_none_days")
    recent = any(
        e.last_use is not None and e.last_use.days_since(as_of) <= limit for e in exposures
    )
    positive = any(
        f.value == "positive"
        for n, f in facts.items()
        if n.startswith("urine_") or n == "naloxone_test"
    )
    doubt, finding = facts.get("opioid_doubt"), facts.get("withdrawal_finding")
    settled = (
        doubt is not None
        and fresh(doubt, fact_types()["opioid_doubt"].stale_h)
        and doubt.value is False
        and (finding is None or finding.value is not True)
    )
    stated = history.ever if history is not None else None
    if agonist or recent or positive or value == "current" or stated == "current":
        return "current"
    if value == "remission" or stated == "past" or any(not e.classes for e in exposures):
        return "past"
    if history is None or dependence is None or value != "none" or not asked_all(history):
        return None
    if not settled:
        return None
    return "past" if any(e.last_use is None for e in exposures) else "none"
