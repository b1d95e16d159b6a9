"""One's own account: nothing weighty happens without being asked again who it is."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from tests.support.clinics import PASSWORD, Browser, OpenClinic, text_of
from tests.support.doors import try_doors
from tests.support.signing import WRONG, lines, sign_in, with_factor

from antagonist.feedback.database import reading
from antagonist.web.accounts import sessions, tokens
from antagonist.web.accounts.people import by_name

NEW = "another four words by her"
pytestmark = pytest.mark.usefixtures("easy")


def sessions_of(clinic: OpenClinic, who: str = "nurse") -> list[sessions.Session]:
    with reading(clinic.clinic.engine) as connection:
        return sessions.of_account(connection, clinic.people[who].account)


def tokens_of(clinic: OpenClinic, who: str = "nurse") -> list[tokens.Token]:
    with reading(clinic.clinic.engine) as connection:
        return tokens.of_account(connection, clinic.people[who].account)


def test_a_password_is_changed_with_the_present_one_and_ends_other_sessions(
    own_clinic: OpenClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    browser, other = own_clinic.browser("nurse"), own_clinic.browser("nurse")
    fields = {"password": PASSWORD, "new_password": NEW, "again": NEW}
    for wrong, field in (
        ({"password": WRONG}, "password"),
        ({"again": NEW + " "}, "again"),
        ({"new_password": "short", "again": "short"}, "new_password"),
    ):
        answer = browser.post("/own/password", **(fields | wrong))
        assert answer.status_code == 422
        assert f'href="#f-{field}"' in answer.text
        for typed in (PASSWORD, NEW, WRONG, "short"):
            assert typed not in answer.text
    assert other.get("/own").status_code == 200
    assert browser.post("/own/password", **fields).status_code == 303
    assert lines(own_clinic)[0] == ("own.password", "allowed", "nurse")
    assert browser.get("/own").status_code == 200
    assert other.get("/own").status_code == 303
    assert sign_in(own_clinic.nobody()).status_code == 401
    assert sign_in(own_clinic.nobody(), password=NEW).status_code == 303


WEIGHTY: dict[str, dict[str, Any]] = {
    "/own/password": {"new_password": NEW, "again": NEW},
    "/own/sessions": {},
    "/own/tokens": {"label": "laboratory", "days": "30"},
    "/second-factor/remove": {},
}


@pytest.mark.parametrize("path", WEIGHTY)
def test_nothing_weighty_without_the_password(own_clinic: OpenClinic, path: str) -> None:
    factor, browser = with_factor(own_clinic), own_clinic.browser("nurse")
    before = own_clinic.browser("nurse").client.cookies["antagonist"]
    code = factor.at(own_clinic.clinic.now())
    for password in ("", WRONG):
        answer = browser.post(path, **WEIGHTY[path], password=password, code=code)
        assert answer.status_code == 422
        assert lines(own_clinic) == [("confirm", "refused", "nurse")]
    answers = [browser.post(path, password=WRONG, code=code).status_code for _ in range(7)]
    assert answers == [422] * 6 + [429], "guessing is limited"
    assert len(sessions_of(own_clinic)) == 2
    assert before
    assert not tokens_of(own_clinic)


@pytest.mark.parametrize("path", ["/own/tokens", "/second-factor/remove"])
def test_ways_in_change_with_the_code_too(own_clinic: OpenClinic, path: str) -> None:
    factor, browser = with_factor(own_clinic), own_clinic.browser("nurse")
    fields = WEIGHTY[path] | {"password": PASSWORD}
    answers = [browser.post(path, **fields, code="1").status_code for _ in range(9)]
    assert answers == [422] * 8 + [429], "guessing is limited"
    own_clinic.clock.advance(minutes=16)
    code = factor.at(own_clinic.clinic.now())
    assert browser.post(path, **fields, code=code).status_code in (200, 303)
    assert browser.post(path, **fields, code=code).status_code == 422 or "remove" in path


def test_being_asked_again_renews_the_session(own_clinic: OpenClinic) -> None:
    browser = own_clinic.browser("nurse")
    before = browser.client.cookies["antagonist"]
    assert browser.post("/own/sessions", password=PASSWORD).status_code == 303
    assert browser.client.cookies["antagonist"] != before
    assert browser.get("/own").status_code == 200
    old = own_clinic.nobody()
    old.cookies.set("antagonist", before)
    assert old.get("/own").status_code == 303
    assert len(sessions_of(own_clinic)) == 1


def test_one_session_or_all_others_are_ended(own_clinic: OpenClinic) -> None:
    browser = own_clinic.browser("nurse")
    others = [own_clinic.browser("nurse") for _ in range(3)]
    [stranger] = [one for one in sessions_of(own_clinic) if one.csrf == others[0].csrf]
    foreign = own_clinic.browser("viewer")
    theirs = sessions_of(own_clinic, "viewer")[0]
    browser.post("/own/sessions", password=PASSWORD, session=theirs.session)
    assert foreign.get("/own").status_code == 200, "another's session is not one's to end"
    browser.post("/own/sessions", password=PASSWORD, session=stranger.session)
    assert len(sessions_of(own_clinic)) == 3
    browser.post("/own/sessions", password=PASSWORD)
    assert len(sessions_of(own_clinic)) == 1
    assert [each.get("/own").status_code for each in others] == [303] * 3
    assert browser.get("/own").status_code == 200


def test_a_token_is_shown_once_and_taken_back(own_clinic: OpenClinic) -> None:
    try_doors(own_clinic.app)
    browser = own_clinic.browser("nurse")
    for wrong in ({"days": "91"}, {"days": "0"}, {"days": "-1"}, {"days": "x"}, {"label": ""}):
        fields = {"password": PASSWORD, "label": "laboratory", "days": "90", **wrong}
        assert browser.post("/own/tokens", **fields).status_code == 422
    page = browser.post("/own/tokens", password=PASSWORD, label="laboratory", days="90")
    value = page.text.split("<code>")[1].split("</code>")[0]
    assert value not in browser.get("/own").text
    program = own_clinic.nobody()
    program.headers["Authorization"] = f"Bearer {value}"
    assert program.get("/api/v1/try/own").json() == {"name": "nurse"}
    bare = own_clinic.nobody()
    assert bare.get("/api/v1/try/own", params={"token": value}).status_code == 401
    [kept] = tokens_of(own_clinic)
    own_clinic.browser("viewer").post("/own/tokens/revoke", token=kept.token)
    assert program.get("/api/v1/try/own").status_code == 200, "another's token is not one's to end"
    browser.post("/own/tokens/revoke", token=kept.token)
    assert program.get("/api/v1/try/own").status_code == 401


def begun(browser: Browser) -> str:
    """The secret of a second factor that is being set up."""
    assert browser.post("/second-factor/begin").status_code == 303
    page = browser.get("/second-factor")
    assert browser.get("/second-factor/picture.png").content.startswith(b"\x89PNG")
    return page.text.split("<code>")[1].split("</code>")[0]


def test_a_second_factor_is_set_up_from_a_secret_that_no_form_carries(
    own_clinic: OpenClinic,
) -> None:
    browser, other = own_clinic.browser("nurse"), own_clinic.browser("nurse")
    assert browser.get("/second-factor/picture.png").status_code == 404
    secret = begun(browser)
    assert secret == browser.get("/second-factor").text.split("<code>")[1].split("</code>")[0]
    assert f'value="{secret}"' not in browser.get("/second-factor").text
    [kept] = [one.pending for one in sessions_of(own_clinic) if one.pending]
    assert secret.encode() not in kept
    code = pyotp.TOTP(secret).at(own_clinic.clinic.now())
    planted = pyotp.random_base32()
    theirs = pyotp.TOTP(planted).at(own_clinic.clinic.now())
    for fields in (
        {"password": WRONG, "code": code},
        {"password": PASSWORD, "code": ""},
        {"password": PASSWORD, "code": theirs, "secret": planted},
    ):
        answer = browser.post("/second-factor", **fields)
        assert answer.status_code == 422
        assert secret in text_of(answer), "the same secret, for another try"
    assert other.post("/second-factor", password=PASSWORD, code=code).status_code == 303
    assert browser.post("/second-factor", password=PASSWORD, code=code).status_code == 303
    assert lines(own_clinic) == [("own.second-factor", "allowed", "nurse")]
    assert browser.get("/own").status_code == 200
    assert other.get("/own").status_code == 303, "other sessions end"
    for path in ("/second-factor", "/second-factor/picture.png"):
        assert browser.get(path).status_code == 404, "the secret is shown no more"
    # the code that set it up opens nothing
    client = own_clinic.nobody()
    assert sign_in(client).headers["location"].startswith("/sign-in/code")


def test_a_second_factor_goes_with_password_and_code(own_clinic: OpenClinic) -> None:
    factor, browser = with_factor(own_clinic), own_clinic.browser("nurse")
    other = own_clinic.browser("nurse")
    code = factor.at(own_clinic.clinic.now())
    assert browser.post("/second-factor/begin").status_code == 404
    assert browser.post("/second-factor/remove", password=PASSWORD, code=code).status_code == 303
    with reading(own_clinic.clinic.engine) as connection:
        kept = by_name(connection, "nurse")
    assert kept is not None
    assert kept.secret is None
    assert other.get("/own").status_code == 303


@pytest.mark.parametrize(
    "fields", [{"language": "xx"}, {"language": ""}, {"language": "ru", "timezone": "Mars/Base"}]
)
def test_language_and_zone_are_ones_that_there_are(
    own_clinic: OpenClinic, fields: dict[str, str]
) -> None:
    assert own_clinic.browser("nurse").post("/own/reading", **fields).status_code == 422


def test_what_one_reads_is_in_ones_language_and_zone(own_clinic: OpenClinic) -> None:
    browser = own_clinic.browser("nurse")
    fields = {"language": "ru", "timezone": "Asia/Novosibirsk"}
    assert browser.post("/own/reading", **fields).status_code == 303
    page = browser.get("/own")
    assert '<html lang="ru">' in page.text
    assert "Часовой пояс: Asia/Novosibirsk" in text_of(page)
    assert browser.post("/own/password", password="").status_code == 422
    assert "Действующий пароль" in text_of(browser.post("/own/sessions", password=""))
