"""What stays in a browser: nothing after the time without use, nothing after signing out."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from tests.e2e.browser.conftest import SignedIn
from tests.support.servers import Server

PATIENTS = "/patients"


def left_alone(page: Page) -> None:
    """The time without use goes by, and the server cannot be reached."""
    page.context.set_offline(True)
    page.clock.fast_forward("31:00")
    page.wait_for_function("document.title === 'Antagonist'")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_page_left_open_empties_itself_without_the_server(
    browse: SignedIn, language: str
) -> None:
    page = browse("demo.nurse", language)
    page.clock.install()
    page.goto(PATIENTS)
    name = page.locator("main a").first.inner_text().strip()
    assert name
    left_alone(page)
    assert name not in page.content()
    assert page.locator("main a").get_attribute("href") == "/sign-in"
    assert page.locator("header nav").count() == 0


def test_what_was_typed_is_hidden_and_then_goes_on(browse: SignedIn) -> None:
    page = browse("demo.nurse")
    page.clock.install()
    page.goto("/own")
    page.select_option("#f-timezone", "Asia/Omsk")
    left_alone(page)
    assert not page.locator("#f-timezone").is_visible()
    assert "demo.nurse" not in page.inner_text("body")
    page.context.set_offline(False)
    page.locator("main > button").click()
    # the session had not ended on the server, so the form was taken
    page.wait_for_selector("#f-timezone")
    assert page.locator("#f-timezone").input_value() == "Asia/Omsk"


def test_nothing_is_kept_and_nothing_is_asked_of_others(browse: SignedIn, server: Server) -> None:
    page = browse("demo.nurse")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/today", PATIENTS, "/label", "/own"):
        page.goto(path)
    page.goto(PATIENTS)
    page.locator("main a").first.click()
    page.wait_for_load_state()
    assert len(asked) > 5
    assert not [url for url in asked if not url.startswith((server.address, "data:"))]
    kept = "[Object.keys(localStorage), Object.keys(sessionStorage), document.cookie]"
    # htmx keeps the path of the page before, in which no name stands
    local, session, cookies = page.evaluate(kept)
    assert (local, cookies) == ([], "")
    assert set(session) <= {"htmx-current-path-for-history"}
    assert page.evaluate("indexedDB.databases().then(found => found.length)") == 0
    page.locator(".who form button").click()
    page.wait_for_url("**/sign-in")
    assert [each["name"] for each in page.context.cookies()] == []
    page.go_back()
    page.wait_for_load_state()
    assert "/sign-in" in page.url
