"""Every route has a door; the door lets in who may come in, for the patients they may see."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from httpx2 import Response
from tests.support.clinics import OpenClinic, clinic_on
from tests.support.doors import Door, doors, try_doors

import antagonist.web.visit
from antagonist.feedback.database import changing, reading
from antagonist.web.accounts import audit
from antagonist.web.accounts.access import give
from antagonist.web.accounts.people import ROLES, change
from antagonist.web.permissions import actions, may

# What somebody reaches who is not signed in, or not completely.
OPEN = {
    "/", "/activate", "/api/openapi.json", "/health/live", "/health/ready", "/language",
    "/second-factor", "/second-factor/begin", "/second-factor/picture.png", "/set-up", "/sign-in",
    "/sign-in/again", "/sign-in/code", "/sign-out",
}  # fmt: skip
UNKNOWN = str(uuid.UUID(int=1))


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenClinic]:
    """A clinic with routes that try every action."""
    with clinic_on("sqlite", tmp_path_factory.mktemp("doors")) as clinic:
        try_doors(clinic.app)
        yield clinic


def test_every_route_has_a_door_with_a_stated_action(tried: OpenClinic) -> None:
    found = list(doors(tried.app))
    assert {door.path for door in found if door.action is None} == OPEN
    assert {door.action for door in found if door.action} <= set(actions())
    for door in found:
        if door.face:
            assert (door.face == "program") == door.path.startswith("/api/"), door


def test_no_api_route_hides_from_the_walk(tried: OpenClinic) -> None:
    described = tried.nobody().get("/api/openapi.json").json()["paths"]
    walked = {(door.path, door.method.lower()) for door in doors(tried.app)}
    assert {(path, method) for path, ways in described.items() for method in ways} <= walked


class Senders:
    """Sends requests that say nothing; each person keeps one browser and one program."""

    def __init__(self, clinic: OpenClinic) -> None:
        self.clinic = clinic
        self.nobody = clinic.nobody()
        self.browser, self.program = cache(clinic.browser), cache(clinic.program)

    def __call__(self, door: Door, who: str | None, patient: str = UNKNOWN) -> Response:
        """Go through a door."""
        address = door.address(patient)
        if who is None:
            return self.nobody.request(door.method, address)
        if door.face == "program":
            return self.program(who).request(door.method, address)
        browser = self.browser(who)
        if door.method == "GET":
            return browser.get(address)
        data = {"csrf": browser.csrf, "key": str(uuid.uuid4())}
        return browser.client.request(door.method, address, data=data)


def last_line(clinic: OpenClinic) -> audit.Entry:
    with reading(clinic.clinic.engine) as connection:
        return audit.entries(connection, audit.Filter(), 1)[0]


def test_nobody_comes_in_without_signing_in(tried: OpenClinic) -> None:
    send = Senders(tried)
    for door in doors(tried.app):
        if door.action is None:
            continue
        answer = send(door, None)
        if door.face == "program":
            assert answer.status_code == 401, door
            assert answer.headers["www-authenticate"] == "Bearer"
        else:
            assert answer.status_code == 303, door
            assert answer.headers["location"].startswith("/sign-in"), door


def test_who_lacks_the_action_is_refused_and_written_down(tried: OpenClinic) -> None:
    patient, send = tried.patient(), Senders(tried)
    tested = 0
    for door in doors(tried.app):
        for role in ROLES:
            if door.action is None or may(role, door.action):
                continue
            answer = send(door, role, patient)
            assert answer.status_code == 403, (role, door)
            line = last_line(tried)
            assert (line.action, line.outcome, line.name) == (door.action, "refused", role), door
            assert line.patient == (patient if door.of_patient else None)
            tested += 1
    assert tested > len(actions())


@pytest.mark.parametrize("role", ROLES)
def test_who_has_the_action_comes_in(tried: OpenClinic, role: str) -> None:
    browser, program = tried.browser(role), tried.program(role)
    for action in actions():
        expected = 200 if may(role, action) else 403
        assert browser.get(f"/try/{action}").status_code == expected, action
        assert program.get(f"/api/v1/try/{action}").status_code == expected, action


def test_a_token_opens_no_page_and_a_session_no_api(tried: OpenClinic) -> None:
    assert tried.program("nurse").get("/try/own").status_code == 303
    assert tried.browser("nurse").get("/api/v1/try/own").status_code == 401


def _same(answer: Response, *ids: str) -> str:
    text = answer.text
    for each in ids:
        text = text.replace(each, "")
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|csrf\S* (content|value)=\"[^\"]*\"", "", text)


def test_who_may_not_see_a_patient_finds_nothing_anywhere(tmp_path: Path) -> None:
    """On every route of a patient, reading and writing, exactly as for one who is not there."""
    with clinic_on("sqlite", tmp_path) as clinic:
        try_doors(clinic.app)
        hidden, shown = clinic.patient(number="1"), clinic.patient(number="2")
        with changing(clinic.clinic.engine) as connection:
            for account in clinic.people.values():
                change(connection, account, every_patient=False)
                give(connection, account.account, [shown])
        send = Senders(clinic)
        found = [door for door in doors(clinic.app) if door.of_patient]
        assert found
        for door in found:
            assert door.action, door
            role = next(role for role in ROLES if may(role, door.action))
            answer = send(door, role, hidden)
            assert answer.status_code == 404, door
            line = last_line(clinic)
            assert (line.outcome, line.patient) == ("refused", hidden)
            absent = send(door, role, UNKNOWN)
            assert absent.status_code == 404, door
            assert _same(answer, hidden) == _same(absent, UNKNOWN), door
            for nonsense in ("x", hidden.upper(), hidden.replace("-", ""), "%2e%2e"):
                assert send(door, role, nonsense).status_code == 404, (door, nonsense)
        assert clinic.browser("nurse").get(f"/try/of/{shown}").status_code == 200


def test_what_a_role_may_is_read_anew_for_each_request(own_clinic: OpenClinic) -> None:
    try_doors(own_clinic.app)
    browser, program = own_clinic.browser("nurse"), own_clinic.program("nurse")
    assert browser.get("/try/record.write").status_code == 200
    with changing(own_clinic.clinic.engine) as connection:
        change(connection, own_clinic.people["nurse"], every_patient=False)
    patient = own_clinic.patient()
    assert browser.get(f"/try/of/{patient}").status_code == 404
    assert program.get(f"/api/v1/try/of/{patient}").status_code == 404


@pytest.mark.parametrize("values", [{"disabled": True}, {"role": "viewer"}])
def test_disabling_and_another_role_end_sessions_and_tokens(
    own_clinic: OpenClinic, values: dict[str, object]
) -> None:
    try_doors(own_clinic.app)
    browser, program = own_clinic.browser("nurse"), own_clinic.program("nurse")
    other = own_clinic.browser("prescriber")
    with changing(own_clinic.clinic.engine) as connection:
        change(connection, own_clinic.people["nurse"], **values)
    assert browser.get("/try/own").headers["location"].startswith("/sign-in")
    assert program.get("/api/v1/try/own").status_code == 401
    assert other.get("/try/own").status_code == 200


def test_an_account_disabled_in_the_table_alone_is_refused_at_once(own_clinic: OpenClinic) -> None:
    """Even where a session or token was left behind."""
    try_doors(own_clinic.app)
    with changing(own_clinic.clinic.engine) as connection:
        change(connection, own_clinic.people["nurse"], disabled=True)
    assert own_clinic.browser("nurse").get("/try/own").status_code == 303
    assert own_clinic.program("nurse").get("/api/v1/try/own").status_code == 401


def test_where_a_second_factor_is_wanted_nobody_works_without(tmp_path: Path) -> None:
    with clinic_on("sqlite", tmp_path, second_factor=True) as clinic:
        browser, send = clinic.browser("nurse"), Senders(clinic)
        for door in doors(clinic.app):
            if door.face == "page":
                answer = send(door, "nurse")
                assert answer.headers["location"].startswith("/second-factor"), door
        assert browser.get("/second-factor").status_code == 200


def test_a_query_parameter_is_there_once(tried: OpenClinic) -> None:
    browser = tried.browser("nurse")
    assert browser.client.get("/try/own?a=1&a=2").status_code == 422
    assert browser.client.get("/try/own?a=1&b=2&c[]=1&c[]=2").status_code == 200
    assert tried.program("nurse").get("/api/v1/try/own?a=1&a=2").status_code == 422


def test_what_is_costly_is_counted_and_capped(own_clinic: OpenClinic) -> None:
    try_doors(own_clinic.app)
    action = next(name for name, said in actions().items() if said.costly and "nurse" in said.roles)
    browser = own_clinic.browser("nurse")
    answers = [browser.get(f"/try/{action}").status_code for _ in range(121)]
    assert answers == [200] * 120 + [429]
    answer = browser.get(f"/try/{action}")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    line = last_line(own_clinic)
    assert (line.action, line.outcome, line.name) == ("rate-limit", "refused", "nurse")
    assert own_clinic.browser("prescriber").get(f"/try/{action}").status_code == 200
    own_clinic.clock.advance(minutes=1)
    assert browser.get(f"/try/{action}").status_code == 200


def test_only_so_many_costly_requests_run_at_a_time(
    own_clinic: OpenClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_doors(own_clinic.app)
    none_left = threading.Semaphore(1)
    monkeypatch.setattr(antagonist.web.visit, "_costly", lambda: none_left)
    browser = own_clinic.browser("nurse")
    with none_left:
        answer = browser.get("/try/plan.read")
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "5"
        assert browser.get("/try/own").status_code == 200
    assert browser.get("/try/plan.read").status_code == 200
    assert none_left.acquire(blocking=False), "a place that was taken is free again"
