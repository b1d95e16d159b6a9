"""The JSON API of events: the same record, the same refusals, once a key."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient
from tests.support.clinics import OpenClinic

from antagonist.feedback.payloads.registry import MODELS, OWN_CALLS
from antagonist.web.forms import new_key

ALT = {"test": "alt", "value": 40, "unit": "U/L", "specimen": "blood"}
BODY = {"kind": "lab", "occurred_at": "2026-05-01T11:00:00+03:00", "payload": ALT}


@pytest.fixture(scope="module")
def program(clinic: OpenClinic) -> TestClient:
    return clinic.program("nurse")


@pytest.fixture
def patient(clinic: OpenClinic) -> str:
    return clinic.patient(number=new_key())


def post(
    program: TestClient, path: str, body: Any, key: str | None = None, **more: str
) -> Response:
    headers = {"Idempotency-Key": key or new_key(), **more}
    return program.post(f"/api/v1/patients/{path}", json=body, headers=headers)


def test_an_event_is_recorded_and_the_state_comes_back(
    clinic: OpenClinic, program: TestClient, patient: str
) -> None:
    sent = post(program, f"{patient}/events", BODY)
    assert sent.status_code == 201, sent.text
    found = sent.json()
    assert (found["kind"], found["version"], found["payload"]) == ("lab", 2, {**ALT, "value": 40})
    assert found["occurred_at"] == "2026-05-01T08:00:00Z"
    assert (found["author"], found["role"], found["n"]) == ("nurse", "nurse", 2)
    assert sent.headers["etag"] == f'"{len(clinic.clinic.record.all(patient))}"'


def test_a_key_is_one_event_and_one_content(
    clinic: OpenClinic, program: TestClient, patient: str
) -> None:
    first, again = (post(program, f"{patient}/events", BODY, "the-same-key") for _ in range(2))
    assert first.json()["event"] == again.json()["event"]
    other = {**BODY, "payload": {**ALT, "value": 41}}
    clash = post(program, f"{patient}/events", other, "the-same-key")
    assert clash.status_code == 409
    assert [e.kind for e in clinic.clinic.record.all(patient)].count("lab") == 1
    keyless = program.post(f"/api/v1/patients/{patient}/events", json=BODY)
    assert keyless.status_code == 422


def test_a_state_that_is_old_is_a_conflict(program: TestClient, patient: str) -> None:
    assert post(program, f"{patient}/events", BODY, **{"If-Match": '"1"'}).status_code == 201
    late = post(program, f"{patient}/events", BODY, **{"If-Match": '"1"'})
    assert late.status_code == 409
    assert late.json()["errors"][0]["field"] == "expected"


def test_an_event_is_corrected_and_taken_back(
    clinic: OpenClinic, program: TestClient, patient: str
) -> None:
    first = post(program, f"{patient}/events", BODY).json()["event"]
    right = {"occurred_at": BODY["occurred_at"], "payload": {**ALT, "value": 42}, "reason": "typo"}
    second = post(program, f"{patient}/events/{first}/correct", right)
    assert second.status_code == 201, second.text
    assert (second.json()["corrects"], second.json()["payload"]["value"]) == (first, 42)
    assert post(program, f"{patient}/events/{first}/correct", right).status_code == 409
    gone = post(
        program, f"{patient}/events/{second.json()['event']}/retract", {"reason": "mixed up"}
    )
    assert gone.status_code == 201
    kept = [e.kind for e in clinic.clinic.record.history(patient) if e.role != "program"]
    assert kept == ["patient_created"]


@pytest.mark.parametrize("kind", sorted(OWN_CALLS))
def test_what_has_a_call_of_its_own_is_refused(
    program: TestClient, patient: str, kind: str
) -> None:
    sent = post(program, f"{patient}/events", {**BODY, "kind": kind, "payload": {}})
    assert sent.status_code == 422
    assert sent.json()["errors"][0]["field"] == "kind"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "nonsense"}, "kind"),
        ({"payload": {**ALT, "value": -1}}, "value"),
        ({"payload": {**ALT, "colour": "red"}}, "colour"),
        ({"occurred_at": "2026-05-01T11:00:00"}, "body.occurred_at"),
        ({"occurred_at": "2026-06-01T11:00:00Z"}, "occurred_at"),
        ({"extra": 1}, "body.extra"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "body.occurred_at"),
        ({"kind": "lapse", "payload": {"substance": "opioid", "date": "0001-01-01"}}, "date"),
        (
            {
                "kind": "surgery_planned",
                "payload": {"at": "9999-12-31T23:59:59Z", "with_opioids": False},
            },
            "at",
        ),
    ],
)
def test_what_is_not_allowed_is_named(
    clinic: OpenClinic, program: TestClient, patient: str, change: dict[str, Any], field: str
) -> None:
    sent = post(program, f"{patient}/events", {**BODY, **change})
    assert sent.status_code == 422
    assert sent.json()["errors"][0]["field"] == field
    assert [e.kind for e in clinic.clinic.record.all(patient)] == ["patient_created"]


def test_a_viewer_writes_nothing(clinic: OpenClinic, patient: str) -> None:
    assert post(clinic.program("viewer"), f"{patient}/events", BODY).status_code == 403


def test_every_kind_is_named_with_its_schema(program: TestClient) -> None:
    found = {one["kind"]: one for one in program.get("/api/v1/kinds").json()}
    assert found.keys() == MODELS.keys()
    assert {kind for kind, one in found.items() if one["own_call"]} == OWN_CALLS
    assert found["dose"]["payload"]["required"] == ["dose_mg", "status"]
    assert found["dose"]["title"] == {"en": "Dose by mouth", "ru": "Доза внутрь"}


@pytest.mark.parametrize("who", ["nurse", "prescriber"])
def test_nobody_writes_a_plan_past_the_label(clinic: OpenClinic, patient: str, who: str) -> None:
    plan = {"doses": [{"at": "2026-05-02T09:00:00Z", "dose_mg": 50}], "product": "seed-tablet-50"}
    change = {"kind": "plan_change", "occurred_at": "2026-05-01T08:00:00Z"}
    program, before = clinic.program(who), len(clinic.clinic.record.all(patient))
    sent = post(program, f"{patient}/events", {**change, "payload": {"plan": plan, "reason": "x"}})
    assert sent.status_code == 422, sent.text
    ended = post(program, f"{patient}/events", {**change, "payload": {"reason": "treatment ends"}})
    assert ended.status_code == (201 if who == "prescriber" else 403)
    assert len(clinic.clinic.record.all(patient)) == before + (who == "prescriber")
