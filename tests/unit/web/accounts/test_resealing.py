"""Keys of a clinic are renewed: second factors still fit, and a server with the old keys stops."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyotp
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Table, select, update
from tests.support.clinics import OpenClinic, clinic_on
from tests.support.records import BACKENDS, execute_postgres
from tests.support.signing import csrf_of, sign_in, with_factor

from antagonist.feedback.database import changing, reading
from antagonist.feedback.events import Actor
from antagonist.feedback.handover import OtherKeysError
from antagonist.feedback.renewing import More, Renewed, look, renew
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.people import change
from antagonist.web.accounts.resealing import TABLES, reseal
from antagonist.web.accounts.second_factor import new_secret, sealed, unsealed
from antagonist.web.app import create_app

BOSS = Actor("head.doctor", "administrator", "command line")
MORE = (More(reseal, TABLES),)


def _renewed(clinic: OpenClinic) -> Renewed:
    """As the command does it, in another process: the app keeps the keys that it has."""
    return renew(clinic.clinic.record, BOSS, "somebody left", MORE)


def _half_set_up(clinic: OpenClinic) -> str:
    """The secret of a second factor that somebody is setting up."""
    clinic.browser("viewer")
    secret = new_secret()
    with changing(clinic.clinic.engine) as connection:
        kept = sealed(connection, clinic.clinic.record.keys, secret)
        here = t.sessions.c.account == clinic.people["viewer"].account
        connection.execute(update(t.sessions).where(here).values(pending=kept))
    return secret


def _kept(clinic: OpenClinic, table: Table, column: str) -> list[Any]:
    with reading(clinic.clinic.engine) as connection:
        query = select(table.c[column]).where(table.c[column].is_not(None))
        return list(connection.execute(query).scalars())


@pytest.mark.usefixtures("easy")
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_code_still_completes_the_session_and_the_old_server_does_nothing(
    backend: str, tmp_path: Path
) -> None:
    with clinic_on(backend, tmp_path) as clinic:
        factor, pending = with_factor(clinic), _half_set_up(clinic)
        patient, browser = clinic.patient(), clinic.browser("second")
        program = clinic.program("prescriber")
        assert look(clinic.clinic.record, MORE)["second factors"] == 1
        old = (*_kept(clinic, t.accounts, "secret"), *_kept(clinic, t.sessions, "pending"))
        done = _renewed(clinic)
        assert done.sealed == {
            "patients": 1, "identifiers": 1,
            "second factors": 1, "second factors being set up": 1,
        }  # fmt: skip
        new = (*_kept(clinic, t.accounts, "secret"), *_kept(clinic, t.sessions, "pending"))
        assert [unsealed(done.record.keys, kept) for kept in new] == [factor.secret, pending]
        for kept in new:
            with pytest.raises(InputError):
                unsealed(clinic.clinic.record.keys, kept)
        assert not set(old) & set(new)

        _refuses(clinic, browser, program, patient, factor)

        app = create_app(clinic.clinic.config, clinic.clock)
        again = OpenClinic(app, app.state.clinic, clinic.clock, clinic.people)
        client = again.nobody()
        assert client.get("/health/ready").status_code == 200
        token = csrf_of(client.get(sign_in(client).headers["location"]))
        data = {"csrf": token, "code": factor.at(clinic.clock.at)}
        answer = client.post("/sign-in/code", data=data)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "Test Anna" in client.get(f"/patients/{patient}").text
        client.close()
        again.clinic.engine.dispose()


def _refuses(
    clinic: OpenClinic, browser: Any, program: TestClient, patient: str, factor: pyotp.TOTP
) -> None:
    """The server that still has the old keys: not ready, no page, no answer, nothing written."""
    before = [_kept(clinic, t.audit, "n"), _kept(clinic, t.accounts, "secret")]
    client = clinic.nobody()
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200
    for path in ("/patients", f"/patients/{patient}"):
        answer = browser.get(path)
        assert answer.status_code == 503
        assert "keys" not in answer.text
    assert browser.post("/patients/new", name="New", system="test", number="9").status_code == 503
    assert program.get(f"/api/v1/patients/{patient}").status_code == 503
    with pytest.raises(OtherKeysError), changing(clinic.clinic.engine) as connection:
        sealed(connection, clinic.clinic.record.keys, new_secret())
    assert before == [_kept(clinic, t.audit, "n"), _kept(clinic, t.accounts, "secret")]
    token = csrf_of(client.get(sign_in(client).headers["location"]))
    data = {"csrf": token, "code": factor.at(clinic.clock.at)}
    assert client.post("/sign-in/code", data=data).status_code == 503


def test_a_second_factor_set_up_meanwhile_is_waited_for(tmp_path: Path) -> None:
    """On SQLite whoever writes is alone; on PostgreSQL a lock sees to it."""
    waiting = "SELECT DISTINCT locktype FROM pg_locks WHERE NOT granted"
    secret = new_secret()
    with clinic_on("postgresql", tmp_path) as clinic, ThreadPoolExecutor(1) as threads:
        record = clinic.clinic.record
        with changing(clinic.clinic.engine) as connection:
            kept = sealed(connection, record.keys, secret)
            change(connection, clinic.people["nurse"], secret=kept)
            renewal = threads.submit(_renewed, clinic)
            while not (found := execute_postgres(waiting)):
                assert not renewal.done()
        assert found == [("advisory",)], "before it reads, not when it cleans up"
        done = renewal.result()
        (after,) = _kept(clinic, t.accounts, "secret")
        assert unsealed(done.record.keys, after) == secret


def test_a_second_factor_that_the_keys_do_not_open_is_refused(own_clinic: OpenClinic) -> None:
    with_factor(own_clinic)
    nurse = own_clinic.people["nurse"].account
    with changing(own_clinic.clinic.engine) as connection:
        here = t.accounts.c.account == nurse
        connection.execute(update(t.accounts).where(here).values(secret=b"x" * 60))
    with pytest.raises(InputError, match=nurse):
        look(own_clinic.clinic.record, MORE)
    with pytest.raises(InputError, match=nurse):
        _renewed(own_clinic)
    assert own_clinic.nobody().get("/health/ready").status_code == 200
