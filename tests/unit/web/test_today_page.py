"""Today: who, what to do and why, by urgency; nobody sees another's patients."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import insert
from tests.support.clinics import OpenClinic, clinic_on, text_of
from tests.support.telling import alarmed, injected, tell

import antagonist.feedback
from antagonist.feedback.database import changing
from antagonist.feedback.events import stamp
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.access import give
from antagonist.web.accounts.people import change
from antagonist.web.actions.board import board
from antagonist.web.pages import today as today_page

ALARMS = Path(antagonist.feedback.__file__).parent / "data" / "alarms.yaml"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenClinic]:
    """A clinic with a late injection, an alarm, a challenge under way and two operations."""
    with clinic_on("sqlite", tmp_path_factory.mktemp("busy")) as clinic:
        late = clinic.patient("Late Lara", "1")
        injected(clinic, late, 30)
        sick = clinic.patient("Sick Sam", "2")
        alarmed(clinic, sick)
        tried = clinic.patient("Tried Tim", "3")
        row = {
            "challenge": "c1", "patient": tried, "protocol": "naloxone_im", "product": "x",
            "decision": "d", "status": "under_way", "version": 1, "events": "[]",
            "started_at": stamp(clinic.clock.at - timedelta(minutes=10)), "started_by": "a",
        }  # fmt: skip
        with changing(clinic.clinic.engine) as connection:
            connection.execute(insert(t.challenges), row)
            ended = {**row, "challenge": "c2", "patient": late, "status": "finished"}
            connection.execute(insert(t.challenges), ended)
        for patient, days in ((late, 9), (sick, -2)):
            at = (clinic.clock.at + timedelta(days=days)).isoformat()
            tell(clinic, patient, "surgery_planned", 3, at=at, with_opioids=True)
        yield clinic


def test_an_overdue_injection_says_who_what_and_why(busy: OpenClinic) -> None:
    text = text_of(busy.browser("nurse").get("/today", kind="injection"))
    assert "Urgent 1" in text
    assert "Late Lara Injection overdue" in text
    # given on 1 April, due 28 days later
    assert "The last injection was on Wed 1 Apr 2026" in text
    assert "Then give the injection, or record why it is not given." in text
    assert "Due: 29 Apr 2026" in text


def test_an_alarm_says_its_rule_s_own_words(busy: OpenClinic) -> None:
    rule = next(
        rule
        for rule in yaml.safe_load(ALARMS.read_text(encoding="utf-8"))["alarms"]
        if rule["id"] == "liver-signs"
    )
    for language, word in (("en", "STOP"), ("ru", "СТОП")):
        busy.reads("viewer", language)
        text = text_of(busy.browser("viewer").get("/today", kind="alarm"))
        assert f"Sick Sam {word}" in text
        assert rule["text"][language] in text
        assert rule["act"]["text"][language] in text


def test_nobody_is_told_to_give_a_dose_while_an_alarm_says_stop(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient("Stop Stella")
    injected(own_clinic, patient, 30)
    browser = own_clinic.browser("nurse")
    assert "give the injection" in text_of(browser.get("/today", kind="injection"))
    alarm = alarmed(own_clinic, patient)
    here = f"/patients/{patient}/alarms/{alarm}"
    for answer in (None, "acknowledge"):  # that it was seen to takes nothing from its cause
        if answer is not None:
            browser.post(f"{here}/{answer}", note="called the doctor")
        for kind in ("injection", "protection"):
            text = text_of(browser.get("/today", kind=kind))
            assert "An alarm says STOP: no" in text
            assert "give the injection" not in text
            assert "offer the next dose" not in text
        told = own_clinic.program("nurse").get("/api/v1/today").json()
        assert any("An alarm says STOP: no" in line["do"] for line in told["lines"])
    own_clinic.browser("prescriber").post(f"{here}/override", reason="hepatitis ruled out")
    assert "give the injection" in text_of(browser.get("/today", kind="injection"))


def test_a_due_dose_says_that_an_operation_with_opioids_is_planned(own_clinic: OpenClinic) -> None:
    patient, browser = own_clinic.patient("Operated Olga"), own_clinic.browser("nurse")
    injected(own_clinic, patient, 30)
    said = "An operation with opioids is planned for Wed 6 May 2026, 09:00 (UTC): first ask"
    at = (own_clinic.clock.at + timedelta(days=5)).isoformat()
    first = tell(own_clinic, patient, "surgery_planned", 1, at=at, with_opioids=True)
    assert said in text_of(browser.get("/today", kind="injection"))
    tell(own_clinic, patient, "retraction", corrects=first.event_id, reason="another patient")
    tell(own_clinic, patient, "surgery_planned", 1, at=at, with_opioids=False)
    assert said not in text_of(browser.get("/today", kind="injection"))


def test_after_the_end_of_treatment_no_dose_is_offered(own_clinic: OpenClinic) -> None:
    patient, nurse = own_clinic.patient("Left Leo"), own_clinic.browser("nurse")
    injected(own_clinic, patient, 30)
    tell(own_clinic, patient, "treatment_stop", 1, reason="completed")
    text = text_of(nurse.get("/today", kind="protection"))
    assert "Treatment was ended: offer no dose." in text
    assert "offer the next dose" not in text
    injected(own_clinic, patient, 0.5)  # treatment has begun anew
    own_clinic.clock.advance(days=35)
    later = own_clinic.browser("nurse").get("/today", kind="protection")
    assert "offer the next dose" in text_of(later)


def test_an_alarm_seen_to_goes_on_holding_doses_until_the_prescriber_lifts_it(
    own_clinic: OpenClinic,
) -> None:
    patient = own_clinic.patient("Stop Stella")
    injected(own_clinic, patient, 30)
    alarm, nurse = alarmed(own_clinic, patient), own_clinic.browser("nurse")
    here = f"/patients/{patient}/alarms/{alarm}"
    nurse.post(f"{here}/acknowledge", note="called the doctor")
    for path in ("/today?kind=hold", f"/patients/{patient}", here):
        text = text_of(nurse.client.get(path))
        assert "Seen to already. It goes on holding back doses until the prescriber" in text
        assert "Lift the hold" not in text  # a nurse may not
        assert "Lift the hold" in text_of(own_clinic.browser("prescriber").client.get(path))
    (line,) = own_clinic.program("nurse").get("/api/v1/today?kind=hold").json()["lines"]
    assert (line["event"], line["severity"], line["who"]) == (alarm, "stop", "prescriber")
    all_of = own_clinic.program("nurse").get(f"/api/v1/patients/{patient}/alarms").json()["alarms"]
    (told,) = [each for each in all_of if each["alarm"] == alarm]
    assert (told["status"], told["holds_doses"]) == ("acknowledged", True)
    own_clinic.browser("prescriber").post(f"{here}/override", reason="hepatitis ruled out")
    assert "Doses on hold" not in text_of(nurse.client.get("/today"))
    assert "Set aside already." in text_of(nurse.client.get(here))


def test_a_challenge_under_way_comes_first_and_a_finished_one_not_at_all(busy: OpenClinic) -> None:
    text = text_of(busy.browser("nurse").get("/today"))
    assert text.index("Act now 2") < text.index("Tried Tim Challenge test") < text.index("Urgent")
    assert "Under way since Fri 1 May 2026, 08:50 (UTC)." in text
    assert text.count("Challenge test") == 2  # the filter and the line


def test_only_operations_to_come_are_listed(busy: OpenClinic) -> None:
    text = text_of(busy.browser("nurse").get("/today", kind="surgery"))
    assert "Late Lara Operation Planned for Sun 10 May 2026, 09:00 (UTC) with opioids" in text
    assert "Sick Sam" not in text


def test_an_operation_taken_back_is_not_listed(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient()
    at = (own_clinic.clock.at + timedelta(days=5)).isoformat()
    said = tell(own_clinic, patient, "surgery_planned", at=at, with_opioids=False)
    browser = own_clinic.browser("nurse")
    assert "without opioids" in text_of(browser.get("/today"))
    tell(own_clinic, patient, "retraction", corrects=said.event_id, reason="another patient")
    assert "without opioids" not in text_of(browser.get("/today"))


def test_the_end_of_protection_is_told_with_its_danger(busy: OpenClinic) -> None:
    text = text_of(busy.browser("nurse").get("/today", kind="protection"))
    assert (
        "Late Lara Protection overdue By the model of such patients, protected until at least"
        in text
    )
    assert "that is over. For 14 days the danger is greatest" in text


def test_a_filter_counts_all_kinds_and_refuses_an_unknown_one(busy: OpenClinic) -> None:
    browser = busy.browser("nurse")
    text = text_of(browser.get("/today", kind="injection"))
    assert "Injection 1" in text
    assert "Alarm 1" in text
    assert "Sick Sam" not in text
    assert browser.get("/today", kind="nothing").status_code == 422
    assert browser.get("/today", section="nothing").status_code == 422


def test_who_may_not_answer_sees_no_button(busy: OpenClinic) -> None:
    shown = {}
    for who in ("viewer", "nurse", "prescriber"):
        busy.reads(who, "en")
        html = busy.browser(who).get("/today").text
        shown[who] = ("Mark as seen to" in html, "Set the alarm aside" in html)
    assert shown == {
        "viewer": (False, False), "nurse": (True, False), "prescriber": (True, True),
    }  # fmt: skip


def test_an_account_sees_only_the_patients_it_was_given(own_clinic: OpenClinic) -> None:
    mine, other = own_clinic.patient("Mine Mia", "1"), own_clinic.patient("Other Olga", "2")
    for patient in (mine, other):
        injected(own_clinic, patient, 30)
    with changing(own_clinic.clinic.engine) as connection:
        change(connection, own_clinic.people["nurse"], every_patient=False)
        give(connection, own_clinic.people["nurse"].account, [mine])
    text = text_of(own_clinic.browser("nurse").get("/today"))
    assert "Mine Mia" in text
    assert "Other Olga" not in text
    assert "Injection 1" in text


def test_long_sections_come_in_parts(
    own_clinic: OpenClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(today_page, "SHOWN", 2)
    for n in range(3):
        injected(own_clinic, own_clinic.patient(f"Patient {n}", str(n)), 30 + n)
    browser = own_clinic.browser("nurse")
    first = browser.get("/today", kind="injection")
    assert "Urgent 3" in text_of(first)
    assert "Patient 0" not in text_of(first)  # the longest due comes first
    assert "Urgent: 1 more" in text_of(first)
    rest = text_of(browser.get("/today", kind="injection", section="urgent", skip="2"))
    assert "Patient 0" in rest
    assert "Patient 2" not in rest


def test_an_empty_list_says_so(own_clinic: OpenClinic) -> None:
    assert "Nothing is due." in text_of(own_clinic.browser("viewer").get("/today"))


def test_every_line_that_can_be_has_a_section() -> None:
    for kind in board().lines:
        for severity in ("stop", "urgent", "soon", "info"):
            for overdue in (True, False):
                assert board().section_of(kind, severity, overdue) in board().sections
