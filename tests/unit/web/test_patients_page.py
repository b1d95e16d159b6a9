"""Patients: the list from tables alone, finding without names in addresses, taking in once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from tests.support.clinics import OpenClinic, clinic_on, text_of
from tests.support.telling import alarmed, injected, swallowed, tell

from antagonist.feedback.database import changing
from antagonist.feedback.identity import identity_of
from antagonist.web.accounts.access import give
from antagonist.web.accounts.people import change
from antagonist.web.accounts.rules import Limit, rules

ANNA = {"family": "Orlova", "given": "Anna", "birth_date": "1990-05-31"}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenClinic]:
    """Four patients: injected, on tablets with an alarm, stopped, and without a dose."""
    with clinic_on("sqlite", tmp_path_factory.mktemp("full")) as clinic:
        injected(clinic, clinic.patient("Injected Ivan", "A-1"), 30)
        tablets = clinic.patient("Tablet Tanya", "A-2")
        swallowed(clinic, tablets, 2)
        swallowed(clinic, tablets, 1)
        alarmed(clinic, tablets)
        stopped = clinic.patient("Stopped Sergey", "A-3")
        swallowed(clinic, stopped, 9)
        tell(clinic, stopped, "treatment_stop", 8, reason="wish")
        clinic.patient("New Nina", "A-4")
        yield clinic


def rows(html: str) -> dict[str, str]:
    """Lines of the table by the patient's first name."""
    found = {}
    for row in html.split("<tr>")[2:]:
        words = " ".join(text_of_html(row).split())
        found[words.split()[0]] = words
    return found


def text_of_html(html: str) -> str:
    """What a piece of a page says."""
    return re.sub(r"<[^>]+>", " ", html.split("</tr>")[0])


def test_the_list_says_form_last_dose_alarms_and_what_is_due(full: OpenClinic) -> None:
    found = rows(full.browser("viewer").get("/patients").text)
    assert found == {
        "Injected": "Injected Ivan 0 Injection, 29 Apr 2026 overdue 1 Apr 2026 injection test A-1",
        "New": "New Nina 0 nothing planned none on record none test A-4",
        "Stopped": "Stopped Sergey 0 nothing planned 22 Apr 2026 none (stopped) test A-3",
        "Tablet": "Tablet Tanya 1 · STOP Doses on hold nothing planned "
        "30 Apr 2026 tablets test A-2",
    }


def test_a_hold_leads_the_list_until_the_prescriber_lifts_it(own_clinic: OpenClinic) -> None:
    own_clinic.patient("Calm Alla", "A-1")
    held = own_clinic.patient("Held Hanna", "A-2")
    alarm, nurse = alarmed(own_clinic, held), own_clinic.browser("nurse")
    here = f"/patients/{held}/alarms/{alarm}"
    nurse.post(f"{here}/acknowledge", note="called the doctor")
    listed = nurse.get("/patients", sort="alarms").text
    assert next(iter(rows(listed))) == "Held"
    assert "Doses on hold" in rows(listed)["Held"]
    program = own_clinic.program("nurse")
    told = {row["name"]: row for row in program.get("/api/v1/patients").json()["patients"]}
    assert told["Held Hanna"]["doses_on_hold"] is True
    assert told["Calm Alla"]["doses_on_hold"] is False
    own_clinic.browser("prescriber").post(f"{here}/override", reason="hepatitis ruled out")
    assert "Doses on hold" not in rows(nurse.get("/patients").text)["Held"]


