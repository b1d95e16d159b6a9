"""Screening and decisions: what is missing never permits, what refuses says why, all is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.clinics import OpenClinic, text_of
from tests.support.files_on_record import ASKED_AT
from tests.support.patients import RU_TABLET, US_TABLET
from tests.support.telling import alarmed
from tests.unit.web.deciding.screened import of_kind, patient_of, screened

from antagonist.web.actions import decisions
from antagonist.web.actions.files import file_of


def test_the_file_has_the_birth_date_of_the_identity(clinic: OpenClinic) -> None:
    patient = patient_of(clinic)
    found = file_of(clinic.clinic.record, patient, ASKED_AT, clinic.clinic.tz)
    assert (found.birth_date, found.indication) == ("1994-05-17", "opioid")


def test_a_patient_whom_every_rule_lets_start_is_allowed(clinic: OpenClinic) -> None:
    browser, patient = clinic.browser("prescriber"), patient_of(clinic)
    said = text_of(browser.follow(screened(browser, patient)))
    assert "allowed Naltrexone Hydrochloride" in said
    assert "not allowed" not in said


@pytest.mark.parametrize("part", ["scores", "urine_tests", "opioid_history", "medicines"])
def test_what_is_missing_is_named_and_never_permits(clinic: OpenClinic, part: str) -> None:
    changes: dict[str, Any] = {part: None}
    patient = patient_of(clinic, **changes)
    browser = clinic.browser("nurse")
    answered = screened(browser, patient, **{"products[]": []})
    (event,) = of_kind(clinic, patient, "decision")
    answers = decisions.answers_of(event)
    assert len(answers) > 5
    assert not any(answer.permits for answer in answers)
    page = browser.follow(answered)
    assert "not known: facts are missing" in text_of(page)
    assert f'href="/patients/{patient}/record/' in page.text


def test_a_fact_is_recorded_where_its_form_is(clinic: OpenClinic) -> None:
    patient = patient_of(clinic, facts={"alt": None, "hepatitis": None}, scores=None)
    browser = clinic.browser("nurse")
    page = browser.follow(screened(browser, patient)).text
    for form in ("record/lab/alt", "record/fact/hepatitis", "record/score/cows"):
        assert f'href="/patients/{patient}/{form}"' in page, form


def test_a_viewer_reads_but_neither_screens_nor_records(clinic: OpenClinic) -> None:
    patient = patient_of(clinic, scores=None)
    browser = clinic.browser("viewer")
    assert screened(browser, patient).status_code == 403
    assert of_kind(clinic, patient, "decision") == []
    made = screened(clinic.browser("nurse"), patient).headers["location"]
    page = browser.get(made)
    assert page.status_code == 200
    assert "/record/" not in page.text


def test_an_early_patient_is_told_the_day_and_the_facts(clinic: OpenClinic) -> None:
    browser, patient = clinic.browser("nurse"), patient_of(clinic, "too_early")
    said = text_of(browser.follow(screened(browser, patient)))
    # last opioid 20 November, 10 days by the base text (label/data/rules/start_gates.yaml)
    assert "Earliest date: 30 Nov 2026" in said
    assert "Days since any opioid: 5 days (20 Nov 2026; patient)" in said
    assert "true — Days since any opioid &lt; 10 days" in said


def test_where_sources_disagree_both_verdicts_stand(clinic: OpenClinic) -> None:
    browser, patient = clinic.browser("nurse"), patient_of(clinic, provocation_tests=None)
    said = text_of(browser.follow(screened(browser, patient, question="challenge")))
    assert "base: allowed; labels: not known: facts are missing" in said
    assert "The sources disagree; the stricter verdict applies." in said


def test_the_label_that_holds_is_chosen(clinic: OpenClinic) -> None:
    browser, patient = clinic.browser("nurse"), patient_of(clinic)
    fields = {"jurisdiction": "ru", "products[]": [RU_TABLET]}
    said = text_of(browser.follow(screened(browser, patient, **fields)))
    assert "Labels that count: Russian instructions, capsules and tablets." in said


def test_without_an_indication_nothing_is_kept(clinic: OpenClinic) -> None:
    browser, patient = clinic.browser("nurse"), clinic.patient("Nobody", "no-indication")
    answered = screened(browser, patient)
    assert answered.status_code == 422, text_of(answered)
    assert "fact/indication_stated" in answered.text
    assert of_kind(clinic, patient, "decision") == []


def test_a_form_sent_twice_keeps_one_decision(clinic: OpenClinic) -> None:
    browser, patient = clinic.browser("nurse"), patient_of(clinic)
    first, second = (screened(browser, patient, key="screen-key-1") for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert len(of_kind(clinic, patient, "decision")) == 1


def test_the_list_and_the_file_hold_what_was_decided(clinic: OpenClinic) -> None:
    browser, patient = clinic.browser("nurse"), patient_of(clinic, "urine_positive")
    made = screened(browser, patient).headers["location"]
    said = text_of(browser.get(f"/patients/{patient}/decisions"))
    assert "not allowed: Naltrexone Hydrochloride, tablet, 50 mg nurse no" in said
    kept = browser.get(f"{made}/file")
    assert kept.headers["content-disposition"] == 'attachment; filename="decision.json"'
    (event,) = of_kind(clinic, patient, "decision")
    assert json.loads(kept.content) == event.payload


def test_the_list_says_which_alarm_was_raised_in_its_words(clinic: OpenClinic) -> None:
    patient = patient_of(clinic)
    alarmed(clinic, patient)
    said = text_of(clinic.browser("nurse").get(f"/patients/{patient}/decisions"))
    assert "STOP: Dark urine, yellow eyes or skin" in said
    assert "liver-signs" not in said


def test_a_decision_of_another_patient_is_not_found(clinic: OpenClinic) -> None:
    browser = clinic.browser("nurse")
    first, second = patient_of(clinic), patient_of(clinic)
    event = screened(browser, first).headers["location"].rsplit("/", 1)[-1]
    for path in (f"/patients/{second}/decisions/{event}", f"/patients/{second}/decisions/x"):
        assert browser.get(path).status_code == 404


def test_russian_readers_read_russian(own_clinic: OpenClinic) -> None:
    own_clinic.reads("nurse", "ru")
    browser, patient = own_clinic.browser("nurse"), patient_of(own_clinic, scores=None)
    said = text_of(browser.follow(screened(browser, patient)))
    assert "неизвестно: не хватает данных" in said
    assert "Следующее обследование:" in said


def test_programs_screen_and_read(clinic: OpenClinic) -> None:
    program, patient = clinic.program("nurse"), patient_of(clinic)
    path, key = f"/api/v1/patients/{patient}/screenings", {"Idempotency-Key": "api-screen-1"}
    made = [program.post(path, json={"products": [US_TABLET]}, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json() == made[1].json()
    listed = program.get(f"/api/v1/patients/{patient}/decisions").json()
    assert [one["verdicts"] for one in listed] == [{US_TABLET: "allowed"}]
    one = program.get(f"/api/v1/patients/{patient}/decisions/{listed[0]['event']}").json()
    assert one["result"]["answers"][0]["verdict"] == "allowed"
    wrong = program.post(
        path, json={"products": ["no-such-product"]}, headers={"Idempotency-Key": "api-screen-2"}
    )
    assert wrong.status_code == 422
