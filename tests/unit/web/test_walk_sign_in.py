"""Every input on the way in is sent what does not belong there: nobody comes in, nobody is made.

A page before sign-in does not say whether the name or the password was wrong, so it names neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient
from tests.support.clinics import PASSWORD, OpenClinic, clinic_on
from tests.support.page_forms import PageForm, page_forms
from tests.support.signing import HERE, WRONG, csrf_of, with_factor

from antagonist.feedback.database import changing, reading
from antagonist.web.accounts import second_factor, sessions
from antagonist.web.accounts import tables as t

NAME = "nobody at all"
CODE = "8 words on a console"
UNSEEN = ("a\x00b", "a\x07b")
# What does not belong in an input, and whether the page may say that it was this one.
NOT: Mapping[str, tuple[str, ...]] = {
    "name": ("", NAME, "x" * 201, *UNSEEN), "password": ("", WRONG, *UNSEEN),
    "again": ("", WRONG, *UNSEEN), "again_name": ("", NAME, *UNSEEN),
    "code": ("", "000000", "٠٠٠٠٠٠", "nan", "1" * 400, *UNSEEN), "again_code": UNSEEN,
}  # fmt: skip
TYPED = {"name": "Director", "password": PASSWORD, "again": PASSWORD}
# Where to afterwards, the form itself, and what is only handed on to be sent once more.
LEADS = {"next", "again_action", "csrf", "key", "family"}


def rows(clinic: OpenClinic) -> list[int]:
    """Accounts with their passwords and second factors, and sessions that are complete."""
    counted = (
        select(func.count(t.accounts.c.account), func.count(t.accounts.c.password)),
        select(func.count(t.accounts.c.secret)), select(func.count(t.accounts.c.activation)),
        select(func.count()).select_from(t.sessions).where(t.sessions.c.complete),
    )  # fmt: skip
    with reading(clinic.clinic.engine) as connection:
        return [n for query in counted for n in connection.execute(query).one()]


def walked(
    clinic: OpenClinic, client: TestClient, form: PageForm, typed: Mapping[str, str],
    but: str = "",
) -> list[str]:  # fmt: skip
    """Send all that does not belong in a form; gives the names that were walked.

    but: a value that is right there.
    """
    before, base = rows(clinic), {**form.data, **typed}
    names = [name for name in form.types if name not in LEADS]
    for name in names:
        for value in NOT[name]:
            if but and value == but:
                continue
            answer = client.post(form.action, data={**base, name: value})
            assert answer.status_code in (401, 422), (name, value, answer.status_code)
            assert rows(clinic) == before, (name, value)
            assert PASSWORD not in answer.text
    return names


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither limits nor the slow hash: both have tests of their own."""
    for name in ("check", "counted"):
        monkeypatch.setattr(f"antagonist.web.accounts.limits.{name}", lambda *_: None)
    monkeypatch.setattr("antagonist.web.accounts.limits.count", lambda *_: [])
    for user in ("entering", "confirming"):
        monkeypatch.setattr(
            f"antagonist.web.{user}.fits", lambda typed, kept: bool(kept) and typed == PASSWORD
        )


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[OpenClinic]:
    """A clinic whose set-up is open as long as it has no administrator."""
    with clinic_on("sqlite", tmp_path, set_up=CODE) as made:
        yield made


def test_set_up_and_activation_make_nobody(clinic: OpenClinic) -> None:
    client = clinic.nobody()
    (activate,) = page_forms(client.get("/activate").text, "/activate")
    assert set(walked(clinic, client, activate, TYPED)) == {"code", "password", "again"}
    with changing(clinic.clinic.engine) as connection:
        connection.execute(t.accounts.delete())
    (set_up,) = page_forms(client.get("/set-up").text, "/set-up")
    names = walked(clinic, client, set_up, {**TYPED, "code": CODE}, but=NAME)
    assert set(names) == {"code", "name", "password", "again"}


def test_nobody_signs_in_with_what_does_not_belong(clinic: OpenClinic) -> None:
    client = clinic.nobody()
    (form,) = page_forms(client.get("/sign-in").text, "/sign-in")
    assert set(walked(clinic, client, form, {**TYPED, "name": "nurse"})) == {"name", "password"}
    ended = client.post("/patients/new", data={"family": "A"}, headers=HERE)
    (again,) = page_forms(ended.text, "/sign-in/again")
    found = walked(clinic, client, again, {"again_name": "nurse", "password": PASSWORD})
    assert set(found) == {"again_name", "password", "again_code"}


def test_no_second_factor_takes_what_does_not_belong(clinic: OpenClinic) -> None:
    engine, now = clinic.clinic.engine, clinic.clinic.now()
    keys = clinic.clinic.record.keys
    with_factor(clinic, "nurse")
    with changing(engine) as connection:
        pending = second_factor.sealed(connection, keys, second_factor.new_secret())
    for who, path, complete, kept in (
        ("nurse", "/sign-in/code", False, None), ("viewer", "/second-factor", True, pending),
    ):  # fmt: skip
        with changing(engine) as connection:
            value, _ = sessions.begin(
                connection, now, clinic.people[who].account, complete=complete, address="test",
                agent="test", pending=kept,
            )  # fmt: skip
        client = clinic.nobody()
        client.cookies.set("antagonist", value, domain="testserver.local")
        page = client.get(path)
        (form,) = page_forms(page.text, path)
        typed = {"csrf": csrf_of(page), "password": PASSWORD}
        assert "code" in walked(clinic, client, form, typed)
