"""Recording by several people, twice, late, in another zone: nothing lost, nothing doubled."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.clinics import NURSE, PASSWORD, Browser, OpenClinic, text_of
from tests.support.page_forms import page_forms

from antagonist.feedback.database import changing
from antagonist.feedback.events import Event, NewEvent
from antagonist.feedback.merging import merge
from antagonist.web.accounts.people import change
from antagonist.web.forms import new_key

LAB = {"value": "40", "unit": "U/L", "specimen": "blood"}
NOON = "2026-05-01T08:00"


def new_patient(clinic: OpenClinic) -> str:
    """A patient with a number of its own."""
    return clinic.patient(number=new_key())


def path(patient: str, kind: str = "lab/alt") -> str:
    return f"/patients/{patient}/record/{kind}"


def by_people(clinic: OpenClinic, patient: str) -> list[Event]:
    """What people recorded, without the record's beginning and the program's own lines."""
    return [
        e for e in clinic.clinic.record.all(patient)
        if e.kind != "patient_created" and e.role != "program"
    ]  # fmt: skip


def opened(browser: Browser, patient: str, kind: str = "lab/alt") -> dict[str, str]:
    """A form as its page makes it."""
    (form,) = page_forms(browser.get(path(patient, kind)).text, path(patient, kind))[-1:]
    return {name: value for name, (value, *_) in form.fields.items()}


def test_the_second_of_two_people_sees_what_changed_and_loses_nothing(
    clinic: OpenClinic,
) -> None:
    patient = new_patient(clinic)
    first, second = clinic.browser("nurse"), clinic.browser("prescriber")
    late = {**opened(second, patient), **LAB, "upper_limit": "45"}
    first.post(path(patient), **{**opened(first, patient), **LAB, "value": "77"})
    refused = second.client.post(path(patient), data=late)
    assert refused.status_code == 409
    said = text_of(refused)
    assert "ALT: 77 U/L" in said
    assert "nurse" in said
    assert len(by_people(clinic, patient)) == 1
    (form,) = page_forms(refused.text, path(patient))
    assert form.buttons[0] == "Record anyway"
    kept = {name: value for name, (value, *_) in form.fields.items()}
    assert kept["key"] == late["key"]
    assert {name: kept[name] for name in LAB} == LAB
    assert kept["upper_limit"] == "45"
    assert second.client.post(path(patient), data=kept).status_code == 303
    assert [e.payload["value"] for e in by_people(clinic, patient)] == [77, 40]


def test_a_form_that_says_no_state_is_refused(clinic: OpenClinic) -> None:
    patient = new_patient(clinic)
    sent = clinic.browser("nurse").post(path(patient), occurred_at=NOON, **LAB)
    assert sent.status_code == 422
    assert "load the page again" in text_of(sent)
    assert by_people(clinic, patient) == []


def test_sent_twice_it_is_one_event(clinic: OpenClinic) -> None:
    patient, browser = new_patient(clinic), clinic.browser("nurse")
    data = {**opened(browser, patient), **LAB}
    answers = [browser.client.post(path(patient), data=data) for _ in range(2)]
    assert {a.headers["location"] for a in answers} == {answers[0].headers["location"]}
    assert len(by_people(clinic, patient)) == 1


def test_sent_many_times_at_once_it_is_one_event(own_clinic: OpenClinic) -> None:
    patient, browsers = new_patient(own_clinic), [own_clinic.browser("nurse") for _ in range(4)]
    data = {**opened(browsers[0], patient), **LAB}

    def send(browser: Browser) -> str:
        answer = browser.client.post(path(patient), data={**data, "csrf": browser.csrf})
        return str(answer.headers.get("location", text_of(answer)))

    with ThreadPoolExecutor(4) as pool:
        places = set(pool.map(send, browsers))
    (event,) = by_people(own_clinic, patient)
    assert places == {f"/patients/{patient}/recorded/{event.event_id}"}


def test_the_record_knows_the_key_where_the_answer_was_lost(own_clinic: OpenClinic) -> None:
    """The event was written, the server died before the request's row said so."""
    from sqlalchemy import delete

    from antagonist.web.accounts import tables as t

    patient, browser = new_patient(own_clinic), own_clinic.browser("nurse")
    data = {**opened(browser, patient), **LAB}
    first = browser.client.post(path(patient), data=data)
    with changing(own_clinic.clinic.engine) as connection:
        connection.execute(delete(t.done))
    again = browser.client.post(path(patient), data=data)
    assert again.headers["location"] == first.headers["location"]
    assert len(by_people(own_clinic, patient)) == 1


