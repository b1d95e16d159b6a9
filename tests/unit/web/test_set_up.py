"""First run: nobody is there until the server's code made the first administrator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.clinics import PASSWORD, OpenClinic, clinic_on
from tests.support.signing import lines, sign_in, with_factor

from antagonist.feedback.database import changing, reading
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.activation import activation_code
from antagonist.web.accounts.people import everyone

CODE = "8 words on a console"
FIELDS = {"code": CODE, "name": "Director", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[OpenClinic]:
    """A clinic on its first day: tables and no account."""
    with clinic_on("sqlite", tmp_path, set_up=CODE) as clinic:
        with changing(clinic.clinic.engine) as connection:
            connection.execute(t.accounts.delete())
        yield clinic


def test_nobody_can_sign_in_to_a_new_clinic(empty: OpenClinic) -> None:
    assert empty.nobody().get("/sign-in").headers["location"] == "/set-up"
    for name in ("admin", "administrator", "root", "antagonist"):
        assert sign_in(empty.nobody(), name, name).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "x"},
        {"code": ""},
        {"again": "x"},
        {"password": "short", "again": "short"},
        {"name": ""},
    ],
)
def test_what_is_not_right_makes_nobody(empty: OpenClinic, wrong: dict[str, str]) -> None:
    answer = empty.nobody().post("/set-up", data=FIELDS | wrong)
    assert answer.status_code == 422
    assert PASSWORD not in answer.text
    assert CODE not in answer.text
    assert lines(empty) == [("set-up", "refused", "nobody")]
    with reading(empty.clinic.engine) as connection:
        assert everyone(connection) == []


def test_the_code_makes_one_administrator_and_the_page_is_gone(empty: OpenClinic) -> None:
    client = empty.nobody()
    assert client.post("/set-up", data=FIELDS).headers["location"] == "/sign-in"
    assert lines(empty) == [("set-up", "allowed", "director")]
    assert client.get("/set-up").status_code == 404
    assert client.post("/set-up", data=FIELDS | {"name": "second"}).status_code == 404
    with reading(empty.clinic.engine) as connection:
        [made] = everyone(connection)
    assert (made.name, made.role) == ("director", "administrator")
    assert sign_in(client, "director").headers["location"] == "/"


def test_guessing_the_code_is_limited(empty: OpenClinic) -> None:
    client = empty.nobody()
    answers = [
        client.post("/set-up", data=FIELDS | {"code": f"{n}"}).status_code for n in range(41)
    ]
    assert answers == [422] * 40 + [429]


def test_without_a_code_there_is_no_such_page(clinic: OpenClinic) -> None:
    assert clinic.nobody().get("/set-up").status_code == 404
    assert clinic.nobody().post("/set-up", data=FIELDS).status_code == 404


def test_an_account_is_activated_by_its_owner(own_clinic: OpenClinic) -> None:
    """Also one whose password is set anew: its second factor stays."""
    with_factor(own_clinic)
    with changing(own_clinic.clinic.engine) as connection:
        at, nurse = own_clinic.clinic.now(), own_clinic.people["nurse"]
        code = activation_code(connection, at, nurse)
    new = "another four words by her"
    client = own_clinic.nobody()
    for wrong in ({"code": "x"}, {"again": "x"}, {"password": "nurse", "again": "nurse"}):
        sent = {"code": code, "password": new, "again": new} | wrong
        answer = client.post("/activate", data=sent)
        assert answer.status_code == 422
        assert code not in answer.text
        assert lines(own_clinic) == [("activate", "refused", "nobody")]
    sent = {"code": code, "password": new, "again": new}
    assert client.post("/activate", data=sent).headers["location"] == "/sign-in"
    assert lines(own_clinic) == [("activate", "allowed", "nurse")]
    assert client.post("/activate", data=sent).status_code == 422
    assert sign_in(client, password=new).headers["location"].startswith("/sign-in/code")
