"""Every fact that a screening may lack leads to a form, or is one that no form can write."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from antagonist.feedback.payloads.registry import MODELS, OWN_CALLS
from antagonist.label.facts import fact_types
from antagonist.label.scores import score_catalogue
from antagonist.label.stated import stated_types
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
            kind, _, of = place.form.removeprefix("record/").partition("?")
            assert kind in set(MODELS) - OWN_CALLS
            name, _, value = of.partition("=")
            known = score_catalogue() if name == "score" else fact_types()
            assert value in ("", "{fact}", *known), place.form


@pytest.mark.parametrize(
    ("fact", "form"),
    [
        ("hepatitis", "/patients/p/record/fact?fact=hepatitis"),
        ("alt", "/patients/p/record/lab?test=alt"),
        ("urine_fentanyl", "/patients/p/record/urine_drug_test"),
        ("urine_verified_opioid_free", "/patients/p/record/fact?fact=urine_verified_opioid_free"),
        ("naloxone_test", "/patients/p/challenge"),
        ("product_id", None),
        ("no_such_fact", None),
    ],
)
def test_where_a_fact_is_recorded(fact: str, form: str | None) -> None:
    assert form_of(fact, "p") == form
