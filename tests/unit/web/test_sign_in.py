"""Signing in: what fits, what does not, and how often one may try."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient
from tests.support.clinics import PASSWORD, OpenClinic, clinic_on
from tests.support.doors import try_doors
from tests.support.signing import WRONG, csrf_of, lines, sign_in, with_factor

from antagonist.feedback.database import changing, reading
from antagonist.web.accounts import passwords, sessions
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.people import by_name, change
from antagonist.web.app import create_app


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenClinic]:
    with clinic_on("sqlite", tmp_path_factory.mktemp("sign-in")) as clinic:
        try_doors(clinic.app)
        yield clinic


def test_name_and_password_begin_a_session(tried: OpenClinic) -> None:
    client = tried.nobody()
    answer = sign_in(client, " NURSE ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert lines(tried) == [("sign-in", "allowed", "nurse")]
    assert client.get("/").headers["location"] == "/today"
    assert client.get("/own").status_code == 200


def test_whatever_does_not_fit_looks_the_same_and_takes_as_long(
    own_clinic: OpenClinic, easy: list[str | None]
) -> None:
    with changing(own_clinic.clinic.engine) as connection:
        change(connection, own_clinic.people["second"], disabled=True)
        change(connection, own_clinic.people["viewer"], password=None)
    shown = set()
    for name, password in (
        ("nurse", WRONG), ("nobody", PASSWORD), ("second", PASSWORD), ("viewer", PASSWORD),
        ("viewer", ""),
    ):  # fmt: skip
        answer = sign_in(own_clinic.nobody(), name, password)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        shown.add(answer.text.replace(f'value="{name}"', ""))
    assert len(shown) == 1
    assert len(easy) == 5, "a password is checked each time"
    assert lines(own_clinic, 2) == [("sign-in", "refused", "viewer")] * 2
    # a name that is nobody's may be a password in the wrong field: it is kept nowhere
    with reading(own_clinic.clinic.engine) as connection:
        rows = [
            str(row)
            for table in (t.audit, t.attempts)
            for row in connection.execute(table.select())
        ]
    assert not [row for row in rows if "nobody'" in row and "'none'" not in row]
    assert not [row for row in rows if "sign-in:nobody" in row]


@pytest.mark.usefixtures("easy")
def test_a_stranger_is_slowed_down_and_locks_nobody_out(own_clinic: OpenClinic) -> None:
    home = TestClient(own_clinic.app, client=("192.0.2.1", 1), follow_redirects=False)
    assert sign_in(home).status_code == 303
    stranger = TestClient(own_clinic.app, client=("203.0.113.9", 1), follow_redirects=False)
    answers = [sign_in(stranger, password=WRONG).status_code for _ in range(10)]
    assert answers == [401] * 8 + [429] * 2
    refused = sign_in(stranger)
    assert refused.status_code == 429, "not even the right password"
    assert refused.headers["retry-after"] == "900"
    # from many addresses, until the name itself is used up
    for n in range(100):
        away = TestClient(own_clinic.app, client=(f"198.51.100.{n}", 1), follow_redirects=False)
        if sign_in(away, password=WRONG).status_code == 429:
            break
    else:
        raise AssertionError("guessing from many addresses was never slowed down")
    unknown = TestClient(own_clinic.app, client=("198.51.100.250", 1), follow_redirects=False)
    assert sign_in(unknown).status_code == 429
    # where she signed in before, and where she is signed in, she is not hurt
    assert home.get("/own").status_code == 200
    assert sign_in(home).status_code == 303
    own_clinic.clock.advance(minutes=61)
    assert sign_in(unknown).status_code == 303


def test_one_address_may_try_so_many_names(own_clinic: OpenClinic, easy: list[str | None]) -> None:
    client = own_clinic.nobody()
    answers = [sign_in(client, f"name{n}", WRONG).status_code for n in range(41)]
    assert answers == [401] * 40 + [429]
    assert len(easy) == 40


@pytest.mark.usefixtures("easy")
def test_signing_in_rightly_uses_no_tries_up(own_clinic: OpenClinic) -> None:
    client = own_clinic.nobody()
    assert [sign_in(client).status_code for _ in range(45)] == [303] * 45
    # and does not give tries back that were spent on others
    for n in range(39):
        sign_in(client, f"name{n}", WRONG)
    assert sign_in(client).status_code == 303
    assert sign_in(client, "more", WRONG).status_code == 401
    assert sign_in(client, "more still", WRONG).status_code == 429


@pytest.mark.usefixtures("easy")
def test_limits_hold_for_all_processes_together(tmp_path: Path) -> None:
    with clinic_on("sqlite", tmp_path) as clinic:
        other = create_app(clinic.clinic.config, clinic.clock)
        second = TestClient(other, base_url="http://testserver", follow_redirects=False)
        clients = (clinic.nobody(), second)
        answers = [sign_in(clients[n % 2], password=WRONG).status_code for n in range(9)]
        assert answers == [401] * 8 + [429]
        other.state.clinic.engine.dispose()


def test_an_account_of_five_years_signs_in_with_the_same_password(own_clinic: OpenClinic) -> None:
    own_clinic.clock.advance(days=5 * 366)
    assert sign_in(own_clinic.nobody()).status_code == 303


def test_a_weaker_hash_is_renewed_at_sign_in(own_clinic: OpenClinic) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with changing(own_clinic.clinic.engine) as connection:
        change(connection, own_clinic.people["nurse"], password=weak)
    assert sign_in(own_clinic.nobody()).status_code == 303
    with reading(own_clinic.clinic.engine) as connection:
        kept = by_name(connection, "nurse")
    assert kept is not None
    assert kept.password is not None
    assert kept.password != weak
    assert not passwords.is_old(kept.password)


@pytest.mark.usefixtures("easy")
def test_a_code_completes_the_session_under_a_new_value(own_clinic: OpenClinic) -> None:
    factor, client = with_factor(own_clinic), own_clinic.nobody()
    try_doors(own_clinic.app)
    answer = client.post("/sign-in", data={"name": "nurse", "password": PASSWORD, "next": "/label"})
    assert answer.headers["location"] == "/sign-in/code?next=/label"
    half = client.cookies["antagonist"]
    assert client.get("/try/own").headers["location"].startswith("/sign-in/code")
    assert client.get("/second-factor").headers["location"].startswith("/sign-in/code")
    asked = client.get("/sign-in/code?next=/label")
    assert 'action="/sign-out"' in asked.text
    data = {"csrf": csrf_of(asked), "next": "/label"}
    assert client.post("/sign-in/code", data=data | {"code": "000000"}).status_code == 401
    assert lines(own_clinic) == [("second-factor", "refused", "nurse")]
    code = factor.at(own_clinic.clinic.now())
    done = client.post("/sign-in/code", data=data | {"code": code})
    assert (done.status_code, done.headers["location"]) == (303, "/label")
    assert client.cookies["antagonist"] != half
    assert client.get("/try/own").status_code == 200
    client.cookies.set("antagonist", half, domain="testserver.local")
    again = own_clinic.nobody()
    again.cookies.set("antagonist", half)
    assert again.get("/sign-in/code").status_code == 303, "the half session is gone"
    # the same code opens no second session
    sign_in(again)
    data = {"csrf": csrf_of(again.get("/sign-in/code")), "code": code}
    assert again.post("/sign-in/code", data=data).status_code == 401


@pytest.mark.usefixtures("easy")
def test_codes_are_limited_for_each_account(own_clinic: OpenClinic) -> None:
    factor, client = with_factor(own_clinic), own_clinic.nobody()
    sign_in(client)
    data = {"csrf": csrf_of(client.get("/sign-in/code"))}
    answers = [
        client.post("/sign-in/code", data=data | {"code": "1"}).status_code for _ in range(9)
    ]
    assert answers == [401] * 8 + [429]
    code = factor.at(own_clinic.clinic.now())
    assert client.post("/sign-in/code", data=data | {"code": code}).status_code == 429


@pytest.mark.usefixtures("easy")
def test_who_knows_the_password_only_ends_no_complete_session(own_clinic: OpenClinic) -> None:
    with_factor(own_clinic)
    browser = own_clinic.browser("nurse")
    for _ in range(12):
        sign_in(own_clinic.nobody())
    assert browser.get("/own").status_code == 200


@pytest.mark.usefixtures("easy")
def test_signing_in_ends_the_session_that_was(tried: OpenClinic) -> None:
    client = tried.nobody()
    sign_in(client)
    before = client.cookies["antagonist"]
    sign_in(client)
    old = tried.nobody()
    old.cookies.set("antagonist", before)
    assert old.get("/own").status_code == 303


def test_looking_at_pages_begins_no_session(tried: OpenClinic) -> None:
    client = tried.nobody()
    for path in ("/", "/sign-in", "/activate", "/set-up", "/own", "/sign-in/code"):
        assert "set-cookie" not in client.get(path).headers


def test_no_more_than_five_sessions_and_the_oldest_ends(own_clinic: OpenClinic) -> None:
    browsers = []
    for _ in range(6):
        browsers.append(own_clinic.browser("nurse"))
        own_clinic.clock.advance(seconds=1)
    assert [each.get("/own").status_code for each in browsers] == [303] + [200] * 5
    with reading(own_clinic.clinic.engine) as connection:
        assert len(sessions.of_account(connection, own_clinic.people["nurse"].account)) == 5
