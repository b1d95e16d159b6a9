"""Every fact that a screening may lack leads to a form, or is one that no form can write."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from tests.support.clinics import OpenClinic

from antagonist.feedback.payloads.registry import MODELS, OWN_CALLS
from antagonist.label.facts import fact_types
from antagonist.label.scores import score_catalogue
from antagonist.label.stated import stated_types
from antagonist.web.entry.subjects import fields_of
from antagonist.web.recording_links import form_of, places


def test_every_derived_fact_has_its_form_or_has_none() -> None:
    derived = set(fact_types()) - set(stated_types())
    named = [pattern for place in places() for pattern in place.facts]
    assert [f for f in derived if not any(fnmatchcase(f, p) for p in named)] == []
    without = {fact for fact in derived if form_of(fact, "p") is None}
    assert {fact for fact in without if not fact.startswith("product_")} == {"injection_at_visit"}


def test_every_pattern_fits_a_fact_and_every_form_is_of_a_kind_that_people_write() -> None:
    for place in places():
        for pattern in place.facts:
            assert any(fnmatchcase(fact, pattern) for fact in fact_types()), pattern
        if place.form is not None and place.form != "challenge":
            kind, _, of = place.form.removeprefix("record/").partition("/")
            assert kind in set(MODELS) - OWN_CALLS
            known = score_catalogue() if kind == "score" else fact_types()
            assert of in ("", "{fact}", *known), place.form


@pytest.mark.parametrize(
    ("fact", "form"),
    [
        ("hepatitis", "/patients/p/record/fact/hepatitis"),
        ("alt", "/patients/p/record/lab/alt"),
        ("urine_fentanyl", "/patients/p/record/urine_drug_test"),
        ("urine_verified_opioid_free", "/patients/p/record/fact/urine_verified_opioid_free"),
        ("naloxone_test", "/patients/p/challenge"),
        ("product_id", None),
        ("no_such_fact", None),
    ],
)
def test_where_a_fact_is_recorded(fact: str, form: str | None) -> None:
    assert form_of(fact, "p") == form


def test_what_a_screening_lacks_of_a_plan_is_recorded_by_its_form(clinic: OpenClinic) -> None:
    browser, patient = clinic.browser("nurse"), clinic.patient("Plan Facts", "plan-facts")
    answers = {
        "indication_stated": {"value": "opioid"},
        "rapid_detox_planned": {"value": "no"},
        "injection_dose_mg": {"value": "380", "unit": "mg"},
        "planned_route": {"value": "oral"},
    }
    offered = browser.get(f"/patients/{patient}/record/fact").text
    for fact, answer in answers.items():
        form = str(form_of(fact, patient))
        assert f'href="{form}"' in offered
        shown = browser.get(form)
        assert (shown.status_code, 'name="value"' in shown.text) == (200, True)
        seen = str(len(clinic.clinic.record.all(patient)))
        sent = browser.post(
            form, expected=seen, occurred_at="2026-05-01T08:30", source="n", **answer
        )
        assert sent.status_code == 303, sent.text
    kept = clinic.clinic.record.all(patient)
    said = {event.payload["fact"]: event.payload["value"] for event in kept if event.kind == "fact"}
    assert said == {
        "indication_stated": "opioid", "rapid_detox_planned": False, "injection_dose_mg": 380.0,
        "planned_route": "oral",
    }  # fmt: skip


def test_every_fact_has_a_form_that_asks_for_its_value() -> None:
    for fact, kind in stated_types().items():
        asked = fields_of("fact", fact)["value"]
        wanted = {"yes_no": "yes_no", "category": "radios", "text": "text"}.get(kind.kind, "number")
        assert asked.type == wanted, fact
