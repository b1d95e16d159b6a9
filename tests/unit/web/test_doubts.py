"""A dose that looks wrong is asked about once more, and then recorded as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support.clinics import Browser, OpenClinic, text_of
from tests.support.page_forms import page_forms
from tests.support.telling import alarmed, injected, swallowed, tell

from antagonist.feedback.alarms import evaluate
from antagonist.web.forms import new_key

# As the label has it: 380 mg every 4 weeks, sides alternate (Vivitrol label, 2.1).
GOOD = {
    "product": "vivitrol-us-380", "dose_mg": "380", "side": "right", "lot": "A2",
    "expiry": "2027-01-01", "given_by": "nurse",
}  # fmt: skip


def asked(
    clinic: OpenClinic, patient: str, kind: str, **said: str
) -> tuple[Browser, str, dict[str, str]]:
    """A browser, the form's address, and what it sends."""
    browser, path = clinic.browser("nurse"), f"/patients/{patient}/record/{kind}"
    (form,) = page_forms(browser.get(path).text, path)[-1:]
    return browser, path, {**{k: v for k, (v, *_) in form.fields.items()}, **said}


def recorded(clinic: OpenClinic, patient: str, kind: str) -> int:
    """How many events of a kind there are."""
    return sum(event.kind == kind for event in clinic.clinic.record.all(patient))


@pytest.mark.parametrize(
    ("last", "said", "why"),
    [
        (30, {"dose_mg": "190"}, "name 380 mg"),
        (30, {"expiry": "2026-04-30"}, "good until 30 Apr 2026"),
        (30, {"side": "left"}, "was on the same side"),
        (20, {}, "the label has 28 days between them"),
        (0.1, {}, "on record for the same day: 380 mg"),
    ],
)
def test_a_doubtful_injection_is_asked_about_once_more(
    clinic: OpenClinic, last: float, said: dict[str, str], why: str
) -> None:
    patient = clinic.patient(number=new_key())
    injected(clinic, patient, last)
    browser, path, sent = asked(clinic, patient, "injection", **{**GOOD, **said})
    first = browser.client.post(path, data=sent)
    assert first.status_code == 422
    assert why in text_of(first)
    assert recorded(clinic, patient, "injection") == 1
    again = {k: v for k, (v, *_) in page_forms(first.text, path)[-1].fields.items()}
    assert again["key"] == sent["key"]
    assert browser.client.post(path, data=again).status_code == 422  # the box is not ticked
    sure = first.text.split('name="sure" value="')[1].split('"')[0]
    assert browser.client.post(path, data={**again, "sure": sure}).status_code == 303
    assert recorded(clinic, patient, "injection") == 2


def test_an_injection_as_the_label_has_it_is_recorded_at_once(clinic: OpenClinic) -> None:
    patient = clinic.patient(number=new_key())
    injected(clinic, patient, 28)
    browser, path, sent = asked(clinic, patient, "injection", **GOOD)
    assert browser.client.post(path, data=sent).status_code == 303
    assert recorded(clinic, patient, "injection") == 2


@pytest.mark.parametrize(
    ("status", "mg", "doubted"),
    [("observed", "50", False), ("observed", "300", True), ("missed", "300", False)],
)
def test_tablets_by_what_the_label_names(
    clinic: OpenClinic, status: str, mg: str, doubted: bool
) -> None:
    patient = clinic.patient(number=new_key())
    swallowed(clinic, patient, 2)
    browser, path, sent = asked(
        clinic, patient, "dose", status=status, dose_mg=mg, observed_by="nurse"
    )
    answer = browser.client.post(path, data=sent)
    assert answer.status_code == (422 if doubted else 303)
    assert ("25 mg, 50 mg, 100 mg, 150 mg" in text_of(answer)) is doubted


@pytest.mark.parametrize("seen_to", [False, True])
def test_an_alarm_that_says_stop_is_shown_before_a_dose_is_recorded(
    clinic: OpenClinic, seen_to: bool
) -> None:
    patient = clinic.patient(number=new_key())
    injected(clinic, patient, 40)
    alarm = alarmed(clinic, patient)
    if seen_to:
        clinic.browser("nurse").post(f"/patients/{patient}/alarms/{alarm}/acknowledge")
    browser, path, sent = asked(clinic, patient, "injection", **GOOD)
    assert "An alarm allows no dose" in text_of(browser.get(path))
    assert "An alarm allows no dose" not in text_of(
        browser.get(f"/patients/{patient}/record/lab/alt")
    )
    answer = browser.client.post(path, data=sent)
    assert answer.status_code == 422
    assert text_of(answer).count("An alarm allows no dose") == 1
    other = {**sent, "sure": "amount"}  # what was looked at was something else
    assert browser.client.post(path, data=other).status_code == 422