def test_a_session_that_ends_in_the_middle_loses_nothing(own_clinic: OpenClinic) -> None:
    patient, browser = new_patient(own_clinic), own_clinic.browser("nurse")
    data = {**opened(browser, patient, "opioid_history"), "ever": "past"}
    data |= {"exposures.0.opioid": "heroin", "asked_about[]": ["methadone", "kratom"]}  # type: ignore[dict-item]
    own_clinic.clock.at += timedelta(hours=13)
    browser.client.headers["sec-fetch-site"] = "same-origin"  # as browsers say of our own forms
    ended = browser.client.post(path(patient, "opioid_history"), data=data)
    assert ended.status_code == 401
    assert by_people(own_clinic, patient) == []
    (again,) = page_forms(ended.text, "/sign-in/again")
    credentials = {"again_name": "nurse", "password": PASSWORD}
    back = browser.client.post("/sign-in/again", data={**again.data, **credentials})
    assert back.status_code == 200, text_of(back)
    (kept,) = page_forms(back.text, path(patient, "opioid_history"))
    for _ in range(2):
        assert browser.client.post(kept.action, data=kept.data).status_code == 303
    (event,) = by_people(own_clinic, patient)
    assert event.payload["exposures"][0]["opioid"] == "heroin"
    assert sorted(event.payload["asked_about"]) == ["kratom", "methadone"]


def test_times_are_the_readers_and_unclear_ones_are_asked_back(own_clinic: OpenClinic) -> None:
    patient = new_patient(own_clinic)
    with changing(own_clinic.clinic.engine) as connection:
        change(connection, own_clinic.people["nurse"], timezone="Europe/Berlin")
    browser = own_clinic.browser("nurse")
    data = {**opened(browser, patient), **LAB}
    assert data["occurred_at"] == "2026-05-01T11:00"
    for wall, hint in (("2025-10-26T02:30", "happens twice"), ("2026-03-29T02:30", "is skipped")):
        unclear = browser.client.post(path(patient), data={**data, "occurred_at": wall})
        assert unclear.status_code == 422
        assert hint in text_of(unclear)
        # the picker has no place for an offset, so that it becomes a field of text
        assert re.search(
            r'value="[^"]*02:30"[^>]*type="text" step="any" aria-invalid', unclear.text
        )
    clear = {**data, "occurred_at": "2025-10-26 02:30+01:00"}
    assert browser.client.post(path(patient), data=clear).status_code == 303
    (event,) = by_people(own_clinic, patient)
    assert event.occurred_at == datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    page = browser.get(f"/patients/{patient}/events/{event.event_id}/correct")
    assert 'value="2025-10-26T02:30+01:00"' in page.text


def test_nothing_is_recorded_for_the_future(clinic: OpenClinic) -> None:
    patient, browser = new_patient(clinic), clinic.browser("nurse")
    late = {**opened(browser, patient), **LAB, "occurred_at": "2026-05-02T08:00"}
    sent = browser.client.post(path(patient), data=late)
    assert sent.status_code == 422
    assert 'href="#f-occurred_at"' in sent.text
    assert by_people(clinic, patient) == []


def planned(clinic: OpenClinic) -> str:
    """A patient on 50 mg every morning, with a dose due now."""
    patient = new_patient(clinic)
    plan = {
        "product": "revia-us-50", "route": "oral",
        "doses": [
            {"at": f"2026-05-0{day}T08:45:00Z", "dose_mg": 50, "kind": "maintenance"}
            for day in (1, 2, 3)
        ],
    }  # fmt: skip
    change_of_plan = NewEvent(
        "plan_change", datetime(2026, 4, 30, tzinfo=UTC), {"plan": plan, "reason": "start"}
    )
    clinic.clinic.record.append(patient, [change_of_plan], NURSE)
    return patient


