"""Accounts on the pages: who may, what a change ends, what stays impossible, what is audited."""

from __future__ import annotations

import re

import pytest
from httpx2 import Response
from tests.support.clinics import PASSWORD, Browser, OpenClinic, text_of

from antagonist.feedback.database import changing, reading
from antagonist.web.accounts.access import give, given
from antagonist.web.accounts.audit import Entry, Filter, entries
from antagonist.web.accounts.people import by_id, by_name, change

NEW = {"role": "nurse", "language": "en", "sees": "all", "password": PASSWORD}


def lines_of(clinic: OpenClinic, action: str) -> list[Entry]:
    """Lines of the audit, newest first."""
    with reading(clinic.clinic.engine) as connection:
        return entries(connection, Filter(action=action), 50)


def code_in(response: Response) -> str:
    """The activation code that a page shows."""
    found = re.search(r"<code>([\w-]{20,})</code>", response.text)
    assert found, text_of(response)
    return found.group(1)


@pytest.mark.parametrize("who", ["viewer", "nurse", "prescriber"])
def test_only_administrators_manage_accounts(clinic: OpenClinic, who: str) -> None:
    browser, account = clinic.browser(who), clinic.people["nurse"].account
    assert browser.get("/accounts").status_code == 403
    assert browser.post("/accounts/new", name="eve", **NEW).status_code == 403
    assert browser.post(f"/accounts/{account}/disable", password=PASSWORD).status_code == 403


def test_a_new_account_is_activated_by_the_code_shown_once(own_clinic: OpenClinic) -> None:
    clinic, browser = own_clinic, own_clinic.browser("administrator")
    made = browser.post("/accounts/new", name="Eva", shown="Eva Novak", **NEW)
    assert made.status_code == 200
    code = code_in(made)
    assert code not in browser.get("/accounts").text
    assert "waits for its activation" in text_of(browser.get("/accounts"))
    sent = {"code": code, "password": "quite new words here", "again": "quite new words here"}
    assert clinic.nobody().post("/activate", data=sent).status_code == 303
    with reading(clinic.clinic.engine) as connection:
        account = by_name(connection, "eva")
    assert account is not None
    assert account.password is not None
    (line,) = lines_of(clinic, "accounts.created")
    assert '"account_of": "eva"' in line.detail
    assert code not in line.detail


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "nurse"}, "name"),
        ({"name": "x", "role": "chief"}, "role"),
        ({"name": "x", "password": "wrong"}, "password"),
        ({"name": "x", "sees": "some", "patients": "card 404"}, "patients"),
        ({"name": "x", "timezone": "Mars/Olympus"}, "timezone"),
    ],
)
def test_a_wrong_answer_is_named_and_nobody_is_made(
    clinic: OpenClinic, fields: dict[str, str], field: str
) -> None:
    response = clinic.browser("administrator").post("/accounts/new", **{**NEW, **fields})
    assert response.status_code == 422
    assert f'href="#f-{field}"' in response.text
    with reading(clinic.clinic.engine) as connection:
        assert by_name(connection, "x") is None


def test_a_closed_account_is_refused_at_the_next_request(own_clinic: OpenClinic) -> None:
    clinic, nurse = own_clinic, own_clinic.people["nurse"].account
    theirs, program = clinic.browser("nurse"), clinic.program("nurse")
    assert theirs.get("/label").status_code == 200
    assert program.get("/api/v1/label/jurisdictions").status_code == 200
    admin = clinic.browser("administrator")
    assert admin.post(f"/accounts/{nurse}/disable", password="wrong").status_code == 422
    assert theirs.get("/label").status_code == 200
    assert admin.post(f"/accounts/{nurse}/disable", password=PASSWORD).status_code == 303
    assert theirs.get("/label").status_code == 303
    assert program.get("/api/v1/label/jurisdictions").status_code == 401
    assert admin.post(f"/accounts/{nurse}/enable", password=PASSWORD).status_code == 303
    # what ended stays ended
    assert theirs.get("/label").status_code == 303
    assert program.get("/api/v1/label/jurisdictions").status_code == 401
    assert len(lines_of(clinic, "accounts.disabled")) == 1


def changed(browser: Browser, account: str, **fields: str) -> Response:
    """Change an account by its form."""
    sent = {"shown": "S", "role": "nurse", "language": "en", "password": PASSWORD, **fields}
    return browser.post(f"/accounts/{account}/change", **sent)