@pytest.mark.parametrize(("days_ago", "doubted"), [(3, False), (4, True)])
def test_after_a_gap_opioids_are_asked_about_before_a_dose(
    clinic: OpenClinic, days_ago: float, doubted: bool
) -> None:
    """More than 3 days without an effective dose: rule restart-after-gap, alarm gap-over-3-days."""
    patient = clinic.patient(number=new_key())
    swallowed(clinic, patient, days_ago)
    record, now = clinic.clinic.record, clinic.clinic.now().astimezone(clinic.clinic.tz)
    raised = {event.payload.get("alarm") for event in evaluate(record, patient, now)}
    assert ("gap-over-3-days" in raised) is doubted
    said = {"status": "observed", "dose_mg": "50", "observed_by": "nurse"}
    browser, path, sent = asked(clinic, patient, "dose", **said)
    answer = browser.client.post(path, data=sent)
    assert answer.status_code == (422 if doubted else 303)
    if doubted:
        assert "If any was used, only through the whole gate." in text_of(answer)
        sure = answer.text.split('name="sure" value="')[1].split('"')[0]
        assert browser.client.post(path, data={**sent, "sure": sure}).status_code == 303
        # the dose has ended the gap, whether somebody answers the alarm or not
        later = asked(clinic, patient, "dose", **said)[2]
        again = browser.client.post(path, data=later)
        assert "without an effective dose" not in text_of(again)


def test_the_form_proposes_no_time_to_come(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient()
    own_clinic.clock.at += timedelta(seconds=59)
    _browser, _path, sent = asked(own_clinic, patient, "injection")
    assert sent["occurred_at"] == "2026-05-01T09:00"


def test_nobody_is_offered_a_dose_at_once_while_doses_are_on_hold(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient()
    tell(own_clinic, patient, "fact", fact="indication_stated", value="opioid", source="nurse")
    swallowed(own_clinic, patient, 1)
    nurse, path = own_clinic.browser("nurse"), f"/patients/{patient}/record/dose"
    offered = text_of(nurse.get(path))
    assert offered.index("First ask about opioids") < offered.index("Observed: 50 mg")
    assert "Fri 1 May 2026, 09:00 (UTC); everything as in the form below." in offered
    alarm = alarmed(own_clinic, patient)
    assert "Observed: 50 mg" not in text_of(nurse.get(path))
    speaking = ("record/dose", "situation", "plan")
    said = [text_of(nurse.get(f"/patients/{patient}/{page}")) for page in speaking]
    asked_for = nurse.post(f"/patients/{patient}/situation", kind="acute_pain")
    said.append(text_of(nurse.follow(asked_for)))
    assert [text.count("An alarm allows no dose before the prescriber") for text in said] == [1] * 4
    here = f"/patients/{patient}/alarms/{alarm}/override"
    own_clinic.browser("prescriber").post(here, reason="hepatitis ruled out")
    assert "Observed: 50 mg" in text_of(nurse.get(path))


def test_a_program_is_told_what_looked_wrong_when_it_wrote(clinic: OpenClinic) -> None:
    patient, program = clinic.patient(number=new_key()), clinic.program("nurse")
    injected(clinic, patient, 20)
    payload = {**GOOD, "dose_mg": 190, "side": "left", "expiry": "2026-04-30"}
    sent = {"kind": "injection", "occurred_at": clinic.clock.at.isoformat(), "payload": payload}
    path, key = f"/api/v1/patients/{patient}/events", {"Idempotency-Key": new_key()}
    first, again = (program.post(path, json=sent, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201
    doubts = {one["name"]: one["text"] for one in first.json()["doubts"]}
    assert list(doubts) == ["amount", "expired", "early", "side"]
    assert "380 mg" in doubts["amount"]
    assert again.json()["doubts"] == first.json()["doubts"]  # not that it stands beside itself
    assert recorded(clinic, patient, "injection") == 2
    usual = {**payload, "dose_mg": 380, "expiry": "2027-01-01"}
    slip = {"occurred_at": sent["occurred_at"], "payload": usual, "reason": "slip"}
    right = program.post(
        f"{path}/{first.json()['event']}/correct",
        json=slip, headers={"Idempotency-Key": new_key()},
    )  # fmt: skip
    assert (right.status_code, right.json()["doubts"]) == (201, [])


@pytest.mark.parametrize(("days", "doubted"), [(29, True), (31, False), (-1, False)])
def test_a_dose_too_near_an_operation_with_opioids_is_asked_about(
    clinic: OpenClinic, days: int, doubted: bool
) -> None:
    # 30 days from the last injection: ASAM National Practice Guideline 2015, pocket guide
    patient = clinic.patient(number=new_key())
    at = (clinic.clock.at + timedelta(days=days)).isoformat()
    tell(clinic, patient, "surgery_planned", 1, at=at, with_opioids=True)
    browser, path, sent = asked(clinic, patient, "injection", **GOOD)
    answer = browser.client.post(path, data=sent)
    assert (answer.status_code == 422) is doubted
    assert ("An operation with opioids is planned for Sat 30 May" in text_of(answer)) is doubted
