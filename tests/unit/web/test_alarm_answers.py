"""Alarms are answered where they stand, once, with what was said kept."""

from __future__ import annotations

import pytest
from tests.support.clinics import OpenClinic, text_of
from tests.support.telling import DARK_URINE, alarmed, tell

from antagonist.feedback.events import Event
from antagonist.web.actions.alarms import refreshed
from antagonist.web.forms import new_key
from antagonist.web.language import Reader
from antagonist.web.visit import Visit


def written(clinic: OpenClinic, patient: str, kind: str) -> list[Event]:
    """Events of a kind."""
    return [e for e in clinic.clinic.record.all(patient) if e.kind == kind]


def visit_of(clinic: OpenClinic, who: str = "nurse") -> Visit:
    """A request of somebody."""
    reader = Reader("en", clinic.clinic.tz)
    return Visit(clinic.clinic, clinic.people[who], None, reader, "request", "POST /x")


def test_seen_to_leads_back_with_a_word(clinic: OpenClinic) -> None:
    patient = clinic.patient(number=new_key())
    alarm, nurse = alarmed(clinic, patient), clinic.browser("nurse")
    sent = {"note": "called the doctor", "back": "/today?kind=alarm"}
    answer = nurse.post(f"/patients/{patient}/alarms/{alarm}/acknowledge", **sent)
    assert answer.headers["location"] == "/today?kind=alarm&done=acknowledged"
    assert "The alarm is marked as seen to." in text_of(nurse.follow(answer))
    (event,) = written(clinic, patient, "alarm_acknowledged")
    assert event.payload == {"alarm": alarm, "note": "called the doctor"}
    assert (event.author, event.role) == ("nurse", "nurse")


def test_a_double_click_answers_once(clinic: OpenClinic) -> None:
    patient = clinic.patient(number=new_key())
    alarm, nurse = alarmed(clinic, patient), clinic.browser("nurse")
    path = f"/patients/{patient}/alarms/{alarm}/acknowledge"
    first, second = (nurse.post(path, key="one-request") for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert len(written(clinic, patient, "alarm_acknowledged")) == 1
    again = nurse.post(path)
    assert again.status_code == 422
    assert "Seen to already." in text_of(nurse.client.get(f"/patients/{patient}/alarms/{alarm}"))


def test_setting_aside_takes_a_prescriber_and_a_reason(clinic: OpenClinic) -> None:
    patient = clinic.patient(number=new_key())
    alarm = alarmed(clinic, patient)
    path = f"/patients/{patient}/alarms/{alarm}/override"
    assert clinic.browser("nurse").post(path, reason="because").status_code == 403
    prescriber = clinic.browser("prescriber")
    assert prescriber.post(path).status_code == 422
    short = prescriber.post(path, reason="no", key="the-same-request")
    assert short.status_code == 422
    assert 'value="no"' in short.text
    assert written(clinic, patient, "alarm_overridden") == []
    done = prescriber.post(path, reason="drug of another colour", key="the-same-request")
    assert done.headers["location"] == f"/patients/{patient}?done=set-aside"
    (event,) = written(clinic, patient, "alarm_overridden")
    assert event.payload["reason"] == "drug of another colour"


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/today?kind=x&y=1", "/sign-out"]
)
def test_an_answer_leads_nowhere_else(clinic: OpenClinic, back: str) -> None:
    patient = clinic.patient(number=new_key())
    alarm = alarmed(clinic, patient)
    answer = clinic.browser("nurse").post(
        f"/patients/{patient}/alarms/{alarm}/acknowledge", back=back
    )
    assert answer.headers["location"] == f"/patients/{patient}?done=acknowledged"


def test_an_alarm_of_another_is_not_found(clinic: OpenClinic) -> None:
    patient, other = clinic.patient("A", new_key()), clinic.patient("B", new_key())
    alarm, nurse = alarmed(clinic, patient), clinic.browser("nurse")
    path = f"/patients/{other}/alarms/{alarm}"
    assert nurse.get(path).status_code == 404
    assert nurse.post(f"{path}/acknowledge").status_code == 404
    assert written(clinic, patient, "alarm_acknowledged") == []


def test_refreshing_raises_once_and_withdraws_what_was_corrected(clinic: OpenClinic) -> None:
    patient, visit = clinic.patient(number=new_key()), visit_of(clinic)
    fact = tell(clinic, patient, "fact", **DARK_URINE)
    raised = refreshed(visit, patient).raised
    assert [event.payload["alarm"] for event in raised] == ["liver-signs"]
    assert raised[0].role == "program"
    assert refreshed(visit, patient).raised == ()
    tell(clinic, patient, "retraction", corrects=fact.event_id, reason="another patient")
    (gone,) = refreshed(visit, patient).withdrawn
    assert gone.payload["alarm"] == raised[0].event_id
