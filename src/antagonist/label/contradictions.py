"""Statements that do not fit together: shown, never resolved in silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from antagonist.label.exposure import Counted
from antagonist.label.facts import Facts
from antagonist.label.opioid_data import number, opioid_data
from antagonist.label.patient import Patient
from antagonist.label.urine import Sample

Kind = Literal[
    "sources_differ",
    "denied_but_positive",
    "denied_but_exposed",
    "fentanyl_long_after_use",
    "oxycodone_on_naltrexone",
    "positive_long_after_use",
    "opioid_medicine_denied",
]


@dataclass(frozen=True)
class Contradiction:
    """Two or more statements that do not fit.

    about: fact, urine class or opioid. statements: who says what.
    doubts_opioid_history: whether the opioid history cannot be relied on until it is settled.
    """

    kind: Kind
    about: str
    statements: tuple[str, ...]
    doubts_opioid_history: bool


def contradictions(
    patient: Patient,
    facts: Facts,
    exposures: Sequence[Counted],
    urine: Sequence[Sample],
) -> tuple[Contradiction, ...]:
    """Every contradiction of a patient's file, in a fixed order."""
    found = [
        Contradiction("sources_differ", name, tuple((fact.source or "").split("; ")), False)
        for name, fact in sorted(facts.items())
        if fact.state == "conflict"
    ]
    found += _against_history(patient, exposures)
    found += _urine(patient, facts, exposures, urine)
    return tuple(found)


def _against_history(patient: Patient, exposures: Sequence[Counted]) -> Iterator[Contradiction]:
    history = patient.opioid_history
    if history is not None and history.ever == "none" and exposures:
        said = (f"{history.source}: none", *(f"{e.source}: {e.opioid}" for e in exposures))
        yield Contradiction("denied_but_exposed", "opioid_history", said, True)


def _urine(
    patient: Patient,
    facts: Facts,
    exposures: Sequence[Counted],
    urine: Sequence[Sample],
) -> Iterator[Contradiction]:
    history = patient.opioid_history
    opioids = opioid_data().opioids
    for sample in urine:
        for cls, results in sample.results.items():
            if "positive" not in results.values():
                continue
            said = f"{sample.source}, {sample.taken.text}: {cls} positive"
            if cls == "oxycodone" and _explained_by_naltrexone(sample, facts):
                yield Contradiction("oxycodone_on_naltrexone", cls, (said,), False)
                continue
            own = [e for e in exposures if e.classes and opioids[e.opioid].urine == cls]
            last = max((e.last_use.latest for e in own if e.last_use), default=None)
            if not own and history is not None:
                statements = (f"{history.source}: {history.ever}, no {cls}", said)
                yield Contradiction("denied_but_positive", cls, statements, True)
            elif last is not None:
                days = (sample.taken.earliest.date() - last.date()).days
                if cls == "fentanyl" and days > number("fentanyl_urine_days"):
                    statements = (f"{own[-1].source}: {days} d", said)
                    yield Contradiction("fentanyl_long_after_use", cls, statements, False)
                elif cls != "fentanyl" and days > number(f"window_{cls}_days"):
                    statements = (f"{own[-1].source}: {days} d", said)
                    yield Contradiction("positive_long_after_use", cls, statements, True)


def _explained_by_naltrexone(sample: Sample, facts: Facts) -> bool:
    taken = facts.get("naltrexone_last_7_days")
    return sample.method == "immunoassay" and taken is not None and taken.value is True
