"""Every field of every JSON body is sent what does not belong there: refused by name, not kept.

The fields come from the app's own description: a new one is walked by itself, and a text of which
the schema does not say what it is fails here until ``TOLD`` says so.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient
from tests.support.clinics import OpenClinic, clinic_on
from tests.support.counting import counts
from tests.support.files_on_record import ASKED_AT, file_on_record
from tests.support.misfits import (
    Path,
    Told,
    Turns,
    as_json,
    found,
    misfits,
    places,
    with_value,
)
from tests.support.patients import US_TABLET
from tests.support.telling import alarmed

from antagonist.web.answers import PROBLEM
from antagonist.web.api.description import description

WHOLE = description()
OPERATIONS = {
    path: said["post"]["requestBody"]["content"]["application/json"]["schema"]
    for path, said in WHOLE["paths"].items()
    if "requestBody" in said.get("post", {})
}
TOLD = Told(
    words=frozenset((
        "note", "reason", "family", "given", "middle", "programme", "system", "value", "prescriber",
    )),
    names=frozenset((
        "product", "products", "jurisdiction", "holidays", "regimen", "signs", "kind", "quantity",
    )),
    times=frozenset(("planned_at", "next_at", "at")),
)  # fmt: skip
PLAN = {"product": US_TABLET, "regimen": "r1_weekdays_50_saturday_100"}
REASON = {"reason": "no other way is left"}
MISSED = {
    "situation": "missed_dose", "planned_at": "2026-11-24 09:00", "planned_mg": 50,
    "next_at": "2026-11-26 09:00", "spaced": False,
}  # fmt: skip
LAB = {"test": "alt", "value": 40, "unit": "U/L", "specimen": "blood"}
EVENT = {"occurred_at": "2026-11-25T06:00:00Z", "payload": LAB}
# Bodies that would be taken; a field that none of them has is put into the first.
BODIES: Mapping[str, list[dict[str, Any]]] = {
    "/patients": [{"family": "A", "given": "B", "identifier": {"system": "x", "value": "1"}}],
    "/patients/find": [{"system": "test", "value": "1"}],
    "/patients/{patient}/alarms/{alarm}/acknowledge": [{"note": "seen to"}],
    "/patients/{patient}/alarms/{alarm}/override": [REASON],
    "/patients/{patient}/challenges": [{"protocol": "iv", "product": US_TABLET}],
    "/patients/{patient}/challenges/{challenge}/abort": [{"version": 1, **REASON}],
    "/patients/{patient}/challenges/{challenge}/steps": [{"version": 1, "kind": "baseline"}],
    "/patients/{patient}/decisions/{event}/override": [REASON],
    "/patients/{patient}/events": [{"kind": "lab", **EVENT}],
    "/patients/{patient}/events/{event}/correct": [{**EVENT, **REASON}],
    "/patients/{patient}/events/{event}/retract": [REASON],
    "/patients/{patient}/forecast": [{"skip_next": False}],
    "/patients/{patient}/plans": [PLAN],
    "/patients/{patient}/plans/compare": [{"product": US_TABLET}],
    "/patients/{patient}/screenings": [{"question": "start", "products": [US_TABLET]}],
    "/patients/{patient}/situations": [
        MISSED, {"situation": "surgery", "at": "2026-12-24 09:00"},
        {"situation": "switch", "from_form": "oral", "to_form": "im_xr"},
    ],
    "/programme/run": [{"days": 90}],
}  # fmt: skip


Ids = Mapping[str, str]


@dataclass
class Walk:
    """A clinic with something at every address. ids: by path parameter; tested: where a challenge
    test is under way; refused: where a decision refuses.
    """

    clinic: OpenClinic
    program: TestClient
    turn: Iterator[int] = field(default_factory=itertools.count)
    turns: Turns = field(default_factory=Turns)
    ids: Ids = field(default_factory=dict)
    tested: Ids = field(default_factory=dict)
    refused: Ids = field(default_factory=dict)

    def send(self, path: str, text: str) -> Response:
        """Send a body as it is."""
        n = next(self.turn)
        if n % 100 == 0:
            self.clinic.clock.advance(minutes=1)  # what is costly is counted by the minute
        headers = {"Idempotency-Key": f"request {n}", "Content-Type": "application/json"}
        ids = self.tested if "{challenge}" in path else self.ids
        ids = self.refused if "{event}/override" in path else ids
        return self.program.post(
            f"/api/v1{path.format(**ids)}", content=text.encode(), headers=headers
        )


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("walk")
    with clinic_on("sqlite", folder) as clinic, pytest.MonkeyPatch.context() as patch:
        patch.setattr("antagonist.web.api.patients.limited", lambda *_: None)
        clinic.clock.set(ASKED_AT)
        here, record = Walk(clinic, clinic.program("prescriber")), clinic.clinic.record
        patient = file_on_record(record, provocation_tests=None)
        event = next(e.event_id for e in record.all(patient) if e.kind == "fact")
        here.ids = {"patient": patient, "event": event, "alarm": alarmed(clinic, patient)}
        tested = {"patient": file_on_record(record, provocation_tests=None)}
        here.ids, ids = tested, here.ids
        begun = here.send(
            "/patients/{patient}/challenges",
            as_json({"protocol": "iv", "product": US_TABLET, "never_tested": True}),
        )
        here.tested = {**tested, "challenge": begun.json()["challenge"]}
        here.ids = {"patient": file_on_record(record, "urine_positive")}
        kept = here.send(
            "/patients/{patient}/screenings",
            as_json({"products": [US_TABLET], "jurisdiction": "us"}),
        )
        here.refused, here.ids = {**here.ids, "event": kept.json()["event"]}, ids
        yield here


def test_every_body_is_walked() -> None:
    assert {f"/api/v1{path}" for path in BODIES} == set(OPERATIONS)


def fields_of(path: str) -> Iterator[tuple[Path, Mapping[str, Any], dict[str, Any]]]:
    """Every field of a body with its schema, and a body to put it in."""
    schema, seen = OPERATIONS[f"/api/v1{path}"], set()
    for body in BODIES[path]:
        for place, said in places(schema, body, WHOLE):
            if place[0] in body and place not in seen:
                seen.add(place)
                yield place, said, body
    first = BODIES[path][0]
    for place, said in places(schema, first, WHOLE):
        if place not in seen:
            yield place, said, first


@pytest.mark.parametrize("path", sorted(BODIES))
def test_what_does_not_belong_is_refused_by_its_name(walk: Walk, path: str) -> None:
    before, wrong, sent = counts(walk.clinic), [], 0
    for name, value, body in bodies(path, walk.turns):
        answer = walk.send(path, as_json(body))
        sent += 1
        if not refused(answer, name):
            wrong.append((name, str(value)[:40], answer.status_code, answer.text[:300]))
    assert not wrong, "\n".join(map(str, wrong))
    assert counts(walk.clinic) == before
    assert sent


def bodies(path: str, turns: Turns) -> Iterator[tuple[str, Any, Any]]:
    """Wrong bodies of an endpoint: the field, what is wrong with it, the body."""
    schema = OPERATIONS[f"/api/v1{path}"]
    for place, said, body in fields_of(path):
        name = str(next(part for part in reversed(place) if isinstance(part, str)))
        if name != "payload":  # walked by kind of event
            for value in turns.some(misfits(name, said, WHOLE, TOLD)):
                yield name, value, with_value(body, place, value)
    first = BODIES[path][0]
    yield from (
        ("extra", "unknown", {**first, "extra": 1}),
        ("", "unknown, not to be seen", {**first, "a\ud800": 1}),
        ("body", "no object", [first]),
        ("body", "nothing", None),
    )
    for name in found(schema, WHOLE).get("required", ()):
        yield name, "missing", {key: value for key, value in first.items() if key != name}


def refused(answer: Response, name: str) -> bool:
    """Whether an answer refuses a field by name; empty = whatever the name."""
    if answer.status_code != 422 or answer.headers["content-type"] != PROBLEM:
        return False
    fields = [error["field"].split(".") for error in answer.json()["errors"]]
    return bool(fields) and all(not name or name in parts for parts in fields)
