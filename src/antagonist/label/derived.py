"""Facts that are made from others: age, pregnancy, liver and kidney grades, tests, intake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from antagonist.foundation.errors import InputError
from antagonist.label.dates import when, years_between
from antagonist.label.exposure import date_of
from antagonist.label.facts import Fact, Facts
from antagonist.label.opioid_data import number
from antagonist.label.patient import Patient
from antagonist.label.scores import score
from antagonist.label.value_sets import ingredient_id

GRADES = ("none", "mild", "moderate", "severe")
IMPLIED_IMPAIRMENT: Mapping[str, Mapping[object, str]] = {
    "child_pugh": {"A": "mild", "B": "moderate", "C": "severe"},
    "cirrhosis": {"compensated": "mild", "decompensated": "severe"},
    "liver_failure": {True: "severe"},
}


def age_facts(patient: Patient, as_of: datetime) -> dict[str, Fact]:
    """Age in whole years by calendar date. Raises InputError for a birth date in the future."""
    if patient.birth_date is None:
        return {}
    born = when(patient.birth_date, as_of, patient.source, "birth_date")
    years = years_between(born.earliest.date(), as_of.date())
    if years > 120:
        raise InputError(patient.source, "birth_date", born.text, "an age of 0 to 120 years")
    return {"age_years": Fact(float(years), on=born.text, source="birth_date")}


def pregnancy_facts(facts: Facts, source: str) -> dict[str, Fact]:
    """Pregnant or not: a test decides; a man, or a woman who cannot become pregnant, is not.

    Raises InputError for facts that exclude each other, such as a positive test with sex male.
    """
    sex, potential = facts.get("sex"), facts.get("childbearing_potential")
    male = sex is not None and sex.value == "male"
    barren = potential is not None and potential.state == "known" and potential.value is False
    if male or barren:
        said = "sex: male" if male else "childbearing_potential: no"
        for name, positive in (("pregnancy_test", "positive"), ("lactating", male)):
            if name in facts and positive and facts[name].value == positive:
                raise InputError(source, f"facts.{name}", positive, f"not with {said}")
        fact = sex if male else potential
        assert fact is not None
        found = {"pregnant": fact._replace(value=False, age_h=0.0, detail="excluded")}
        return found | ({"lactating": found["pregnant"]} if male else {})
    test, hcg = facts.get("pregnancy_test"), facts.get("hcg_xuln")
    if test is not None:
        if test.state != "known":
            return {"pregnant": test}
        return {"pregnant": test._replace(value=test.value == "positive")}
    if hcg is not None and hcg.state == "known":
        return {"pregnant": hcg._replace(value=float(str(hcg.value)) > 1)}
    return {}


def organ_facts(facts: Facts) -> dict[str, Fact]:
    """Creatinine clearance, and liver and kidney grades that other facts make worse.

    What is derived only tightens: a stated 'none' beside a worse finding is a conflict.
    """
    found: dict[str, Fact] = {}
    if "creatinine_clearance_ml_per_min" not in facts:
        found |= _clearance(facts)
    found |= _impairment(facts)
    alcoholic, hepatitis = facts.get("alcoholic_hepatitis_acute"), facts.get("hepatitis")
    if alcoholic is not None and alcoholic.value is True:
        found["hepatitis"] = alcoholic._replace(value="acute", detail="alcoholic_hepatitis_acute")
    elif hepatitis is not None:
        found["hepatitis"] = hepatitis
    return found | _kidney({**facts, **found})


def _impairment(facts: Facts) -> dict[str, Fact]:
    """The worst grade that is stated or follows from Child-Pugh, cirrhosis or liver failure."""
    stated = facts.get("hepatic_impairment")
    grades = [stated] if stated is not None else []
    for name, implied in IMPLIED_IMPAIRMENT.items():
        fact = facts.get(name)
        if fact is not None and fact.state == "known" and fact.value in implied:
            grades.append(fact._replace(value=implied[fact.value], detail="from_" + name))
    known = [g for g in grades if g.state == "known"]
    if not known:
        return {"hepatic_impairment": stated} if stated is not None else {}
    worst = max(known, key=lambda g: GRADES.index(str(g.value)))
    if stated is not None and stated.state == "known" and worst.value != stated.value:
        sources = f"{stated.source}: {stated.value}; {worst.source}: {worst.value}"
        conflict = worst._replace(value=None, state="conflict", source=sources, detail="conflict")
        return {"hepatic_impairment": conflict}
    return {"hepatic_impairment": worst}


def _clearance(facts: Facts) -> dict[str, Fact]:
    wanted = ("creatinine", "weight_kg", "age_years", "sex")
    have = [facts.get(name) for name in wanted]
    if any(fact is None or fact.state != "known" for fact in have):
        return {}
    creatinine, weight, age, sex = (fact for fact in have if fact is not None)
    values: dict[str, float | int | str | bool | None] = {
        "creatinine_umol_per_l": float(str(creatinine.value)),
        "weight_kg": float(str(weight.value)),
        "age_years": float(str(age.value)),
        "sex": str(sex.value),
    }
    try:
        result = score("cockcroft_gault", values)
    except InputError:  # outside what the formula was made for: not known
        return {}
    return {"creatinine_clearance_ml_per_min": creatinine._replace(value=result.value)}


def _kidney(facts: Facts) -> dict[str, Fact]:
    """Reduced function is kidney disease; normal function alone does not exclude it."""
    limit, stated = number("kidney_disease_egfr"), facts.get("kidney_disease")
    for name in ("severe_renal_finding", "egfr", "creatinine_clearance_ml_per_min"):
        fact = facts.get(name)
        if fact is None or fact.value is False or fact.state != "known":
            continue
        if isinstance(fact.value, float) and fact.value >= limit:
            continue
        if stated is None or stated.state != "known":
            return {"kidney_disease": fact._replace(value=True, detail="from_" + name)}
        if stated.value is False:
            sources = f"{stated.source}: no; {fact.source}: {name}"
            return {
                "kidney_disease": stated._replace(
                    value=None, state="conflict", source=sources, detail="conflict"
                )
            }
    return {}


def allergy_facts(patient: Patient, as_of: datetime) -> dict[str, Fact]:
    """Hypersensitivity to the drugs that rules name; an unmatched name leaves them unclear."""
    listed = patient.allergies
    if listed is None:
        return {}
    asked = date_of(listed.asked_on, as_of, patient.source, "allergies.asked_on")
    ids = {ingredient_id(name) for name in listed.to}
    age_h, text = (asked.age_h(as_of), asked.text) if asked else (None, None)
    facts = {}
    for drug in ("naltrexone", "naloxone", "triamcinolone"):
        facts[f"hypersensitivity_{drug}"] = Fact(drug in ids, age_h, text, listed.source)
    return facts