def test_a_stop_that_was_taken_back_stops_nothing(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient()
    swallowed(own_clinic, patient, 9)
    stop = tell(own_clinic, patient, "treatment_stop", 8, reason="wish")
    tell(own_clinic, patient, "retraction", corrects=stop.event_id, reason="another patient")
    assert "22 Apr 2026 tablets test 1" in text_of(own_clinic.browser("viewer").get("/patients"))


@pytest.mark.parametrize(
    ("sort", "first"), [("name", "Injected"), ("due", "Injected"), ("alarms", "Tablet")]
)
def test_the_order_is_chosen(full: OpenClinic, sort: str, first: str) -> None:
    found = rows(full.browser("viewer").get("/patients", sort=sort).text)
    assert next(iter(found)) == first


def test_an_unknown_order_is_refused(full: OpenClinic) -> None:
    assert full.browser("viewer").get("/patients", sort="x").status_code == 422


def test_the_list_asks_the_same_of_the_database_for_more_patients(own_clinic: OpenClinic) -> None:
    asked: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    browser, counts = own_clinic.browser("viewer"), []
    event.listen(own_clinic.clinic.engine, "before_cursor_execute", count)
    for n in range(3):
        swallowed(own_clinic, own_clinic.patient(f"P {n}", str(n)), 1)
        asked.clear()
        assert browser.get("/patients").status_code == 200
        counts.append(len(asked))
    assert counts[1] == counts[2]


def test_a_part_of_the_name_finds_and_a_whole_number_opens(full: OpenClinic) -> None:
    browser = full.browser("nurse")
    found = browser.post("/patients/search", text="TAN tab")
    assert "1 patient found." in text_of(found)
    assert "Tablet Tanya" in text_of(found)
    assert "Injected" not in text_of(found)
    opened = browser.post("/patients/search", text="A-1")
    assert opened.status_code == 303
    assert opened.headers["location"].startswith("/patients/")
    part = browser.post("/patients/search", text="A-")
    assert "0 patients found." in text_of(part)  # a number is found whole only
    assert browser.post("/patients/search", text="T").status_code == 422
    assert full.browser("administrator").post("/patients/search", text="Tan").status_code == 403


def test_searches_are_limited(own_clinic: OpenClinic, monkeypatch: pytest.MonkeyPatch) -> None:
    few = rules().limits.model_copy(update={"search": Limit(most=2, minutes=5)})
    changed = rules().model_copy(update={"limits": few})
    monkeypatch.setattr("antagonist.web.actions.patients.rules", lambda: changed)
    browser = own_clinic.browser("nurse")
    codes = [browser.post("/patients/search", text="Ann").status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def test_a_new_patient_is_taken_in_once(own_clinic: OpenClinic) -> None:
    browser = own_clinic.browser("nurse")
    sent = {**ANNA, "system": "card", "value": "77", "programme": "oral"}
    first, second = (browser.post("/patients/new", key="one-request", **sent) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    patient = first.headers["location"].split("/")[2].split("?")[0]
    identity = identity_of(own_clinic.clinic.record, patient)
    assert identity.names == ANNA
    assert identity.identifiers == (("card", "77"),)
    (created,) = own_clinic.clinic.record.all(patient)
    assert created.payload == {"program": "oral"}
    assert created.author == "nurse"
    page = text_of(browser.follow(first))
    assert "The patient is on record." in page
    assert "35 years, born 31 May 1990" in page


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"given": "Anna"}, "family"),
        ({**ANNA, "birth_date": "31.05.1990"}, "birth_date"),
        ({**ANNA, "birth_date": "2026-05-02"}, "birth_date"),
        ({**ANNA, "system": "card"}, "value"),
        ({**ANNA, "value": "5"}, "system"),
    ],
)
def test_what_is_not_right_comes_back_as_typed(
    clinic: OpenClinic, fields: dict[str, str], wrong: str
) -> None:
    answer = clinic.browser("nurse").post("/patients/new", **fields)
    assert answer.status_code == 422
    assert f'href="#f-{wrong}"' in answer.text
    assert 'value="Anna"' in answer.text


def test_a_number_that_is_taken_leads_to_its_patient_or_tells_nothing(
    own_clinic: OpenClinic,
) -> None:
    other = own_clinic.patient("Other Olga", "9")
    sent = {**ANNA, "system": "test", "value": "9"}
    answer = own_clinic.browser("nurse").post("/patients/new", **sent)
    assert answer.status_code == 422
    assert f'href="/patients/{other}"' in answer.text
    with changing(own_clinic.clinic.engine) as connection:
        change(connection, own_clinic.people["nurse"], every_patient=False)
    answer = own_clinic.browser("nurse").post("/patients/new", **sent)
    assert answer.status_code == 422
    assert other not in answer.text


def test_who_sees_few_patients_sees_those_they_take_in(own_clinic: OpenClinic) -> None:
    hidden = own_clinic.patient("Hidden Hanna", "1")
    with changing(own_clinic.clinic.engine) as connection:
        change(connection, own_clinic.people["nurse"], every_patient=False)
        give(connection, own_clinic.people["nurse"].account, [])
    browser = own_clinic.browser("nurse")
    assert browser.get(f"/patients/{hidden}").status_code == 404
    assert "Hidden" not in text_of(browser.post("/patients/search", text="Hanna"))
    made = browser.post("/patients/new", **ANNA)
    assert browser.follow(made).status_code == 200
    listed = text_of(browser.get("/patients"))
    assert "Orlova Anna" in listed
    assert "Hidden" not in listed
