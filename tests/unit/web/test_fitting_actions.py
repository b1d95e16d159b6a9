"""What is asked or decided with parts that do not fit together: refused by name, on both faces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from httpx2 import Response
from tests.support.clinics import PASSWORD, OpenClinic, clinic_on, text_of
from tests.support.counting import counts
from tests.support.files_on_record import ASKED_AT, file_on_record
from tests.support.page_forms import named_in
from tests.support.patients import US_TABLET
from tests.support.telling import alarmed, swallowed
from tests.unit.web.deciding.screened import screened

from antagonist.feedback.database import reading
from antagonist.web.accounts import approvals
from antagonist.web.actions.recording import input_name
from antagonist.web.forms import new_key


class Asked(NamedTuple):
    """A question or decision whose parts do not fit. path: after the patient's, on the page and by
    program; empty where the face has none. form, body: what is sent.
    """

    page: str
    form: Mapping[str, Any]
    api: str
    body: Mapping[str, Any]
    field: str


PLAN = {"product": US_TABLET, "regimen": "r1_weekdays_50_saturday_100", "start": "2026-11-26"}
WANTED: Mapping[str, Any] = {
    **PLAN,
    "clock": "09:00",
    "months": "6",
    "clinic_days[]": ["mon", "tue", "wed"],
}
MISSED = {"planned_at": "2026-11-24T09:00", "planned_mg": 50, "next_at": "2026-11-26T09:00"}


def planned(field: str, **values: Any) -> Asked:
    """A plan that is looked at, or made by a program, with other parts."""
    form = {**WANTED, **values}
    return Asked("plan/review", form, "plans", {**PLAN, **values}, field)


def situated(situation: str, field: str, **values: Any) -> Asked:
    """A situation, told by form and program with the same names."""
    return Asked(
        "situation", {"kind": situation, **values}, "situations",
        {"situation": situation, **values}, field,
    )  # fmt: skip


ASKED = (
    planned("regimen", regimen="implant_gel"),  # whose dose nobody knows
    planned("start", start="2026-11-24"),
    situated("surgery", "at", at="2026-11-24T09:00"),
    situated("missed_dose", "next_at", **{**MISSED, "next_at": "2026-11-23T09:00"}),
    situated("missed_dose", "planned_at", **{**MISSED, "planned_at": "2026-11-27T09:00"}),
    Asked("", {}, "situations", {"situation": "stop", "at": "2026-12-24 09:00"}, "at"),
    Asked("situation", {"kind": "switch", "from": "oral", "to": "oral"}, "situations",
          {"situation": "switch", "from_form": "oral", "to_form": "oral"}, "to"),
    Asked("challenge", {"protocol": "confirm", "product": US_TABLET}, "challenges",
          {"protocol": "confirm", "product": US_TABLET}, "protocol"),
)  # fmt: skip


NAMES = {f"{a.api}-{a.field}-{n}": a for n, a in enumerate(ASKED)}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenClinic]:
    """A clinic on the day for which the examples are asked."""
    with clinic_on("sqlite", tmp_path_factory.mktemp("fitting")) as made:
        made.clock.set(ASKED_AT)
        yield made


@pytest.fixture(scope="module")
def patient(clinic: OpenClinic) -> str:
    """Somebody who takes a tablet a day."""
    found = file_on_record(clinic.clinic.record, provocation_tests=None, naltrexone=None)
    for days_ago in (3, 2):
        swallowed(clinic, found, days_ago)
    return found


def program_sends(clinic: OpenClinic, path: str, body: Any, **more: str) -> Response:
    headers = {"Idempotency-Key": new_key(), **more}
    return clinic.program("prescriber").post(f"/api/v1/{path}", json=body, headers=headers)


def told(answer: Response) -> set[str]:
    """Parts of the field that an answer names."""
    if "json" in answer.headers["content-type"]:
        return set(input_name(answer.json()["errors"][0]["field"]).split("."))
    return set(named_in(answer.text).split("."))


@pytest.mark.parametrize("asked", NAMES.values(), ids=NAMES)
def test_nothing_is_answered_to_programs(clinic: OpenClinic, patient: str, asked: Asked) -> None:
    before = counts(clinic) | {"tokens": 0}
    answer = program_sends(clinic, f"patients/{patient}/{asked.api}", asked.body)
    assert answer.status_code == 422, answer.text[:300]
    assert {asked.field, f"{asked.field}_form"} & told(answer)
    assert counts(clinic) | {"tokens": 0} == before


@pytest.mark.parametrize("name", [name for name, asked in NAMES.items() if asked.page])
def test_nothing_is_answered_on_pages(clinic: OpenClinic, patient: str, name: str) -> None:
    asked = NAMES[name]
    before = counts(clinic)
    browser = clinic.browser("prescriber")
    answer = browser.post(f"/patients/{patient}/{asked.page}", **asked.form)
    assert answer.status_code == 422, text_of(answer)[:300]
    assert asked.field in told(answer)
    assert counts(clinic) == before


def test_dates_of_people_and_of_the_audit_are_in_order(clinic: OpenClinic) -> None:
    new = {"family": "A", "given": "B", "birth_date": "2026-11-27"}
    before = counts(clinic)
    answers = [
        clinic.browser("nurse").post("/patients/new", **new),
        program_sends(clinic, "patients", new),
    ]
    audit = {"first": "2026-11-02", "last": "2026-11-01"}
    answers.append(clinic.browser("administrator").get("/audit", **audit))
    answers.append(clinic.program("administrator").get("/api/v1/audit", params=audit))
    assert [one.status_code for one in answers] == [422] * 4
    assert [told(one) for one in answers] == [{"birth_date"}] * 2 + [{"last"}] * 2
    assert counts(clinic)["events"] == before["events"]


@pytest.mark.parametrize("half", [{"system": "card"}, {"value": "7"}])
def test_a_number_and_whose_it_is_go_together(clinic: OpenClinic, half: dict[str, str]) -> None:
    names = {"family": "A", "given": "B"}
    answer = clinic.browser("nurse").post("/patients/new", **names, **half)
    assert answer.status_code == 422
    assert told(answer) == {"system", "value"} - half.keys()
    sent = program_sends(clinic, "patients", {**names, "identifier": half})
    assert (sent.status_code, told(sent) & {"system", "value"}) == (422, told(answer))


def test_a_number_stands_for_one_patient(clinic: OpenClinic) -> None:
    clinic.patient(number="taken")
    new = {"family": "A", "given": "B"}
    page = clinic.browser("nurse").post("/patients/new", **new, system="test", value="taken")
    identifier = {"system": "test", "value": "taken"}
    sent = program_sends(clinic, "patients", {**new, "identifier": identifier})
    assert (page.status_code, sent.status_code) == (422, 422)
    assert (told(page), told(sent)) == ({"value"}, {"value"})


def test_what_is_another_patients_is_not_found(clinic: OpenClinic, patient: str) -> None:
    """Alarm, event and decision by their ids, under the address of somebody else."""
    other, browser = (
        file_on_record(clinic.clinic.record, "urine_positive"),
        clinic.browser("second"),
    )
    decision = screened(browser, other, jurisdiction="us").headers["location"].rpartition("/")[2]
    event = next(e.event_id for e in clinic.clinic.record.all(other) if e.kind == "fact")
    alarm, reason = alarmed(clinic, other), {"reason": "some reason"}
    before = counts(clinic) | {"tokens": 0}
    right = {"occurred_at": "2026-11-25T06:00:00Z", "payload": {}, **reason}
    for path, body in (
        (f"alarms/{alarm}/acknowledge", {}), (f"alarms/{alarm}/override", reason),
        (f"decisions/{decision}/override", reason), (f"events/{event}/correct", right),
        (f"events/{event}/retract", reason),
    ):  # fmt: skip
        page = browser.post(f"/patients/{patient}/{path}", expected="1", **reason)
        assert page.status_code == 404, path
        assert program_sends(clinic, f"patients/{patient}/{path}", body).status_code == 404, path
    assert counts(clinic) | {"tokens": 0} == before


def test_a_correction_says_what_its_kind_says(clinic: OpenClinic, patient: str) -> None:
    """A laboratory result is not corrected into a dose."""
    lab = {"test": "alt", "value": 40, "unit": "U/L", "specimen": "blood"}
    at = {"occurred_at": "2026-11-25T06:00:00Z"}
    event = program_sends(
        clinic, f"patients/{patient}/events", {"kind": "lab", **at, "payload": lab}
    ).json()["event"]
    before = len(clinic.clinic.record.all(patient))
    for payload, field in (
        ({"dose_mg": 50, "status": "missed"}, "test"), ({**lab, "dose_mg": 50}, "dose_mg"),
    ):  # fmt: skip
        sent = program_sends(
            clinic, f"patients/{patient}/events/{event}/correct",
            {**at, "payload": payload, "reason": "typing error"},
        )  # fmt: skip
        assert (sent.status_code, told(sent)) == (422, {field})
    assert len(clinic.clinic.record.all(patient)) == before


def test_the_state_that_was_seen_is_this_patients(clinic: OpenClinic, patient: str) -> None:
    """Another patient's number of events, as from a second window, writes nothing."""
    other = clinic.patient(number=new_key())
    before = len(clinic.clinic.record.all(patient))
    of_other = str(len(clinic.clinic.record.all(other)))
    page = clinic.browser("nurse").post(
        f"/patients/{patient}/record/words", expected=of_other, occurred_at="2026-11-25T06:00",
        text="x",
    )  # fmt: skip
    body = {"kind": "words", "occurred_at": "2026-11-25T06:00:00Z", "payload": {"text": "x"}}
    sent = program_sends(
        clinic, f"patients/{patient}/events", body, **{"If-Match": f'"{of_other}"'}
    )
    assert (page.status_code, sent.status_code) == (409, 409)
    assert len(clinic.clinic.record.all(patient)) == before


