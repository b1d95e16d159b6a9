"""Urine by class: the latest sample, confirmation, dilution, and tests for naltrexone itself."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.patients import content, patient

from antagonist.foundation.errors import InputError
from antagonist.label.facts import Fact
from antagonist.label.gathered import Gathered, gathered, moment

CLEAN = content()["urine_tests"][0]


def known(*tests: dict[str, Any], **changes: Any) -> Gathered:
    found = patient(urine_tests=[{**CLEAN, **test} for test in tests], **changes)
    return gathered(found, moment(found))


def fact(name: str, *tests: dict[str, Any], **changes: Any) -> Fact | None:
    return known(*tests, **changes).facts.get(f"urine_{name}")


def test_opiate_negative_is_not_opioid_negative() -> None:
    only = {"results": {"opiates": "negative"}}
    assert fact("opiates", only) is not None
    assert fact("fentanyl", only) is None
    assert fact("methadone", only) is None


def test_a_specific_analyte_does_not_speak_for_its_class_when_negative() -> None:
    found = fact("opiates", {"results": {"6_mam": "negative"}})
    assert found is not None
    assert (found.state, found.detail) == ("unclear", "class_not_covered")
    positive = fact("opiates", {"results": {"6_mam": "positive"}})
    assert positive is not None
    assert positive.value == "positive"


def test_the_latest_sample_counts() -> None:
    early = {"taken": "2026-11-23 09:00", "results": {"fentanyl": "positive"}}
    late = {"taken": "2026-11-25 09:00", "results": {"fentanyl": "negative"}}
    for order in ((early, late), (late, early)):
        found = fact("fentanyl", *order)
        assert found is not None
        assert found.value == "negative"


def test_mass_spectrometry_of_the_same_sample_overrules_the_immunoassay() -> None:
    screen = {"results": {"opiates": "positive"}}
    confirmed = {"method": "mass_spectrometry", "results": {"morphine": "negative"}}
    found = fact("opiates", screen, confirmed)
    assert found is not None
    assert found.value == "negative"


@pytest.mark.parametrize(
    ("creatinine", "unit", "state"),
    [
        (19.9, "mg/dL", "unclear"),
        (20.0, "mg/dL", "known"),
        (1.7, "mmol/L", "unclear"),
        (1.8, "mmol/L", "known"),
    ],
)
def test_a_negative_of_a_dilute_sample_is_not_a_negative(
    creatinine: float, unit: str, state: str
) -> None:
    sample = {"creatinine": creatinine, "creatinine_unit": unit}
    found = fact("opiates", sample)
    assert found is not None
    assert found.state == state
    positive = fact("opiates", {**sample, "results": {"opiates": "positive"}})
    assert positive is not None
    assert positive.value == "positive"


def test_an_invalid_sample_is_unknown() -> None:
    found = fact("opiates", {"results": {"opiates": "invalid"}})
    assert found is not None
    assert (found.state, found.detail) == ("unclear", "invalid_sample")


def on_naltrexone(days_ago: str) -> dict[str, Any]:
    dose = {"route": "oral", "at": days_ago, "dose_mg": 50}
    return {"naltrexone": {"asked_on": "2026-11-25", "source": "patient", "doses": [dose]}}


@pytest.mark.parametrize(
    ("last_dose", "state"), [("2026-11-18", "unclear"), ("2026-11-17", "known")]
)
def test_a_positive_oxycodone_immunoassay_on_naltrexone_waits_for_confirmation(
    last_dose: str, state: str
) -> None:
    screen = {"results": {"oxycodone": "positive"}}
    found = known(screen, **on_naltrexone(last_dose))
    assert found.facts["urine_oxycodone"].state == state
    assert found.facts["oxycodone_immunoassay"].value == "positive"
    kinds = {c.kind for c in found.contradictions}
    assert ("oxycodone_on_naltrexone" in kinds) == (state == "unclear")


def test_confirmed_oxycodone_on_naltrexone_stays_positive() -> None:
    screen = {"results": {"oxycodone": "positive"}}
    confirmed = {"method": "mass_spectrometry", "results": {"oxycodone": "positive"}}
    found = fact("oxycodone", screen, confirmed, **on_naltrexone("2026-11-24"))
    assert found is not None
    assert found.value == "positive"


def test_a_test_for_naltrexone_is_no_opioid_exposure() -> None:
    sample = {
        "results": {**CLEAN["results"], "naltrexone": "positive", "6_beta_naltrexol": "positive"}
    }
    found = known(sample)
    positives = [
        n for n, f in found.facts.items() if n.startswith("urine_") and f.value == "positive"
    ]
    assert positives == []
    assert found.contradictions == ()


def test_a_positive_class_that_the_history_denies_is_shown_and_raises_doubt() -> None:
    found = known({"results": {**CLEAN["results"], "methadone": "positive"}})
    assert [(c.kind, c.about) for c in found.contradictions] == [
        ("denied_but_positive", "methadone")
    ]
    assert found.facts["opioid_doubt"].value is True


def test_norfentanyl_long_after_regular_use_is_shown_without_doubt() -> None:
    base = content()["opioid_history"]
    used = {
        "opioid": "fentanyl",
        "pattern": "regular",
        "last_use": "2026-11-10",
        "source": "patient",
    }
    found = known(
        {"results": {**CLEAN["results"], "norfentanyl": "positive"}},
        opioid_history={**base, "exposures": [used]},
    )
    assert [c.kind for c in found.contradictions] == ["fentanyl_long_after_use"]
    assert found.facts["opioid_doubt"].value is False
    assert found.facts["urine_fentanyl"].value == "positive"


def test_another_opioid_needs_its_own_test_only_where_the_history_names_one() -> None:
    assert known({}).facts["urine_other_opioid"].detail == "not_needed"
    base = content()["opioid_history"]
    used = {"opioid": "tapentadol", "last_use": "2026-10-10", "source": "patient"}
    found = known({}, opioid_history={**base, "exposures": [used]})
    assert "urine_other_opioid" not in found.facts


@pytest.mark.parametrize(
    ("sample", "match"),
    [
        ({"results": {"opiate": "negative"}}, "did you mean opiates"),
        ({"creatinine": 90, "creatinine_unit": None}, "creatinine_unit"),
        ({"creatinine": 90, "creatinine_unit": "furlong"}, "mg/dL"),
        ({"taken": "2026-11-26 09:00"}, "not after 2026-11-25"),
    ],
)
def test_a_bad_sample_is_an_error_that_names_the_field(sample: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        known(sample)
