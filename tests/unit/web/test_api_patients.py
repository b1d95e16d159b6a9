"""The JSON API of today, patients, one patient and alarms: the same as the pages, by token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.support.clinics import OpenClinic, clinic_on
from tests.support.telling import alarmed, injected, tell

from antagonist.feedback.database import changing
from antagonist.web.accounts.access import give
from antagonist.web.accounts.people import change
from antagonist.web.forms import new_key

V1 = "/api/v1"
NEW = {"family": "Orlova", "given": "Anna", "identifier": {"system": "card", "value": "77"}}


@pytest.fixture(scope="module")
def treated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenClinic, str, str]]:
    """A clinic, a patient injected 30 days ago, and the patient's open alarm."""
    with clinic_on("sqlite", tmp_path_factory.mktemp("api")) as clinic:
        patient = clinic.patient("Anna Test", "A-1")
        injected(clinic, patient, 30)
        yield clinic, patient, alarmed(clinic, patient)


def key(value: str | None = None) -> dict[str, str]:
    """The header that makes a request one."""
    return {"Idempotency-Key": value or new_key()}


def test_today_in_parts_and_by_kind(treated: tuple[OpenClinic, str, str]) -> None:
    clinic, patient, alarm = treated
    program = clinic.program("viewer")
    whole = program.get(f"{V1}/today").json()
    assert whole["count"] == len(whole["lines"]) == sum(whole["kinds"].values())
    (line,) = program.get(f"{V1}/today", params={"kind": "injection"}).json()["lines"]
    assert (line["patient"], line["section"], line["overdue"]) == (patient, "urgent", True)
    assert line["due_at"] == "2026-04-30T00:00:00Z"  # the end of the 28th day
    alarms = program.get(f"{V1}/today", params={"kind": "alarm"}).json()["lines"]
    assert alarm in [line["event"] for line in alarms]
    part = program.get(f"{V1}/today", params={"skip": "1", "limit": "1"}).json()
    assert part["lines"] == whole["lines"][1:2]


def test_the_list_of_patients(treated: tuple[OpenClinic, str, str]) -> None:
    clinic, patient, _ = treated
    found = clinic.program("viewer").get(f"{V1}/patients").json()
    (row,) = [row for row in found["patients"] if row["patient"] == patient]
    assert row["name"] == "Anna Test"
    assert row["identifiers"] == [{"system": "test", "value": "A-1"}]
    assert (row["form"], row["last_dose"]["dose_mg"]) == ("im_xr", 380)
    assert row["next_due"]["kind"] == "injection"
    assert row["worst_alarm"] == "stop"


def test_a_patient_with_its_etag(treated: tuple[OpenClinic, str, str]) -> None:
    clinic, patient, _ = treated
    answer = clinic.program("viewer").get(f"{V1}/patients/{patient}")
    found, events = answer.json(), len(clinic.clinic.record.all(patient))
    assert answer.headers["etag"] == f'"{events}"'
    assert found["events"] == events
    assert found["names"] == {"name": "Anna Test"}
    assert (found["on_treatment"], found["pregnant"], found["allergic_to"]) == (True, None, None)
    assert found["protected"]["state"] in ("at", "never")


def test_events_in_parts(treated: tuple[OpenClinic, str, str]) -> None:
    clinic, patient, _ = treated
    written = clinic.clinic.record.all(patient)
    program = clinic.program("viewer")
    found = program.get(f"{V1}/patients/{patient}/events", params={"skip": "1", "limit": "2"})
    assert found.json()["count"] == len(written)
    assert [e["event"] for e in found.json()["events"]] == [e.event_id for e in written[1:3]]
    assert found.json()["events"][0]["payload"]["product"] == "vivitrol-us-380"


