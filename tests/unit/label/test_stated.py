"""Stated facts: units, ranges, several sources, and one clear error for what cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.patients import fact, patient

from antagonist.foundation.errors import InputError
from antagonist.label.facts import Fact
from antagonist.label.gathered import gathered, moment
from antagonist.label.patient import Patient


def facts(found: Patient) -> dict[str, Fact]:
    return dict(gathered(found, moment(found)).facts)


@pytest.mark.parametrize(
    ("name", "value", "unit", "expected"),
    [
        ("bilirubin", 1.2, "mg/dL", 20.52),
        ("creatinine", 1.0, "mg/dL", 88.4),
        ("albumin", 4.1, "g/dL", 41.0),
        ("weight_kg", 165.0, "lb", 74.84),
    ],
)
def test_units_are_converted(name: str, value: float, unit: str, expected: float) -> None:
    found = facts(patient(facts={name: fact(value, unit=unit)}))
    assert found[name].value == pytest.approx(expected, rel=1e-3)


def test_a_multiple_of_the_upper_limit_needs_the_laboratorys_own_limit() -> None:
    without = facts(patient(facts={"alt": fact(80, unit="U/L")}))
    assert without["alt_xuln"].state == "unclear"
    given = facts(patient(facts={"alt": fact(80, unit="U/L", upper_limit=40)}))
    assert given["alt_xuln"].value == 2.0


def test_sources_that_differ_are_a_conflict_and_not_resolved() -> None:
    said = [fact(False, source="patient"), fact(True, source="mother", date="2026-11-20")]
    found = patient(facts={"lactose_intolerance": said})
    assert facts(found)["lactose_intolerance"].state == "conflict"
    known = gathered(found, moment(found))
    (shown,) = known.contradictions
    assert (shown.kind, shown.about) == ("sources_differ", "lactose_intolerance")
    assert shown.statements == ("mother: yes", "patient: no")


def test_a_later_statement_of_the_same_source_replaces_the_earlier() -> None:
    said = [fact(True, date="2026-11-01"), fact(False, date="2026-11-25")]
    assert facts(patient(facts={"liver_failure": said}))["liver_failure"].value is False


def test_the_latest_laboratory_value_counts_and_two_of_one_day_are_a_conflict() -> None:
    older = fact(300, unit="U/L", upper_limit=40, date="2026-09-01")
    newer = fact(30, unit="U/L", upper_limit=40, date="2026-11-20", source="other")
    assert facts(patient(facts={"alt": [older, newer]}))["alt"].value == 30
    rival = fact(90, unit="U/L", upper_limit=40, date="2026-11-20")
    assert facts(patient(facts={"alt": [newer, rival]}))["alt_xuln"].state == "conflict"


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"age_years": fact(430, unit="a")}, r"facts.age_years.value: 430 .*0 to 120 a"),
        ({"alt": fact(40)}, r"facts.alt.unit: nothing is not allowed \(a unit: U/L"),
        ({"alt": fact(40, unit="stone")}, "facts.alt.unit: 'stone'"),
        ({"alt": fact("high", unit="U/L")}, "a number in U/L"),
        ({"alt": fact(40, unit="U/L", date="2026-12-01")}, "facts.alt.date: '2026-12-01'"),
        ({"hepatitis": fact("B")}, "one of none, acute, chronic"),
        ({"liver_failure": fact("maybe")}, "yes or no"),
        ({"hepatitus": fact("none")}, "did you mean hepatitis"),
        ({"days_since_opioid": fact(99, unit="d")}, "made from other parts"),
        ({"pregnancy_test": fact("positive")}, "not with sex: male"),
        ({"lactating": fact(True)}, "not with sex: male"),
    ],
)
def test_a_bad_fact_is_one_error_that_names_the_field(changes: dict[str, Any], match: str) -> None:
    found = patient(facts=changes)
    with pytest.raises(InputError, match=match):
        facts(found)


def test_a_positive_test_and_no_chance_of_pregnancy_exclude_each_other() -> None:
    said = {"sex": fact("female"), "childbearing_potential": fact(False)}
    with pytest.raises(InputError, match="childbearing_potential: no"):
        facts(patient(facts={**said, "pregnancy_test": fact("positive")}))
    assert facts(patient(facts=said))["pregnant"].value is False


@pytest.mark.parametrize(
    ("test", "pregnant"), [("positive", True), ("negative", False), (None, None)]
)
def test_pregnancy_is_what_the_test_says(test: str | None, pregnant: bool | None) -> None:
    said = {"sex": fact("female"), "lactating": fact(False)}
    if test is not None:
        said["pregnancy_test"] = fact(test)
    found = facts(patient(facts=said)).get("pregnant")
    assert (found.value if found else None) is pregnant


@pytest.mark.parametrize(
    ("changes", "grade", "state"),
    [
        ({"hepatic_impairment": fact("none"), "child_pugh": fact("C")}, None, "conflict"),
        ({"hepatic_impairment": None, "child_pugh": fact("B")}, "moderate", "known"),
        ({"hepatic_impairment": None, "cirrhosis": fact("decompensated")}, "severe", "known"),
        ({"hepatic_impairment": None, "liver_failure": fact(True)}, "severe", "known"),
        ({"hepatic_impairment": fact("moderate")}, "moderate", "known"),
    ],
)
def test_what_is_derived_of_the_liver_only_tightens(
    changes: dict[str, Any], grade: str | None, state: str
) -> None:
    found = facts(patient(facts=changes))["hepatic_impairment"]
    assert (found.value, found.state) == (grade, state)


@pytest.mark.parametrize(
    ("egfr", "stated", "value", "state"),
    [
        (59.9, None, True, "known"),
        (60.0, None, None, "missing"),
        (59.9, fact(False), None, "conflict"),
        (90.0, fact(True), True, "known"),
    ],
)
def test_reduced_function_is_kidney_disease_and_normal_function_proves_nothing(
    egfr: float, stated: dict[str, Any] | None, value: bool | None, state: str
) -> None:
    changes = {"egfr": fact(egfr, unit="mL/min/1.73m2"), "kidney_disease": stated}
    found = facts(patient(facts=changes)).get("kidney_disease", Fact(None, state="missing"))
    assert (found.value, found.state) == (value, state)


def test_age_goes_by_the_birthday() -> None:
    assert facts(patient(birth_date="2008-11-25"))["age_years"].value == 18
    assert facts(patient(birth_date="2008-11-26"))["age_years"].value == 17
    with pytest.raises(InputError, match="birth_date"):
        facts(patient(birth_date="1905-01-01"))


def test_no_rule_reads_the_clock() -> None:
    found = patient(as_of=None)
    with pytest.raises(InputError, match="as_of: nothing"):
        moment(found)
    assert moment(found, "2026-11-26 09:00").day == 26