def test_a_planned_dose_is_two_clicks(clinic: OpenClinic) -> None:
    patient, browser = planned(clinic), clinic.browser("nurse")
    forms = page_forms(browser.get(path(patient, "dose")).text, path(patient, "dose"))
    assert [f.buttons[0] for f in forms] == [
        "Observed: 50 mg", "Observed, mouth checked: 50 mg", "Record",
    ]  # fmt: skip
    # one page is one request: both buttons, pressed after each other, are one dose
    for form in forms[:2]:
        assert browser.client.post(form.action, data=form.data).status_code == 303
    dose = by_people(clinic, patient)[-1]
    assert [e.kind for e in by_people(clinic, patient)].count("dose") == 1
    assert dict(dose.payload) == {
        "product": "revia-us-50", "route": "oral", "dose_mg": 50.0, "status": "observed",
        "observed_by": "nurse", "planned_at": "2026-05-01T08:45:00Z",
    }  # fmt: skip
    # the next one is a day away: no button records it now, and nothing says that this is it
    (form,) = page_forms(browser.get(path(patient, "dose")).text, path(patient, "dose"))
    assert (form.buttons[0], form.fields["planned_at"]) == ("Record", [""])


def test_the_side_of_an_injection_alternates(clinic: OpenClinic) -> None:
    patient, browser = new_patient(clinic), clinic.browser("nurse")
    assert "side" not in opened(browser, patient, "injection")
    shot = {
        "product": "vivitrol-us-380", "dose_mg": 380, "lot": "A", "expiry": "2027-01-01",
        "side": "left", "given_by": "N",
    }  # fmt: skip
    then = NewEvent("injection", datetime(2026, 4, 3, tzinfo=UTC), shot)
    clinic.clinic.record.append(patient, [then], NURSE)
    found = opened(browser, patient, "injection")
    assert (found["side"], found["product"], found["dose_mg"]) == (
        "right",
        "vivitrol-us-380",
        "380",
    )
    assert (found["lot"], found["expiry"]) == ("", "")


def test_a_score_is_added_up_before_and_after(clinic: OpenClinic) -> None:
    patient, browser = new_patient(clinic), clinic.browser("nurse")
    data = opened(browser, patient, "score/phq_2")
    shown = browser.client.post(
        path(patient, "score/phq_2"), data={**data, "values.interest": "2", "show": "total"}
    )
    assert shown.status_code == 200
    assert "The total is not known yet." in text_of(shown)
    assert by_people(clinic, patient) == []
    whole = {**data, "values.interest": "2", "values.mood": "1"}
    page = browser.follow(browser.client.post(path(patient, "score/phq_2"), data=whole))
    assert "Total: 3 of 6" in text_of(page)


def test_an_event_is_taken_back_once_with_a_reason(clinic: OpenClinic) -> None:
    patient, browser = new_patient(clinic), clinic.browser("nurse")
    browser.client.post(path(patient), data={**opened(browser, patient), **LAB})
    (event,) = by_people(clinic, patient)
    correct = f"/patients/{patient}/events/{event.event_id}/correct"
    action = correct.replace("/correct", "/retract")
    (form,) = page_forms(browser.get(correct).text, action)
    refused = browser.client.post(action, data=form.data)
    assert refused.status_code == 422
    for _ in range(2):
        sent = browser.client.post(action, data={**form.data, "taken_back": "wrong patient"})
        assert sent.status_code == 303, text_of(sent)
    assert by_people(clinic, patient)[-1].payload == {"reason": "wrong patient"}
    assert len(by_people(clinic, patient)) == 2
    page = browser.get(f"/patients/{patient}/recorded/{event.event_id}")
    assert "It no longer holds: Entry taken back: reason: «wrong patient»" in text_of(page)
    assert browser.get(correct).status_code == 409
    late = browser.client.post(
        action, data={**form.data, "key": new_key(), "expected": "99", "taken_back": "again"}
    )
    assert late.status_code == 409