def test_nobody_is_their_own_second_person(clinic: OpenClinic) -> None:
    closed, first = file_on_record(clinic.clinic.record, "urine_positive"), clinic.browser("second")
    decision = screened(first, closed, jurisdiction="us").headers["location"]
    assert first.post(f"{decision}/override", reason="some reason").status_code == 303
    with reading(clinic.clinic.engine) as connection:
        (waits,) = approvals.of_decision(connection, decision.rpartition("/")[2])
    for answer in ("confirm", "refuse"):
        sent = first.post(f"/approvals/{waits.approval}/{answer}", password=PASSWORD)
        assert (sent.status_code, told(sent)) == (422, {"second_person"})


def test_a_product_of_another_route_than_the_regimen_makes_no_plan(clinic: OpenClinic) -> None:
    """The label's own rule refuses it; that it did is kept as a decision."""
    patient = file_on_record(clinic.clinic.record)
    asked = {"regimen": "injection_380_every_4_weeks", "start": "2026-11-25"}
    page = clinic.browser("prescriber").post(
        f"/patients/{patient}/plan/review", **{**WANTED, **asked}
    )
    assert "NO PLAN" in text_of(page)
    sent = program_sends(clinic, f"patients/{patient}/plans", {**PLAN, **asked})
    assert (sent.json()["refused"], sent.json()["holds"]) == (True, False)
    reasons = sent.json()["refusal"]["reasons"]
    assert "route-form" in {one["rule"] for one in reasons}
    assert "plan_change" not in {event.kind for event in clinic.clinic.record.all(patient)}
