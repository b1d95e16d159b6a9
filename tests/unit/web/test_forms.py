"""Forms: only our own pages', each field once, each request once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from tests.support.clinics import NURSE, OpenClinic, clinic_on
from tests.support.doors import try_doors
from tests.support.records import BACKENDS

from antagonist.feedback.database import changing, reading
from antagonist.feedback.identity import create_patient
from antagonist.feedback.merging import everybody
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import audit, limits
from antagonist.web.forms import Form, once
from antagonist.web.language import Reader
from antagonist.web.visit import Visit

WRITE = "/try/record.write"


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenClinic]:
    with clinic_on("sqlite", tmp_path_factory.mktemp("forms")) as clinic:
        try_doors(clinic.app)
        yield clinic


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "http://testserver"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "http://evil.example//testserver"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_a_form_of_another_site_is_refused(
    tried: OpenClinic, headers: dict[str, str], status: int
) -> None:
    browser = tried.browser("nurse")
    answer = browser.client.post(WRITE, data={"csrf": browser.csrf, "x": "1"}, headers=headers)
    assert answer.status_code == status
    # signing in and choosing a language carry no token, but come from here too
    for path in ("/sign-in", "/language", "/activate", "/sign-in/again"):
        there = tried.nobody().post(path, data={"language": "en"}, headers=headers)
        assert (there.status_code == 403) == (status == 403), path


@pytest.mark.parametrize("token", [None, "", "x", "another's"])
def test_a_form_without_its_sessions_token_is_refused(tried: OpenClinic, token: str | None) -> None:
    browser = tried.browser("nurse")
    sent = tried.browser("prescriber").csrf if token == "another's" else token
    answer = browser.client.post(WRITE, data={} if sent is None else {"csrf": sent})
    assert answer.status_code == 403
    with reading(tried.clinic.engine) as connection:
        line = audit.entries(connection, audit.Filter(), 1)[0]
    assert (line.action, line.outcome, line.name) == ("forged", "refused", "nurse")


def test_the_token_may_come_as_a_header(tried: OpenClinic) -> None:
    browser = tried.browser("nurse")
    assert browser.client.post(WRITE, headers={"X-CSRF-Token": browser.csrf}).status_code == 200


def test_a_field_stands_in_a_form_once_but_lists_may_repeat(tried: OpenClinic) -> None:
    browser = tried.browser("nurse")
    answer = browser.post(WRITE, x=["1", "2"])
    assert answer.status_code == 422
    sent = {"csrf": browser.csrf, "x": "1", "signs[]": ["a", "b"]}
    answer = browser.client.post(WRITE, data=sent)
    assert answer.json()["lists"] == {"signs": ["a", "b"]}


def test_files_are_refused(tried: OpenClinic) -> None:
    browser = tried.browser("nurse")
    answer = browser.client.post(
        WRITE, data={"csrf": browser.csrf}, files={"x": ("x.txt", b"MZ", "text/plain")}
    )
    assert answer.status_code == 400
    for path in ("/sign-in", "/activate"):
        assert tried.nobody().post(path, files={"x": ("x", b"MZ")}).status_code == 400


def test_what_no_database_can_hold_is_refused(tried: OpenClinic) -> None:
    browser = tried.browser("nurse")
    assert browser.post(WRITE, x="a\x00b").status_code == 422
    assert (
        tried.nobody().post("/sign-in", data={"name": "\x00", "password": "x"}).status_code == 422
    )
    for path in ("/try/of/%00", "/try/own?x=%00", "/%00"):
        assert browser.client.get(path).status_code == 400, path


def test_what_is_decoded_once_is_not_decoded_again(tried: OpenClinic) -> None:
    typed = "%3Cb%3E &lt;i&gt; %2527 {x} %s ‮ 'or 1=1--"
    answer = tried.browser("nurse").post(WRITE, x=typed)
    assert answer.json()["sent"]["x"] == typed.strip()


def test_passwords_are_taken_as_typed(tried: OpenClinic) -> None:
    typed = "  Пароль с пробелами  "
    fields = dict.fromkeys(("password", "new_password", "again", "other"), typed)
    sent = tried.browser("nurse").post(WRITE, **fields).json()["sent"]
    assert {sent["password"], sent["new_password"], sent["again"]} == {typed}
    assert sent["other"] == typed.strip()


@pytest.mark.parametrize(
    ("typed", "number"), [("1.5", 1.5), ("1,5", 1.5), ("", None), ("-3", -3.0)]
)
def test_numbers_have_a_point_or_a_comma(typed: str, number: float | None) -> None:
    assert Form({"x": typed}).number("x") == number


@pytest.mark.parametrize("typed", ["nan", "inf", "-inf", "1e999", "x", "1 000", "0x1f"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    for read in (Form({"x": typed}).number, Form({"x": typed}).whole):
        with pytest.raises(InputError):
            read("x")


@pytest.mark.parametrize("typed", ["1.5", "1e30", "123456789012345678"])
def test_what_is_no_usual_whole_number_is_refused(typed: str) -> None:
    with pytest.raises(InputError):
        Form({"x": typed}).whole("x")


def visit_in(clinic: OpenClinic, who: str = "nurse", route: str = "POST /x") -> Visit:
    reader = Reader("en", clinic.clinic.tz)
    return Visit(clinic.clinic, clinic.people[who], None, reader, "r", route)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_same_request_at_once_is_done_once(
    backend: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with clinic_on(backend, tmp_path_factory.mktemp("once")) as clinic:
        visit, together = visit_in(clinic), threading.Barrier(6)

        def send(_: int) -> str | None:
            together.wait()
            with once(visit, "a key of one request") as claim:
                if claim.location is None:
                    claim.location = create_patient(claim.visit.clinic.record, NURSE, {}, [])
            return claim.location

        with ThreadPoolExecutor(6) as threads:
            came_to = set(threads.map(send, range(6)))
        assert came_to == {patient for patient, _ in everybody(clinic.clinic.record)}
        assert len(came_to) == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_fails_after_a_part_was_written_leaves_nothing(backend: str, tmp_path: Path) -> None:
    with clinic_on(backend, tmp_path) as clinic:
        visit, record = visit_in(clinic), clinic.clinic.record

        def fails_late() -> None:
            with once(visit, "fails late") as claim:
                create_patient(claim.visit.clinic.record, NURSE, {}, [])
                raise RuntimeError("late")

        def goes_on() -> None:
            with once(visit, "fails late") as claim:
                with contextlib.suppress(InputError), changing(claim.visit.clinic.engine) as here:
                    limits.count(here, clinic.clinic.now(), "half")
                    raise InputError("", "x", None, "y")
                claim.location = "/went-on"

        with pytest.raises(RuntimeError, match="late"):
            fails_late()
        with pytest.raises(RuntimeError, match="a part"):  # whoever caught the part's error
            goes_on()
        assert (everybody(record), record.heads.known()) == ([], None)
        with once(visit, "fails late") as claim:
            claim.location = create_patient(claim.visit.clinic.record, NURSE, {}, [])
        assert [patient for patient, _ in everybody(record)] == [claim.location]


def test_a_form_costs_one_look_at_its_session(tried: OpenClinic) -> None:
    asked: list[str] = []
    browser = tried.browser("nurse")

    def seen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT") and "FROM sessions" in statement:
            asked.append(statement)

    event.listen(tried.clinic.engine, "before_cursor_execute", seen)
    try:
        assert browser.post(WRITE, x="1").status_code == 200
    finally:
        event.remove(tried.clinic.engine, "before_cursor_execute", seen)
    assert len(asked) == 1


def test_a_request_that_failed_may_be_sent_again(tried: OpenClinic) -> None:
    visit = visit_in(tried)
    with pytest.raises(RuntimeError), once(visit, "fails first"):
        raise RuntimeError
    with once(visit, "fails first") as claim:
        assert claim.location is None
        claim.location = "/x"


def test_a_key_is_one_persons_and_one_routes(tried: OpenClinic) -> None:
    with once(visit_in(tried), "a key") as claim:
        claim.location = "/mine"
    for other in (visit_in(tried, "prescriber"), visit_in(tried, route="POST /y")):
        with pytest.raises(InputError, match="key"), once(other, "a key"):
            pass
    with pytest.raises(InputError, match="key"), once(visit_in(tried), None):
        pass
