"""The challenge test: each step in its time, two people at once, the result on record.

Steps and times are the label's: 0.2 mg, 30 s, 0.6 mg, 20 min (Nalorex and Adepend SmPCs, 4.2, 4.4).
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from httpx2 import Response
from tests.support.clinics import OpenClinic, text_of
from tests.support.files_on_record import fact_event
from tests.support.patients import US_TABLET
from tests.support.records import NURSE
from tests.unit.web.deciding.led import (
    UNTESTED,
    begun,
    do,
    observing,
    row,
    state_name,
    under_way,
)
from tests.unit.web.deciding.screened import of_kind, patient_of, screened

from antagonist.feedback.events import NewEvent


@pytest.mark.parametrize(("seconds", "state"), [(29, "observing"), (30, "ready")])
def test_the_first_dose_is_watched_for_thirty_seconds(
    clinic: OpenClinic, seconds: int, state: str
) -> None:
    browser, patient, made = observing(clinic)
    clinic.clock.advance(seconds=seconds)
    assert do(clinic, browser, made, "observed", seen="none") == 303
    assert state_name(clinic, patient) == state
    assert do(clinic, browser, made, "given") == (303 if state == "ready" else 422)


def test_the_enter_key_never_says_that_nothing_was_seen(clinic: OpenClinic) -> None:
    browser, _patient, made = observing(clinic)
    form = next(part for part in browser.get(made).text.split("<form")[1:] if 'name="seen"' in part)
    # a browser presses the first button of the form, in the order of the page
    assert re.findall(r'<button[^>]*name="seen" value="(\w+)"', form) == ["signs", "none"]


@pytest.mark.parametrize(("seconds", "results"), [(1199, []), (1200, ["negative"])])
def test_the_second_dose_is_watched_for_twenty_minutes(
    clinic: OpenClinic, seconds: int, results: list[str]
) -> None:
    browser, patient, made = observing(clinic, steps=2)
    clinic.clock.advance(seconds=seconds)
    assert do(clinic, browser, made, "observed", seen="none") == 303
    found = of_kind(clinic, patient, "provocation_test")
    assert [event.payload["result"] for event in found] == results
    if results:
        (event,) = found
        assert event.payload["total_mg"] == 0.8
        assert (event.payload["drug"], event.payload["route"]) == ("naloxone", "iv")
        assert event.author == "nurse"
        assert row(clinic, patient).status == "finished"
        assert "Negative. A tolerated test does not exclude" in text_of(browser.get(made))
        start = text_of(browser.follow(screened(browser, patient)))
        assert "not known" not in start


def test_a_new_sign_is_positive_at_once_stops_and_waits_a_day(clinic: OpenClinic) -> None:
    browser, patient, made = observing(clinic)
    clinic.clock.advance(seconds=5)
    fields = {"seen": "signs", "signs[]": ["yawning"]}
    assert do(clinic, browser, made, "observed", **fields) == 303
    (event,) = of_kind(clinic, patient, "provocation_test")
    assert (event.payload["result"], event.payload["signs"]) == ("positive", ["yawning"])
    assert event.payload["total_mg"] == 0.2
    said = text_of(browser.get(made))
    for words in ("POSITIVE: no naltrexone", "yawning", "give no naltrexone", "Relieve the wi"):
        assert words in said, words
    assert "Not to be repeated before Thu 26 Nov 2026" in said
    assert do(clinic, browser, made, "given") == 409
    assert "not allowed" in text_of(browser.follow(screened(browser, patient)))


def test_a_sign_of_before_that_grew_worse_counts(clinic: OpenClinic) -> None:
    browser, patient, made = observing(clinic)
    assert "was there before: tick if it grew worse" in text_of(browser.get(made))
    fields = {"seen": "signs", "signs[]": ["anxiety"]}
    assert do(clinic, browser, made, "observed", **fields) == 303
    (event,) = of_kind(clinic, patient, "provocation_test")
    assert (event.payload["result"], event.payload["signs"]) == ("positive", ["anxiety"])


@pytest.mark.parametrize(
    ("seen", "signs"),
    [("none", ["yawning"]), ("signs", []), ("signs", ["no-such-sign"]), ("", []), ("maybe", [])],
)
def test_an_answer_that_contradicts_itself_is_not_recorded(
    clinic: OpenClinic, seen: str, signs: list[str]
) -> None:
    browser, patient, made = observing(clinic)
    assert do(clinic, browser, made, "observed", seen=seen, **{"signs[]": signs}) == 422
    assert len(row(clinic, patient).entries) == 2


@pytest.mark.parametrize("kind", ["given", "observed", "resumed", "no-such-kind"])
def test_a_skipped_step_is_refused(clinic: OpenClinic, kind: str) -> None:
    browser, patient, made = under_way(clinic)
    assert do(clinic, browser, made, kind, seen="none") == 422
    assert row(clinic, patient).entries == ()


def test_the_second_dose_cannot_come_first(clinic: OpenClinic) -> None:
    browser, _, made = under_way(clinic)
    assert do(clinic, browser, made, "baseline") == 303
    assert do(clinic, browser, made, "given", step=1) == 422
    assert do(clinic, browser, made, "given", step=0) == 303


def test_the_second_of_two_people_sees_what_the_first_did(clinic: OpenClinic) -> None:
    browser, patient, made = observing(clinic)
    seen = row(clinic, patient).version
    first = browser.post(made, kind="interrupted", version=seen)
    second = clinic.browser("second").post(made, kind="observed", seen="none", version=seen)
    assert (first.status_code, second.status_code) == (303, 409)
    said = text_of(second)
    assert "Somebody else wrote meanwhile." in said
    assert "The test was interrupted" in said
    assert row(clinic, patient).version == seen + 1


def test_a_button_pressed_twice_is_one_dose(clinic: OpenClinic) -> None:
    browser, patient, made = under_way(clinic)
    assert do(clinic, browser, made, "baseline") == 303
    version = row(clinic, patient).version
    sent = [browser.post(made, key="dose-key", kind="given", version=version) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303]
    assert len(row(clinic, patient).doses) == 1


@pytest.mark.parametrize(("seconds", "state"), [(1800, "observing"), (1801, "expired")])
def test_an_interrupted_test_is_resumed_within_half_an_hour(
    clinic: OpenClinic, seconds: int, state: str
) -> None:
    browser, patient, made = observing(clinic)
    assert do(clinic, browser, made, "interrupted") == 303
    clinic.clock.advance(seconds=seconds)
    browser = clinic.browser("nurse")
    assert do(clinic, browser, made, "resumed") == (303 if state == "observing" else 422)
    assert state_name(clinic, patient) == state


def test_what_comes_on_record_meanwhile_closes_the_test(clinic: OpenClinic) -> None:
    browser, patient, made = under_way(clinic)
    clinic.clock.advance(seconds=1)
    new = fact_event("withdrawal_finding", True, clinic.clinic.now())
    clinic.clinic.record.append(patient, [new], NURSE)
    assert do(clinic, browser, made, "baseline") == 422
    assert row(clinic, patient).entries == ()


@pytest.mark.parametrize("given", [False, True])
def test_an_aborted_test_says_why_and_a_dose_stays_on_record(
    clinic: OpenClinic, given: bool
) -> None:
    browser, patient, made = observing(clinic) if given else under_way(clinic)
    version = row(clinic, patient).version
    assert browser.post(f"{made}/abort", version=version, reason="").status_code == 422
    assert browser.post(f"{made}/abort", version=version, reason="left").status_code == 303
    assert "left" in text_of(browser.get(made))
    found = [event.payload["result"] for event in of_kind(clinic, patient, "provocation_test")]
    assert found == (["interrupted"] if given else [])
    assert do(clinic, browser, made, "baseline") == 409


def test_the_repeat_test_waits_a_day_and_a_prescriber_sets_what_the_text_lacks(
    own_clinic: OpenClinic,
) -> None:
    clinic = own_clinic
    now = clinic.clinic.now().isoformat()
    earlier = {"drug": "naloxone", "route": "iv", "total_mg": 0.8, "done_at": now,
               "result": "negative", "source": "test"}  # fmt: skip
    patient = patient_of(clinic, provocation_tests=[earlier])
    clinic.clock.advance(hours=24, seconds=-1)
    assert begun(clinic, patient, protocol="confirm").status_code == 422
    clinic.clock.advance(seconds=1)
    at = clinic.clinic.now()
    results = dict.fromkeys(
        ("opiates", "oxycodone", "methadone", "buprenorphine", "fentanyl", "tramadol"), "negative"
    )
    sample = {"taken": at.isoformat(), "method": "immunoassay", "results": results,
              "creatinine": 96, "creatinine_unit": "mg/dL"}  # fmt: skip
    again = [NewEvent("urine_drug_test", at, sample), fact_event("withdrawal_finding", False, at),
             NewEvent("score", at, {"score": "cows", "values": {}, "total": 1})]  # fmt: skip
    clinic.clinic.record.append(patient, again, NURSE)
    clinic.clock.advance(seconds=1)
    made = begun(clinic, patient, protocol="confirm").headers["location"]
    assert "/challenge/" in made, text_of(clinic.browser("nurse").get(made))
    nurse, prescriber = clinic.browser("nurse"), clinic.browser("prescriber")
    assert do(clinic, nurse, made, "baseline") == 303
    assert do(clinic, nurse, made, "given", route="iv", observe_min="20") == 422
    assert do(clinic, prescriber, made, "given", route="iv") == 422
    assert do(clinic, prescriber, made, "given", route="iv", observe_min="20") == 303
    clinic.clock.advance(minutes=20)
    assert do(clinic, nurse, made, "observed", seen="none") == 303
    last = of_kind(clinic, patient, "provocation_test")[-1].payload
    assert (last["result"], last["total_mg"], last["route"]) == ("negative", 1.6, "iv")


def test_the_page_says_until_when_without_a_script(clinic: OpenClinic) -> None:
    browser, _, made = observing(clinic)
    until = clinic.clinic.now().timestamp() + 30
    page = browser.get(made)
    clock = f"{clinic.clinic.now().fromtimestamp(until, clinic.clinic.tz):%H:%M:%S}"
    assert f"Watch until {clock}." in text_of(page)
    assert 'data-left-s="30"' in page.text
    assert "Only naloxone is offered." in text_of(page)


def test_a_test_of_another_patient_is_not_found(clinic: OpenClinic) -> None:
    browser, _, made = under_way(clinic)
    other = patient_of(clinic)
    wrong = f"/patients/{other}/challenge/{made.rsplit('/', 1)[-1]}"
    assert browser.get(wrong).status_code == 404
    assert browser.post(wrong, kind="baseline", version=1).status_code == 404


def test_programs_lead_a_test_too(clinic: OpenClinic) -> None:
    program, patient = clinic.program("nurse"), patient_of(clinic, **UNTESTED)
    path = f"/api/v1/patients/{patient}/challenges"

    def post(where: str, key: str, **body: Any) -> Response:
        return program.post(where, json=body, headers={"Idempotency-Key": f"{patient}-{key}"})

    refused = post(path, "begin-0", protocol="iv", product=US_TABLET)
    assert refused.status_code == 422
    error = refused.json()["errors"][0]
    assert error["field"] == "decision"
    decided = [event.event_id for event in of_kind(clinic, patient, "decision")]
    assert decided == [error["value"]], "the decision that refuses is kept"
    again = post(path, "begin-0", protocol="iv", product=US_TABLET)
    assert again.json()["errors"] == [error]
    assert len(of_kind(clinic, patient, "decision")) == 1
    made = post(path, "begin-1", protocol="iv", product=US_TABLET, never_tested=True)
    assert made.status_code == 201
    one = f"{path}/{made.json()['challenge']}"
    skipped = post(f"{one}/steps", "skipped", version=1, kind="given")
    assert skipped.status_code == 422
    assert post(f"{one}/steps", "base", version=1, kind="baseline").json()["state"] == "ready"
    assert post(f"{one}/steps", "late", version=1, kind="given").status_code == 409
    given = post(f"{one}/steps", "given", version=2, kind="given").json()
    assert (given["state"], given["version"]) == ("observing", 3)
    unsaid = post(f"{one}/steps", "unsaid", version=3, kind="observed")
    assert unsaid.status_code == 422
    assert "signs" in unsaid.json()["errors"][0]["allowed"]
    ended = post(f"{one}/abort", "abort", version=3, reason="the patient left").json()
    assert (ended["status"], ended["done"][-1]["note"]) == ("aborted", "the patient left")
    assert [each["challenge"] for each in program.get(path).json()] == [ended["challenge"]]
