"""Where something else fails: refused, told plainly, nothing half-written, and well again after."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from starlette.requests import Request
from tests.support.clinics import OpenClinic, clinic_on, text_of
from tests.support.doors import doors, try_doors
from tests.support.records import execute_postgres

from antagonist.feedback.database import changing, reading
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import tables as t
from antagonist.web.answers import field_error


def test_without_its_database_the_clinic_is_not_ready_and_then_is_again(tmp_path: Path) -> None:
    with clinic_on("postgresql", tmp_path) as clinic:
        try_doors(clinic.app)
        browser, program = clinic.browser("nurse"), clinic.program("nurse")
        name = clinic.clinic.engine.url.database
        paths = ("/health/ready", "/try/own", "/sign-in")
        assert [browser.get(path).status_code for path in paths] == [200] * 3
        execute_postgres(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        execute_postgres(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        try:
            answers = [browser.get(path) for path in paths]
            answers.append(browser.post("/try/record.write"))
            answers.append(program.get("/api/v1/try/own"))
            assert [answer.status_code for answer in answers] == [503] * 5
            for answer in answers:
                for internal in (str(name), "FATAL", "psycopg", "connection to", "5432"):
                    assert internal not in answer.text
            assert "Nothing was recorded" not in text_of(answers[3])
            assert browser.get("/health/live").status_code == 200
        finally:
            execute_postgres(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert [browser.get(path).status_code for path in paths] == [200] * 3


def test_a_check_that_fails_lets_nobody_in(
    own_clinic: OpenClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_doors(own_clinic.app)
    browser, program = own_clinic.browser("nurse"), own_clinic.program("nurse")
    lost = OperationalError("SELECT", {}, Exception("disk I/O error"))

    def fails(*_: object, **__: object) -> None:
        raise lost

    for what in ("antagonist.web.visit.audit.note", "antagonist.web.visit.may"):
        with monkeypatch.context() as patched:
            patched.setattr(what, fails)
            assert browser.get("/try/own").status_code >= 500
            assert program.get("/api/v1/try/own").status_code >= 500
    assert browser.get("/try/own").status_code == 200


def test_an_action_that_fails_is_rolled_back_whole(own_clinic: OpenClinic) -> None:
    visit_of_own = own_clinic.people["nurse"]

    def write(request: Request) -> None:
        clinic = request.app.state.clinic
        with changing(clinic.engine) as connection:
            connection.execute(t.accounts.update().values(shown="changed"))
            raise RuntimeError

    own_clinic.app.add_api_route("/writes", write)
    assert own_clinic.nobody().get("/writes").status_code == 500
    with reading(own_clinic.clinic.engine) as connection:
        shown = connection.execute(t.accounts.select()).mappings().all()
    assert "changed" not in {row["shown"] for row in shown}
    assert visit_of_own.shown in {row["shown"] for row in shown}


@pytest.mark.parametrize("field", ["password", "new_password", "again", "code", "csrf", "x.secret"])
def test_an_error_never_shows_a_secret(field: str) -> None:
    assert field_error(InputError("", field, "hunter2", "another"))["value"] is None
    assert field_error(InputError("", "dose", "hunter2", "a number"))["value"] == "hunter2"


def test_connections_are_given_back(own_clinic: OpenClinic) -> None:
    try_doors(own_clinic.app)
    browser = own_clinic.browser("nurse")
    for path in ("/try/own", "/try/audit.read", "/nowhere", "/try/of/x"):
        browser.get(path)
    assert own_clinic.clinic.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_looking_changes_nothing_but_the_audit(own_clinic: OpenClinic) -> None:
    """Every page that needs no patient, as everybody."""

    def state() -> dict[str, list[object]]:
        with reading(own_clinic.clinic.engine) as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(table.select())]
                for table in t.metadata.sorted_tables
                if table.name not in ("audit", "attempts")
            }

    browsers = [own_clinic.browser(who) for who in own_clinic.people]
    before = state()
    for door in doors(own_clinic.app):
        if door.method == "GET" and not door.of_patient:
            for browser in browsers:
                browser.get(door.address("x"))
    assert state() == before
