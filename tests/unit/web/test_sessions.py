"""Sessions: how long they hold, and that nothing of an ended one goes on."""

from __future__ import annotations

import pytest
from tests.support.clinics import OpenClinic, text_of
from tests.support.doors import try_doors
from tests.support.signing import csrf_of, lines, sign_in

from antagonist.feedback.database import changing, reading
from antagonist.web.accounts import sessions, tokens
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.rules import rules


def test_values_are_new_have_256_bits_and_are_kept_as_digests(own_clinic: OpenClinic) -> None:
    at, account = own_clinic.clinic.now(), own_clinic.people["nurse"].account
    values = set()
    with changing(own_clinic.clinic.engine) as connection:
        for _ in range(5):
            value, session = sessions.begin(
                connection, at, account, complete=True, address="", agent=""
            )
            token, _ = tokens.issue(connection, at, account, "x", 1)
            values |= {value, token.removeprefix("antagonist_"), session.csrf}
        rows = [*connection.execute(t.sessions.select()), *connection.execute(t.tokens.select())]
    assert len(values) == 15
    assert {len(value) for value in values} == {43}  # 256 bits in base64
    kept = [str(field) for row in rows for field in row]
    assert not {v for v in values if v in kept} - {row.csrf for row in rows if hasattr(row, "csrf")}


@pytest.mark.parametrize("value", ["", "x", "x" * 43])
def test_what_is_no_value_of_ours_opens_nothing(own_clinic: OpenClinic, value: str) -> None:
    try_doors(own_clinic.app)
    client = own_clinic.nobody()
    client.cookies.set("antagonist", value)
    assert client.get("/try/own").status_code == 303
    for scheme in ("Bearer", "Basic", ""):
        headers = {"Authorization": f"{scheme} {value}".strip()}
        assert client.get("/api/v1/try/own", headers=headers).status_code == 401


def test_a_session_ends_when_it_is_idle(own_clinic: OpenClinic) -> None:
    try_doors(own_clinic.app)
    browser, idle = own_clinic.browser("nurse"), rules().session.idle_minutes
    for _ in range(3):
        own_clinic.clock.advance(minutes=idle - 1)
        assert browser.get("/try/own").status_code == 200
    own_clinic.clock.advance(minutes=idle)
    assert browser.get("/try/own").status_code == 303


def test_what_a_page_asks_by_itself_keeps_no_session_alive(own_clinic: OpenClinic) -> None:
    try_doors(own_clinic.app)
    browser, idle = own_clinic.browser("nurse"), rules().session.idle_minutes
    own_clinic.clock.advance(minutes=idle - 1)
    assert browser.get("/try/own", polling="1").status_code == 200
    own_clinic.clock.advance(minutes=1)
    assert browser.get("/try/own", polling="1").status_code == 303


def test_a_session_ends_after_its_time_in_any_case(own_clinic: OpenClinic) -> None:
    try_doors(own_clinic.app)
    browser, said = own_clinic.browser("nurse"), rules().session
    for _ in range(said.absolute_hours * 60 // 20 - 1):
        own_clinic.clock.advance(minutes=20)
        assert browser.get("/try/own").status_code == 200
    own_clinic.clock.advance(minutes=20)
    assert browser.get("/try/own").status_code == 303


def test_a_token_ends_on_its_day(own_clinic: OpenClinic) -> None:
    try_doors(own_clinic.app)
    program = own_clinic.program("nurse")
    own_clinic.clock.advance(days=30, seconds=-1)
    assert program.get("/api/v1/try/own").status_code == 200
    own_clinic.clock.advance(seconds=1)
    assert program.get("/api/v1/try/own").status_code == 401


def test_signing_out_ends_the_session_here_and_in_the_browser(clinic: OpenClinic) -> None:
    browser = clinic.browser("nurse")
    value = browser.client.cookies["antagonist"]
    page = browser.get("/own")
    assert 'action="/sign-out"' in page.text
    answer = browser.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert answer.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert "antagonist" not in browser.client.cookies
    assert lines(clinic) == [("sign-out", "allowed", "nurse")]
    browser.client.cookies.set("antagonist", value)
    assert browser.get("/own").status_code == 303
    # once more, from another tab: no form to send again, just the way in
    again = browser.client.post(
        "/sign-out", data={"csrf": browser.csrf}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert (again.status_code, again.headers["location"]) == (303, "/sign-in")


def test_signing_out_is_no_get(clinic: OpenClinic) -> None:
    browser = clinic.browser("nurse")
    assert browser.get("/sign-out").status_code == 405
    assert browser.get("/own").status_code == 200


def test_ended_sessions_are_forgotten(own_clinic: OpenClinic) -> None:
    for _ in range(3):
        own_clinic.browser("viewer")
    own_clinic.clock.advance(hours=11)
    assert sign_in(own_clinic.nobody()).status_code == 303
    with reading(own_clinic.clinic.engine) as connection:
        assert len(connection.execute(t.sessions.select()).all()) == 1


def test_signing_in_again_gives_forms_another_token(clinic: OpenClinic) -> None:
    client = clinic.nobody()
    sign_in(client)
    first = csrf_of(client.get("/own"))
    sign_in(client)
    assert csrf_of(client.get("/own")) != first


def test_one_sees_ones_own_sessions(own_clinic: OpenClinic) -> None:
    client = own_clinic.nobody()
    client.headers["user-agent"] = "Ward computer"
    sign_in(client)
    own_clinic.browser("prescriber")
    page = text_of(client.get("/own"))
    assert "Ward computer (this one)" in page
    assert page.count("(this one)") == 1
    assert page.count("testclient") == 1
