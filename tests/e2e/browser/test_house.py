"""The house around treatment: programme, label, accounts with a second factor, audit, first run."""

from __future__ import annotations

import re
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.browser.conftest import PHONE, ZONE, SignedIn, Visitors, read_in, sign_in
from tests.e2e.browser.looking import barriers, failings
from tests.e2e.browser.places import ADMIN, DOCTOR, patients
from tests.support.servers import Server, served

BOTH = pytest.mark.parametrize("language", ["en", "ru"])
PASSWORD = "four words that nobody guesses"


@BOTH
def test_the_programme_is_computed(browse: SignedIn, language: str) -> None:
    page = browse(DOCTOR, language, PHONE)
    page.goto("/programme")
    page.click("form[action='/programme/run'] button")
    section = page.locator("#alarms")
    section.wait_for(timeout=60_000)
    assert page.locator("main nav a[href='#overrides']").count() == 1


@BOTH
def test_the_label_is_browsed(browse: SignedIn, language: str) -> None:
    page = browse(DOCTOR, language, PHONE)
    page.goto("/label")
    every = page.locator("main .lines > li").count()
    page.select_option("#f-whose", "ru_oral")
    page.click("form[role='search'] button")
    page.wait_for_url("**whose=ru_oral**")
    assert 0 < page.locator("main .lines > li").count() < every
    page.locator("a[href^='/label/rules/']").first.click()
    page.wait_for_url("**/label/rules/*")
    assert page.locator("main table tbody tr").count() > 0


@BOTH
def test_accounts(browse: SignedIn, visitors: Visitors, server: Server, language: str) -> None:
    name = f"new.nurse.{language}"
    admin = browse(ADMIN, language)
    admin.goto("/accounts/new")
    admin.fill("#f-name", name)
    admin.select_option("#f-role", "nurse")
    admin.select_option("#f-language", language)
    admin.fill("form[action='/accounts/new'] [name='password']", server.passwords[ADMIN])
    admin.click("form[action='/accounts/new'] button")
    code = admin.locator("main .done code, main .note code").first.inner_text()
    context = visitors.context(language, PHONE)
    page = context.new_page()
    page.goto("/activate")
    for field, text in (("code", code), ("password", PASSWORD), ("again", PASSWORD)):
        page.fill(f"#f-{field}", text)
    page.click("main form button")
    page.wait_for_url("**/sign-in")
    sign_in(page, name, PASSWORD)
    page.wait_for_url("**/today")
    _second_factor(page, name, language)
    context.close()
    admin.goto(f"/audit?name={name}")
    expect(admin.locator("main table")).to_contain_text("patient.read")


def _second_factor(page: Page, name: str, language: str) -> None:
    """Set it up, read a patient, and come back with a code."""
    page.goto("/second-factor")
    page.click("main form button")
    secret = page.locator("main code").inner_text().replace(" ", "")
    one_time = pyotp.TOTP(secret)
    page.fill("#f-password", PASSWORD)
    page.fill("#f-code", one_time.now())
    page.click("form[action='/second-factor'] button")
    page.wait_for_url("**/today")
    page.goto(next(iter(patients(page).values())))
    page.locator(".who form button").click()
    page.wait_for_url("**/sign-in")
    sign_in(page, name, PASSWORD)
    page.wait_for_url("**/sign-in/code**")
    assert failings(page, language) + barriers(page) == []
    page.fill("#f-code", "000000")
    page.click("main form button")
    expect(page.locator(".errors")).to_be_visible()


def test_first_run(chromium: Browser, tmp_path: Path) -> None:
    """A clinic of one's own: the printed code makes the first administrator."""
    options = (
        "--database",
        f"sqlite:///{tmp_path / 'own.db'}",
        "--keys",
        str(tmp_path / "own.keys"),
    )
    with served(tmp_path, *options, "--timezone", ZONE) as own:
        context = chromium.new_context(base_url=own.address, viewport=PHONE, locale="en")
        page = context.new_page()
        page.goto("/")
        page.wait_for_url("**/set-up")
        for language in ("ru", "en"):
            read_in(page, language)
            assert failings(page, language) + barriers(page) == []
        code = re.search(r"code: (\S+)", own.said)
        assert code is not None
        for field, text in (
            ("code", code[1]),
            ("name", "first"),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ):
            page.fill(f"#f-{field}", text)
        page.click("main form button")
        page.wait_for_url("**/sign-in")
        sign_in(page, "first", PASSWORD)
        page.wait_for_url("**/second-factor**")
        context.close()
