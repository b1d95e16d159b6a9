"""Around signing in: where one is led, what was typed before, language, fields of passwords."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from tests.support.clinics import PASSWORD, OpenClinic, clinic_on, text_of
from tests.support.doors import try_doors
from tests.support.signing import HERE, csrf_of, with_factor

from antagonist.web.entering import own_path


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenClinic]:
    with clinic_on("sqlite", tmp_path_factory.mktemp("sign-in")) as clinic:
        try_doors(clinic.app)
        yield clinic


def test_each_role_begins_where_it_works(tried: OpenClinic) -> None:
    assert tried.browser("administrator").get("/").headers["location"] == "/programme"
    assert tried.nobody().get("/").headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(
    ("given", "led"),
    [
        ("/label", "/label"), ("/patients/7/chart.svg", "/patients/7/chart.svg"), (None, "/"),
        ("", "/"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"), ("/x?y=1", "/"), ("/x\r\nSet-Cookie: a=b", "/"),
        ("/%0d%0aX: y", "/"), ("label", "/"), ("/ü", "/"),
    ],
)  # fmt: skip
def test_nobody_is_led_to_another_host(given: str | None, led: str) -> None:
    assert own_path(given) == led


@pytest.mark.usefixtures("easy")
def test_what_was_typed_is_kept_over_signing_in_again(own_clinic: OpenClinic) -> None:
    try_doors(own_clinic.app)
    factor, browser = with_factor(own_clinic), own_clinic.browser("nurse")
    own_clinic.clock.advance(hours=11)
    typed = {"note": "<b>said «no»</b>", "key": "the same key", "signs[]": ["a", "b"]}
    sent = {"csrf": browser.csrf, "password": "x", **typed}
    answer = browser.client.post("/try/record.write", data=sent, headers=HERE)
    assert answer.status_code == 401
    kept = dict(
        re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', answer.text.split("<footer")[0])
    )
    assert kept == {
        "again_action": "/try/record.write", "note": "&lt;b&gt;said «no»&lt;/b&gt;",
        "key": "the same key", "signs[]": "b",
    }  # fmt: skip
    form = {**typed, "again_action": "/try/record.write", "again_name": "nurse"}
    form["password"] = PASSWORD
    wrong = browser.client.post("/sign-in/again", data=form | {"again_code": "1"}, headers=HERE)
    assert wrong.status_code == 401
    assert "the same key" in wrong.text
    code = factor.at(own_clinic.clinic.now())
    again = browser.client.post("/sign-in/again", data=form | {"again_code": code}, headers=HERE)
    assert again.status_code == 200, text_of(again)
    assert 'action="/try/record.write"' in again.text
    assert PASSWORD not in again.text
    sent = {**typed, "csrf": csrf_of(again)}
    done = browser.client.post("/try/record.write", data=sent, headers=HERE).json()
    assert done["sent"] == {"note": typed["note"], "key": "the same key"}
    assert done["lists"] == {"signs": ["a", "b"]}


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Sec-Fetch-Site": "cross-site"}, 403), ({"Origin": "http://evil.example"}, 403), ({}, 303)],
)
def test_another_sites_form_is_never_kept_to_be_sent(
    tried: OpenClinic, headers: dict[str, str], status: int
) -> None:
    """The cookie does not come with it, so it looks like that of somebody whose session ended."""
    answer = tried.nobody().post("/try/record.write", data={"x": "planted"}, headers=headers)
    assert answer.status_code == status
    assert "planted" not in answer.text


def test_a_page_that_asks_by_itself_is_not_replaced_by_the_sign_in(tried: OpenClinic) -> None:
    answer = tried.nobody().get("/try/own", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-reswap"], answer.text) == (401, "none", "")
    boosted = {"HX-Request": "true", "HX-Boosted": "true"}
    assert tried.nobody().get("/try/own", headers=boosted).status_code == 303


def test_password_fields_are_masked_and_named_for_password_managers(own_clinic: OpenClinic) -> None:
    with_factor(own_clinic, "prescriber")
    pages = [own_clinic.nobody().get(path) for path in ("/sign-in", "/activate")]
    pages.append(own_clinic.browser("prescriber").get("/own"))
    names = {"current-password", "new-password"}
    found = 0
    for page in pages:
        for field in re.findall(r"<input[^>]*>", page.text):
            name = re.search(r'name="([^"]*)"', field)
            if name and name[1] in ("password", "new_password", "again"):
                assert 'type="password"' in field
                told = re.search(r'autocomplete="([^"]*)"', field)
                assert told
                assert told[1] in names
                found += 1
            if name and name[1] == "code" and "/activate" not in str(page.url):
                assert 'autocomplete="one-time-code"' in field
    assert found >= 8


def test_the_language_is_kept_before_and_after_sign_in(own_clinic: OpenClinic) -> None:
    client = own_clinic.nobody()
    assert 'lang="en"' in client.get("/sign-in").text
    russian = {"Accept-Language": "de,ru;q=0.9,en;q=0.1"}
    assert 'lang="ru"' in client.get("/sign-in", headers=russian).text
    answer = client.post("/language", data={"language": "ru", "next": "/activate"})
    assert answer.headers["location"] == "/activate"
    assert '<html lang="ru">' in client.get("/sign-in").text
    assert client.post("/language", data={"language": "xx"}).status_code == 422
    browser = own_clinic.browser("nurse")
    browser.client.post("/language", data={"language": "ru"})
    assert '<html lang="ru">' in own_clinic.browser("nurse").get("/own").text
