"""The demo clinic in a real browser: one server and one Chromium for all tests here."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright
from tests.support.servers import Server, served

CHROMIUM = shutil.which("chromium")
DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
SignedIn = Callable[..., Page]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """``antagonist serve`` as a newcomer starts it, in a folder of its own."""
    folder = tmp_path_factory.mktemp("served")
    with served(folder, "--demo", str(folder / "demo"), "--timezone", "Europe/Moscow") as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip("no chromium: make test-deps")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def sign_in(page: Page, server: Server, who: str) -> None:
    """Sign in as one of the demo's people, by the form."""
    page.goto("/sign-in")
    page.fill('input[name="name"]', who)
    page.fill('input[name="password"]', server.passwords[who])
    page.click("main form button")
    page.wait_for_url("**/*")


@pytest.fixture
def browse(server: Server, chromium: Browser) -> Iterator[SignedIn]:
    """A signed-in page: ``browse(who, language, size)``; an error in its console is a failure."""
    opened: list[tuple[BrowserContext, list[str]]] = []

    def begin(who: str, language: str = "en", size: ViewportSize | None = None) -> Page:
        context = chromium.new_context(
            base_url=server.address,
            locale=language,
            viewport=size or DESKTOP,
            timezone_id="Europe/Moscow",
        )
        page, errors = context.new_page(), list[str]()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: errors.append(message.text) if message.type == "error" else None,
        )
        opened.append((context, errors))
        sign_in(page, server, who)
        page.locator(f'button[name="language"][value="{language}"]').click()
        page.wait_for_selector(f'html[lang="{language}"]')
        return page

    yield begin
    for context, errors in opened:
        context.close()
        assert not errors
