"""No naloxone test was ever done: said once, kept on the record, not asked again."""

from __future__ import annotations

import pytest
from tests.support.clinics import OpenClinic
from tests.support.patients import US_TABLET
from tests.unit.web.deciding.led import UNTESTED, begun
from tests.unit.web.deciding.screened import of_kind, patient_of, screened

BOX = 'name="never_tested"'
SAID = "no_provocation_test"


@pytest.mark.parametrize("page", ["screening", "challenge"])
def test_the_box_is_there_only_where_the_record_is_silent(clinic: OpenClinic, page: str) -> None:
    browser = clinic.browser("nurse")
    silent, tested = patient_of(clinic, **UNTESTED), patient_of(clinic)
    assert BOX in browser.get(f"/patients/{silent}/{page}").text
    assert BOX not in browser.get(f"/patients/{tested}/{page}").text
    assert screened(browser, silent, never_tested="yes").status_code == 303
    assert BOX not in browser.get(f"/patients/{silent}/{page}").text


def test_what_was_ticked_goes_on_record_before_the_decision(clinic: OpenClinic) -> None:
    patient = patient_of(clinic, **UNTESTED)
    browser = clinic.browser("nurse")
    screened(browser, patient, question="challenge", never_tested="yes", key="never-tested-1")
    screened(browser, patient, question="challenge", never_tested="yes", key="never-tested-1")
    (said,) = of_kind(clinic, patient, SAID)
    (decision,) = of_kind(clinic, patient, "decision")
    assert said.payload == {"asked_on": "2026-11-25", "source": "nurse"}
    assert (said.author, said.role, said.author) == ("nurse", "nurse", decision.author)
    assert said.n < decision.n
    assert decision.payload["inputs"]["patient"]["provocation_tests"] == []
    # it stands for later questions, of whoever asks them
    assert (
        "/challenge/" in begun(clinic, patient, "prescriber", never_tested="").headers["location"]
    )
    assert len(of_kind(clinic, patient, SAID)) == 1


def test_nothing_is_written_over_a_test_on_record_or_without_the_tick(clinic: OpenClinic) -> None:
    tested, silent = patient_of(clinic), patient_of(clinic, **UNTESTED)
    assert screened(clinic.browser("nurse"), tested, never_tested="yes").status_code == 303
    assert screened(clinic.browser("nurse"), silent).status_code == 303
    assert of_kind(clinic, tested, SAID) == of_kind(clinic, silent, SAID) == []


@pytest.mark.parametrize(
    "fields",
    [{"products[]": ["no-such-product"]}, {"jurisdiction": "moon"}, {"question": "why"}],
)
def test_a_question_that_is_refused_writes_nothing(
    clinic: OpenClinic, fields: dict[str, object]
) -> None:
    patient = patient_of(clinic, **UNTESTED)
    assert (
        screened(clinic.browser("nurse"), patient, never_tested="yes", **fields).status_code == 422
    )
    assert of_kind(clinic, patient, SAID) == []


def test_programs_say_it_too(clinic: OpenClinic) -> None:
    patient = patient_of(clinic, **UNTESTED)
    made = clinic.program("nurse").post(
        f"/api/v1/patients/{patient}/screenings",
        json={"question": "challenge", "products": [US_TABLET], "never_tested": True},
        headers={"Idempotency-Key": f"never-{patient}"},
    )
    assert made.status_code == 201
    assert made.json()["inputs"]["patient"]["provocation_tests"] == []
    assert len(of_kind(clinic, patient, SAID)) == 1