def test_a_correction_is_named_by_what_it_replaced(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient()
    said = tell(own_clinic, patient, "words", text="of another")
    back = tell(own_clinic, patient, "retraction", corrects=said.event_id, reason="of another")
    found = own_clinic.program("nurse").get(f"{V1}/patients/{patient}/events").json()["events"]
    by = {e["event"]: e["replaced_by"] for e in found}
    assert by[said.event_id] == back.event_id
    assert by[back.event_id] is None


def test_a_forecast_and_a_what_if(treated: tuple[OpenClinic, str, str]) -> None:
    clinic, patient, _ = treated
    program, path = clinic.program("nurse"), f"{V1}/patients/{patient}/forecast"
    assert program.get(path).json()["what_if"] is None
    asked = program.post(path, json={"inject_now": True, "quantity": "conc_ntx"}).json()
    assert asked["what_if"]["asked"]["inject_now"] is True
    assert list(asked["series"]) == ["conc_ntx"]
    assert program.post(path, json={"delay_next_h": 1e9}).status_code == 422
    assert program.post(path, json={"surgery_at": "2026-06-01"}).status_code == 422
    assert program.post(path, json={"surgery_at": "2020-06-01T10:00Z"}).status_code == 422


def test_break_through_is_the_prescriber_s(treated: tuple[OpenClinic, str, str]) -> None:
    clinic, patient, _ = treated
    path = f"{V1}/patients/{patient}/breakthrough"
    for who in ("viewer", "nurse", "administrator"):
        assert clinic.program(who).get(path).status_code == 403
    found = clinic.program("prescriber").get(path).json()
    assert found["warning"].startswith("Breathing may stop before any high")
    lows = [tried["breakthrough_low_mg"] for tried in found["tried"]]
    assert lows == sorted(lows, reverse=True)  # a waning blockade
    assert min(lows) >= found["dose_mg"]


def test_a_patient_is_taken_in_once_and_found(own_clinic: OpenClinic) -> None:
    program, same = own_clinic.program("nurse"), key()
    first, second = (program.post(f"{V1}/patients", json=NEW, headers=same) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert first.headers["location"] == f"{V1}/patients/{first.json()['patient']}"
    other = program.post(f"{V1}/patients", json=NEW, headers=key())
    assert other.status_code == 422
    assert first.json()["patient"] not in other.text
    found = program.post(f"{V1}/patients/find", json=NEW["identifier"])
    assert found.json() == first.json()
    nobody = program.post(f"{V1}/patients/find", json={"system": "card", "value": "7"})
    assert nobody.status_code == 404
    refused = own_clinic.program("viewer").post(f"{V1}/patients", json=NEW, headers=key())
    assert refused.status_code == 403


def test_alarms_and_their_answers(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient()
    alarm, program = alarmed(own_clinic, patient), own_clinic.program("prescriber")
    here = f"{V1}/patients/{patient}/alarms"
    (found,) = [a for a in program.get(here).json()["alarms"] if a["alarm"] == alarm]
    assert (found["rule"], found["status"], found["severity"]) == ("liver-signs", "open", "stop")
    aside, same = f"{here}/{alarm}/override", key()
    assert own_clinic.program("nurse").post(
        aside, json={"reason": "because"}, headers=key()
    ).status_code == 403  # fmt: skip
    assert program.post(aside, json={"reason": "no"}, headers=key()).status_code == 422
    first, second = (
        program.post(aside, json={"reason": "because"}, headers=same) for _ in range(2)
    )
    assert first.status_code == 201
    assert first.json() == second.json()
    again = program.post(f"{here}/{alarm}/acknowledge", json={}, headers=key())
    assert again.status_code == 422
    (closed,) = [a for a in program.get(here).json()["alarms"] if a["alarm"] == alarm]
    assert closed["status"] == "overridden"


def paths(patient: str, alarm: str) -> list[tuple[str, str]]:
    """Every endpoint about one patient."""
    here = f"{V1}/patients/{patient}"
    return [
        ("get", here), ("get", f"{here}/events"), ("get", f"{here}/forecast"),
        ("post", f"{here}/forecast"), ("get", f"{here}/breakthrough"), ("get", f"{here}/alarms"),
        ("post", f"{here}/alarms/{alarm}/acknowledge"), ("post", f"{here}/alarms/{alarm}/override"),
    ]  # fmt: skip


def asked(program: TestClient, method: str, path: str) -> int:
    """The status of a request with a body that would be allowed."""
    if method == "get":
        return program.get(path).status_code
    body = {"reason": "because"} if path.endswith("override") else {}
    return program.post(path, json=body, headers=key()).status_code


def test_every_endpoint_hides_a_patient_that_is_not_given(own_clinic: OpenClinic) -> None:
    patient, mine = own_clinic.patient("Hidden", "1"), own_clinic.patient("Mine", "2")
    alarm = alarmed(own_clinic, patient)
    with changing(own_clinic.clinic.engine) as connection:
        change(connection, own_clinic.people["prescriber"], every_patient=False)
        give(connection, own_clinic.people["prescriber"].account, [mine])
    program, nobody = own_clinic.program("prescriber"), own_clinic.nobody()
    for method, path in paths(patient, alarm):
        assert asked(program, method, path) == 404, path
        assert asked(nobody, method, path) == 401, path
    listed = program.get(f"{V1}/patients").json()["patients"]
    assert [row["patient"] for row in listed] == [mine]
    assert program.get(f"{V1}/today").json()["lines"] == []
    found = program.post(f"{V1}/patients/find", json={"system": "test", "value": "1"})
    assert found.status_code == 404
