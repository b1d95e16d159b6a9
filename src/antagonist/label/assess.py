"""The question a clinic asks: this patient, this product, this day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from antagonist.foundation.errors import InputError
from antagonist.label.answers import Alternatives, Answer
from antagonist.label.facts import Fact, Facts
from antagonist.label.formulary import (
    Product,
    excipient_id,
    holds,
    product,
    products,
    suitable,
)
from antagonist.label.formulary.catalogue import LACTOSE as LACTOSE_BEARING
from antagonist.label.gathered import Gathered, gathered
from antagonist.label.jurisdictions import chosen, covers, labels
from antagonist.label.patient import Patient
from antagonist.label.provocation import provocation_data
from antagonist.label.rulebook import Asked, Rulebook, rulebook
from antagonist.label.rules import Indication, Question, Route
from antagonist.label.screening import Case, screened
from antagonist.label.value_sets import ingredient_id

ROUTES: tuple[Route, ...] = ("oral", "im_xr", "implant")
# What a question itself says of the visit, where the file does not.
ASKED_AT: Mapping[str, Mapping[str, object]] = {
    "administration": {"injection_at_visit": True},
    "plan": {"injection_at_visit": False},
    "challenge": {"provocation_drug": "naloxone", "challenge_sign_seen": False},
}
LACTOSE: Mapping[str, bool] = {"yes": True, "no": False}


def product_facts(item: Product, patient: Patient) -> dict[str, Fact]:
    """What the rules need to know of a product, for one patient's allergies."""
    source = f"product {item.id}"
    facts = {
        "product_id": Fact(item.id, source=source),
        "product_brand": Fact(item.brand.en, source=source),
        "product_form": Fact(item.form, source=source),
        "product_route": Fact(item.route, source=source),
        "product_group": Fact(item.group, source=source),
        "product_identified": Fact(item.identified, source=source),
        "product_plannable": Fact(item.plannable, source=source),
    }
    if item.contains_lactose in LACTOSE:
        facts["product_contains_lactose"] = Fact(LACTOSE[item.contains_lactose], source=source)
    return facts | _excipient_allergy(item, patient, source)


def _excipient_allergy(item: Product, patient: Patient, source: str) -> dict[str, Fact]:
    """Whether an allergy is to a part of the product; unknown parts or names leave it unclear."""
    name, listed = "hypersensitivity_excipient", patient.allergies
    if listed is None:
        return {}
    others = [named for named in listed.to if ingredient_id(named) is None]
    unmatched = [named for named in others if excipient_id(named) is None]
    held = [holds(item, named) for named in others if named not in unmatched]
    if "yes" in held:
        return {name: Fact(True, 0.0, source=source)}
    if unmatched or "unknown" in held:
        detail = "allergy_unmatched" if unmatched else "excipients_unknown"
        return {name: Fact(None, source=listed.source, state="unclear", detail=detail)}
    return {name: Fact(False, 0.0, source=listed.source)}


def without_what_excludes(answer: Answer, patient: Patient) -> Alternatives | None:
    """Products left to a patient whom an excipient excludes; None where none does."""
    topics = {reason.topic for reason in (*answer.reasons, *answer.cautions)}
    avoid = [LACTOSE_BEARING] if "lactose" in topics else []
    if patient.allergies is not None and "hypersensitivity" in topics:
        avoid += [named for named in patient.allergies.to if excipient_id(named) is not None]
    if not avoid:
        return None
    found = suitable(avoid, jurisdiction=answer.jurisdiction)
    return Alternatives(tuple(avoid), found.remaining, found.unknown)


def _earlier_test(facts: Facts) -> dict[str, Fact]:
    """A test that has run out, or after which a repeat is due, does not stand in the way of one.

    Source: rules.yaml, provocation-failed and challenge-signs (repeat in 24 h).
    """
    test, wait_h = facts.get("naloxone_test"), provocation_data().repeat_after_h
    if test is None or test.age_h is None or test.age_h <= wait_h or test.value == "not_done":
        return {}
    return {"naloxone_test": test._replace(value="not_done", age_h=0.0, detail="old_test")}


def candidates(label: str | None) -> tuple[Product, ...]:
    """Products that can be planned under a choice: those of its labels, or all without one."""
    wanted = {name for name in labels() if label is None or covers(label, name)}
    return tuple(
        item
        for item in products().values()
        if item.plannable and not wanted.isdisjoint(item.label_jurisdictions)
    )


def assessed(
    patient: Patient,
    as_of: datetime,
    product_ids: Sequence[str] = (),
    *,
    label: str | None = None,
    indication: Indication | None = None,
    question: Question = "start",
    book: Rulebook | None = None,
) -> tuple[Answer, ...]:
    """One answer for each product asked for, or for every one that can be planned.

    as_of: aware, in the clinic's zone. label: a label or country that the clinic has chosen.
    indication: of the question; else the patient's own.
    Raises InputError for an unknown product or label, and where no indication is stated.
    """
    chosen(label)
    known = gathered(patient, as_of)
    wanted = [product(name) for name in product_ids] or list(candidates(label))
    stated = indication or patient.indication
    if stated not in ("opioid", "alcohol"):
        allowed = "opioid or alcohol; the base text knows no other indication"
        raise InputError(patient.source, "indication", stated, allowed)
    rules = book or rulebook(as_of.date())
    return tuple(assessed_product(known, item, label, stated, question, rules) for item in wanted)


def facts_asked(
    known: Gathered, item: Product, indication: Indication, question: Question
) -> dict[str, Fact]:
    """What the rules see of a patient when they are asked about a product."""
    stated = {"indication_stated": Fact(indication, source="indication")}
    asked_at = {
        name: Fact(value, 0.0, source="question")
        for name, value in ASKED_AT.get(question, {}).items()
    }
    if question == "challenge":
        stated |= _earlier_test(known.facts)
    return {**asked_at, **known.facts, **stated, **product_facts(item, known.patient)}


def assessed_product(
    known: Gathered,
    item: Product,
    label: str | None,
    indication: Indication,
    question: Question,
    book: Rulebook,
    extra: Facts | None = None,
) -> Answer:
    """The answer for one product. extra: facts of a plan or visit.

    Raises InputError for a product that is not given by any route the label knows.
    """
    if item.route not in ROUTES:
        allowed = f"a product given by {', '.join(ROUTES)}; {item.id}: {item.route}"
        raise InputError("", "product", item.id, allowed)
    case = Case(
        patient=known.patient.patient,
        as_of=known.as_of.isoformat(),
        today=known.today,
        facts={**facts_asked(known, item, indication, question), **(extra or {})},
        product=item.id,
        contradictions=known.contradictions,
        departures=known.patient.departures,
    )
    answer = screened(case, Asked(question, indication, item.route, label), book)
    left = without_what_excludes(answer, known.patient)
    return replace(answer, alternatives=left) if left is not None else answer
