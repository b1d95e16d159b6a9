"""Situations over HTTP say what planning says of the same file, and stay on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.support.clinics import OpenClinic, text_of
from tests.support.files_on_record import ASKED_AT, file_on_record
from tests.support.patients import INJECTION, content

from antagonist.feedback.answering import plain
from antagonist.label.patient import parse_patient
from antagonist.planning.situation_model import Situation, Treatment
from antagonist.planning.situation_surgery import acute_pain, surgery
from antagonist.planning.situation_switch import switch
from antagonist.planning.situations import late_injection, missed_oral, stop
from antagonist.planning.treatment import treatment_of
from antagonist.web.forms import new_key

UTC = ZoneInfo("UTC")
# Parts of the example with clock times of another zone; no situation asks for them.
TIMED = ("scores", "urine_tests", "provocation_tests")
NOW = ASKED_AT.astimezone(UTC)
GIVEN = [{"route": "im_xr", "product": INJECTION, "dose_mg": 380, "at": at}
         for at in ("2026-09-27 10:00", "2026-10-25 10:00")]  # fmt: skip
TABLETS = [{"route": "oral", "product": "naltrexone-hcl-us-chartwell-50", "dose_mg": 50, "at": at}
           for at in ("2026-11-22 09:00", "2026-11-23 09:00")]  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def on_record(clinic: OpenClinic, doses: list[dict[str, Any]]) -> str:
    history = {"asked_on": "2026-11-25", "source": "clinic", "doses": doses}
    said = {"opioid_use_since_last_dose": {
        "value": False, "date": "2026-11-25", "source": "urine"}}  # fmt: skip
    return file_on_record(clinic.clinic.record, "eligible_opioid", naltrexone=history, facts=said)


def by_hand(patient: str, doses: list[dict[str, Any]]) -> Treatment:
    """The same course from a file, without the record: what the command line reads."""
    said = content(
        "eligible_opioid", timezone="UTC", as_of=NOW.isoformat(), patient=patient,
        naltrexone={"asked_on": "2026-11-25", "source": "clinic", "doses": doses},
        facts={"opioid_use_since_last_dose": {
            "value": False, "date": "2026-11-25", "source": "urine"}},
    )  # fmt: skip
    said = {name: part for name, part in said.items() if name not in TIMED}
    facts = {name: fact for name, fact in said["facts"].items() if ":" not in str(fact.get("date"))}
    return treatment_of(parse_patient({**said, "facts": facts}, "file"), NOW)


@pytest.mark.parametrize(
    ("kind", "details", "doses", "answer"),
    [
        ("late_injection", {}, GIVEN, late_injection),
        ("stop", {}, GIVEN, stop),
        ("acute_pain", {}, TABLETS, acute_pain),
        ("surgery", {"at": "2026-12-20T09:00"}, GIVEN,
         lambda t: surgery(t, at("2026-12-20T09:00"))),
        ("switch", {"from": "im_xr", "to": "oral"}, GIVEN, lambda t: switch(t, "im_xr", "oral")),
        ("missed_dose",
         {"planned_at": "2026-11-24T09:00", "planned_mg": "50", "next_at": "2026-11-26T09:00"},
         TABLETS,
         lambda t: missed_oral(
             t, at("2026-11-24T09:00"), 50, at("2026-11-26T09:00"), spaced=False)),
    ],
)  # fmt: skip
def test_an_answer_is_that_of_planning(
    clinic: OpenClinic,
    kind: str,
    details: dict[str, str],
    doses: list[dict[str, Any]],
    answer: Callable[[Treatment], Situation],
) -> None:
    patient = on_record(clinic, doses)
    nurse = clinic.browser("nurse")
    page = nurse.follow(nurse.post(f"/patients/{patient}/situation", kind=kind, **details))
    assert page.status_code == 200
    kept = [e for e in clinic.clinic.record.all(patient) if e.kind == "decision"]
    assert len(kept) == 1
    said, expected = kept[0].payload["result"]["situation"], plain(answer(by_hand(patient, doses)))
    for part in ("kind", "gate", "dates", "steps", "warnings", "figures"):
        assert said[part] == expected[part], part
    for rule in expected["rules"]:
        assert f"{rule['id']} (" in text_of(page)
    seen = clinic.browser("viewer").get(f"/patients/{patient}/situation/{kept[0].event_id}")
    assert seen.status_code == 200


def test_surgery_states_both_sources_and_the_later_date(clinic: OpenClinic) -> None:
    patient = on_record(clinic, GIVEN)
    nurse = clinic.browser("nurse")
    sent = {"kind": "surgery", "at": "2026-12-20T09:00"}
    said = text_of(nurse.follow(nurse.post(f"/patients/{patient}/situation", **sent)))
    for name in ("by the guideline", "by the model", "the later of the two", "UTC"):
        assert name in said
    assert "stricter" in said
    assert "&lt;time" not in said


def test_what_is_missing_is_named_and_nothing_is_kept(clinic: OpenClinic) -> None:
    patient = on_record(clinic, GIVEN)
    nurse = clinic.browser("nurse")
    past = nurse.post(f"/patients/{patient}/situation", kind="surgery", at="2026-11-01T09:00")
    assert (past.status_code, 'href="#f-at"' in past.text) == (422, True)
    assert 'value="2026-11-01T09:00"' in past.text
    assert nurse.post(f"/patients/{patient}/situation", kind="nothing").status_code == 422
    empty = nurse.post(f"/patients/{patient}/situation", kind="switch", to="oral")
    assert 'href="#f-from"' in empty.text
    assert not [e for e in clinic.clinic.record.all(patient) if e.kind == "decision"]


def test_a_viewer_asks_nothing(clinic: OpenClinic) -> None:
    patient = on_record(clinic, GIVEN)
    viewer = clinic.browser("viewer")
    assert viewer.get(f"/patients/{patient}/situation").status_code == 403
    assert viewer.post(f"/patients/{patient}/situation", kind="stop").status_code == 403
    none = clinic.browser("nurse").get(f"/patients/{patient}/situation/{new_key()}")
    assert none.status_code == 404


def test_programs_ask_too(clinic: OpenClinic) -> None:
    patient, nurse = on_record(clinic, TABLETS), clinic.program("nurse")
    here, key = f"/api/v1/patients/{patient}/situations", {"Idempotency-Key": f"s-{patient}"}
    body = {"situation": "switch", "from_form": "oral", "to_form": "im_xr"}
    first, again = (nurse.post(here, json=body, headers=key) for _ in range(2))
    assert (first.status_code, first.json()["event"]) == (201, again.json()["event"])
    expected = plain(switch(by_hand(patient, TABLETS), "oral", "im_xr"))
    assert first.json()["situation"]["steps"] == expected["steps"]
    wrong = nurse.post(here, json={"situation": "surgery"}, headers={"Idempotency-Key": new_key()})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "at")
