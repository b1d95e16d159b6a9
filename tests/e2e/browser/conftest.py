"""The demo clinic in a real browser: one server and one Chromium for all tests here."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    StorageState,
    ViewportSize,
    sync_playwright,
)
from tests.e2e.browser.twins import Twins
from tests.support.servers import Server, served

CHROMIUM = shutil.which("chromium")
DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
ZONE = "Europe/Moscow"
PATIENCE_MS = 20_000
SignedIn = Callable[..., Page]
# What the browser itself says of an answer that a test asks for: a conflict, a wrong field, no net.
EXPECTED = ("status of 401", "status of 409", "status of 422", "INTERNET_DISCONNECTED", "htmx:")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the demo clinic."""
    return tmp_path_factory.mktemp("served") / "demo"


@pytest.fixture(scope="session")
def server(demo: Path) -> Iterator[Server]:
    """``antagonist serve`` as a newcomer starts it, in a folder of its own."""
    with served(demo.parent, "--demo", str(demo), "--timezone", ZONE) as found:
        yield found


@pytest.fixture(scope="session")
def twins(server: Server, demo: Path) -> Twins:
    """More patients with the stories of the demo's, so that no test needs another's leavings."""
    assert server.passwords  # the demo is made
    return Twins(demo, ZONE)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip("no chromium: make test-deps")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def sign_in(page: Page, who: str, password: str) -> None:
    """Sign in by the form."""
    page.goto("/sign-in")
    page.fill('input[name="name"]', who)
    page.fill('input[name="password"]', password)
    page.click("main form button")


def read_in(page: Page, language: str) -> None:
    """Choose a language by the page's own buttons."""
    page.locator(f'button[name="language"][value="{language}"]').click()
    page.wait_for_selector(f'html[lang="{language}"]')


def errors_of(page: Page) -> list[str]:
    """What the page's console calls an error, from now on."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda said: errors.append(said.text) if said.type == "error" else None,
    )
    return errors


def surprising(errors: list[str]) -> list[str]:
    """Errors of a console that no test asks for."""
    return [text for text in errors if not any(known in text for known in EXPECTED)]


@dataclass
class Visitors:
    """Contexts of signed-in people; each signs in once, and later ones go on with the session."""

    chromium: Browser
    server: Server
    kept: dict[str, StorageState] = field(default_factory=dict)

    def page(
        self, who: str, language: str = "en", size: ViewportSize | None = None, **how: Any
    ) -> Page:
        """A page on which somebody is signed in. how: of Playwright's context."""
        page = self.context(language, size, storage_state=self.kept.get(who), **how).new_page()
        page.goto("/own")
        if "/sign-in" in page.url:
            sign_in(page, who, self.server.passwords[who])
            page.wait_for_url(lambda url: "/sign-in" not in url)
            page.goto("/own")
            self.kept[who] = page.context.storage_state()
        read_in(page, language)
        return page

    def context(
        self, language: str, size: ViewportSize | None = None, **how: Any
    ) -> BrowserContext:
        """A browser in which nobody is signed in."""
        made = self.chromium.new_context(
            base_url=self.server.address,
            locale=language,
            viewport=size or DESKTOP,
            timezone_id=ZONE,
            **how,
        )
        made.set_default_timeout(PATIENCE_MS)
        return made


@pytest.fixture(scope="session")
def visitors(server: Server, chromium: Browser) -> Visitors:
    """Everybody's sessions."""
    return Visitors(chromium, server)


@pytest.fixture
def browse(visitors: Visitors) -> Iterator[SignedIn]:
    """A signed-in page: ``browse(who, language, size)``; an error in its console is a failure."""
    opened: list[tuple[BrowserContext, list[str]]] = []

    def begin(who: str, language: str = "en", size: ViewportSize | None = None, **how: Any) -> Page:
        page = visitors.page(who, language, size, **how)
        opened.append((page.context, errors_of(page)))
        return page

    yield begin
    for context, errors in opened:
        context.close()
        assert not surprising(errors)