def test_what_was_recorded_names_the_alarms_it_raised(clinic: OpenClinic) -> None:
    patient, browser = new_patient(clinic), clinic.browser("nurse")
    risk = {**opened(browser, patient, "score/c_ssrs"), "values.intent": "yes"}
    risk |= {"values.suicidal_thoughts": "yes"}
    page = browser.follow(browser.client.post(path(patient, "score/c_ssrs"), data=risk))
    assert "Alarms that it raised" in text_of(page)


def test_nobody_elses_event_is_shown_or_corrected(clinic: OpenClinic) -> None:
    patient, other, browser = new_patient(clinic), new_patient(clinic), clinic.browser("nurse")
    browser.client.post(path(patient), data={**opened(browser, patient), **LAB})
    (event,) = by_people(clinic, patient)
    for place in (f"recorded/{event.event_id}", f"events/{event.event_id}/correct"):
        assert browser.get(f"/patients/{other}/{place}").status_code == 404


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><b>', "{{ 7 * 7 }}"])
def test_what_is_typed_stays_text(clinic: OpenClinic, text: str) -> None:
    patient, browser = new_patient(clinic), clinic.browser("nurse")
    data = {**opened(browser, patient, "words"), "text": text}
    page = browser.follow(browser.client.post(path(patient, "words"), data=data))
    assert text in html.unescape(page.text)
    assert "<" not in text or text not in page.text


def test_a_correction_keeps_what_its_form_does_not_ask(clinic: OpenClinic) -> None:
    """A code of another program, the second, all digits: none is lost by opening the form."""
    patient, browser = new_patient(clinic), clinic.browser("nurse")
    said = {"term": "nausea", "present": True, "snomed": "422587007", "words": "a bit sick"}
    albumin = {"test": "albumin", "value": 41.234567890123456, "unit": "g/L", "specimen": "blood"}
    at = datetime(2026, 4, 30, 8, 30, 45, 123456, tzinfo=UTC)
    new = [NewEvent("symptom", at, said), NewEvent("lab", at, albumin, version=2)]
    for old in clinic.clinic.record.append(patient, new, NURSE):
        action = f"/patients/{patient}/events/{old.event_id}/correct"
        (form,) = page_forms(browser.get(action).text, action)
        sent = browser.client.post(action, data={**form.data, "why": "opened by mistake"})
        assert sent.status_code == 303, text_of(sent)
        last = by_people(clinic, patient)[-1]
        assert (dict(last.payload), last.occurred_at) == (dict(old.payload), at)


def test_a_result_that_no_list_offers_can_be_corrected(clinic: OpenClinic) -> None:
    patient, browser = new_patient(clinic), clinic.browser("nurse")
    serology = {"test": "hepatitis", "value": "chronic", "specimen": "blood"}
    at = datetime(2026, 4, 30, 8, tzinfo=UTC)
    (old,) = clinic.clinic.record.append(patient, [NewEvent("lab", at, serology, 2)], NURSE)
    page = browser.get(f"/patients/{patient}/events/{old.event_id}/correct")
    assert 'value="chronic" checked' in page.text


def test_an_event_of_a_joined_record_is_corrected_where_it_stands(own_clinic: OpenClinic) -> None:
    kept, other = new_patient(own_clinic), new_patient(own_clinic)
    browser = own_clinic.browser("nurse")
    browser.client.post(path(other), data={**opened(browser, other), **LAB})
    (old,) = by_people(own_clinic, other)
    merge(own_clinic.clinic.record, NURSE, kept, other, "one person")
    action = f"/patients/{kept}/events/{old.event_id}/correct"
    (form,) = page_forms(browser.get(action).text, action)
    sent = browser.client.post(action, data={**form.data, "value": "41", "why": "typing error"})
    assert sent.status_code == 303, text_of(sent)
    last = by_people(own_clinic, other)[-1]
    assert (last.corrects, last.payload["value"]) == (old.event_id, 41)
    assert "ALT: 41 U/L" in text_of(browser.follow(sent))