def test_another_role_ends_sessions_and_says_what_changed(own_clinic: OpenClinic) -> None:
    clinic, nurse = own_clinic, own_clinic.people["nurse"].account
    theirs, admin = clinic.browser("nurse"), own_clinic.browser("administrator")
    assert changed(admin, nurse, shown="Another").status_code == 303
    assert theirs.get("/label").status_code == 200
    assert changed(admin, nurse, role="viewer", shown="Another").status_code == 303
    assert theirs.get("/label").status_code == 303
    assert '"role": "nurse -> viewer"' in lines_of(clinic, "accounts.changed")[0].detail


def test_the_last_administrator_stays(own_clinic: OpenClinic) -> None:
    clinic, own = own_clinic, own_clinic.people["administrator"].account
    admin = clinic.browser("administrator")
    assert admin.post(f"/accounts/{own}/disable", password=PASSWORD).status_code == 422
    assert changed(admin, own, role="viewer").status_code == 422
    with reading(clinic.clinic.engine) as connection:
        found = by_id(connection, own)
    assert found is not None
    assert (found.role, found.disabled) == ("administrator", False)


def test_a_second_factor_is_reset_only_for_somebody_seen(own_clinic: OpenClinic) -> None:
    clinic, nurse = own_clinic, own_clinic.people["nurse"]
    with changing(clinic.clinic.engine) as connection:
        change(connection, nurse, secret=b"sealed")
    admin, path = clinic.browser("administrator"), f"/accounts/{nurse.account}/factor"
    assert admin.post(path, password=PASSWORD).status_code == 422
    assert admin.post(path, password=PASSWORD, seen="yes").status_code == 303
    with reading(clinic.clinic.engine) as connection:
        found = by_id(connection, nurse.account)
    assert found is not None
    assert found.secret is None
    own = clinic.people["administrator"].account
    refused = admin.post(f"/accounts/{own}/factor", password=PASSWORD, seen="yes")
    assert refused.status_code == 422


def test_patients_are_given_by_identifier_and_taken_again(own_clinic: OpenClinic) -> None:
    clinic, nurse = own_clinic, own_clinic.people["nurse"]
    anna, boris = clinic.patient("Anna", "1"), clinic.patient("Boris", "2")
    admin, path = clinic.browser("administrator"), f"/accounts/{nurse.account}/patients"
    assert admin.post(path, sees="some", patients="test 1", password=PASSWORD).status_code == 303
    with reading(clinic.clinic.engine) as connection:
        found = by_id(connection, nurse.account)
        assert found is not None
        assert given(connection, found) == frozenset({anna})
    assert admin.post(path, sees="some", patients=boris, password=PASSWORD).status_code == 303
    with reading(clinic.clinic.engine) as connection:
        assert given(connection, found) == frozenset({boris})
    assert [line.patient for line in lines_of(clinic, "accounts.patient-taken")] == [anna]
    shown = admin.get(f"/accounts/{nurse.account}").text
    assert boris in shown
    assert "Boris" not in shown


def test_sessions_of_one_account_end(own_clinic: OpenClinic) -> None:
    clinic, nurse = own_clinic, own_clinic.people["nurse"].account
    theirs, others = clinic.browser("nurse"), clinic.browser("prescriber")
    admin = clinic.browser("administrator")
    assert admin.post(f"/accounts/{nurse}/sessions", session="", password=PASSWORD).is_redirect
    assert theirs.get("/label").status_code == 303
    assert others.get("/label").status_code == 200


def test_programs_may_list_accounts_and_not_change_them(clinic: OpenClinic) -> None:
    found = clinic.program("administrator").get("/api/v1/accounts")
    assert found.status_code == 200
    assert {"nurse", "viewer"} <= {each["name"] for each in found.json()}
    assert "password" not in found.text
    assert clinic.program("administrator").post("/api/v1/accounts", json={}).status_code == 405
    assert clinic.program("prescriber").get("/api/v1/accounts").status_code == 403


def test_an_unknown_account_is_not_found(clinic: OpenClinic) -> None:
    assert clinic.browser("administrator").get("/accounts/nobody").status_code == 404


def test_whoever_sees_some_patients_sees_no_programme(own_clinic: OpenClinic) -> None:
    clinic, person = own_clinic, own_clinic.people["prescriber"]
    with changing(clinic.clinic.engine) as connection:
        give(connection, change(connection, person, every_patient=False).account, [])
    assert clinic.browser("prescriber").get("/programme").status_code == 403
    assert clinic.program("prescriber").get("/api/v1/programme").status_code == 403
    assert lines_of(clinic, "programme.read")[0].outcome == "refused"


def test_every_role_is_named_in_russian(clinic: OpenClinic) -> None:
    clinic.reads("administrator", "ru")
    said = text_of(clinic.browser("administrator").get("/accounts"))
    clinic.reads("administrator", "en")
    for role in ("наблюдатель", "медсестра", "врач", "администратор"):
        assert f" {role} " in said
