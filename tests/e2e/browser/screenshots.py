"""The pictures of the tutorial: ``python -m tests.e2e.browser.screenshots docs/img/clinic``.

A demo clinic is served for them, followed as the tutorial tells, and left behind.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize, sync_playwright
from tests.e2e.browser.conftest import CHROMIUM, DESKTOP, PHONE, ZONE, Visitors
from tests.e2e.browser.places import DOCTOR, NURSE, SECOND, patients
from tests.e2e.browser.twins import Twins
from tests.support.servers import served

COLOURS = 64  # of a picture: flat colours and text stay as they are
TABLET, INJECTION = "naltrexone-ru-mez-tablet-50", "vivitrol-ru-380"
WAIT_MS = 60_000


@dataclass(frozen=True)
class Album:
    """folder: takes the pictures. people: pages of the demo's patients by name."""

    folder: Path
    visitors: Visitors
    twins: Twins
    people: dict[str, str]

    @contextmanager
    def open(self, who: str, language: str, size: ViewportSize) -> Iterator[Page]:
        """A page on which somebody is signed in."""
        page = self.visitors.page(who, language, size)
        yield page
        page.context.close()

    def take(self, page: Page, name: str, top: Locator | None = None) -> None:
        """What the window shows, from something on downwards."""
        if top is not None:
            top.evaluate(
                "one => window.scrollTo(0, one.getBoundingClientRect().top + scrollY - 16)"
            )
        taken = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
        small = taken.quantize(COLOURS, dither=Image.Dither.NONE)
        small.save(self.folder / f"{name}.png", optimize=True)


def today(album: Album, language: str) -> None:
    """The list of today."""
    size = DESKTOP if language == "en" else PHONE
    with album.open(NURSE, language, size) as page:
        page.goto("/today")
        album.take(page, f"today-{language}")


def chart(album: Album, language: str) -> None:
    """Anna's page, its chart and a what-if."""
    size = DESKTOP if language == "en" else PHONE
    with album.open(DOCTOR, language, size) as page:
        page.goto(album.people["Anna"])
        page.locator(".chart-pad").wait_for()
        album.take(page, f"patient-{language}")
        page.check("input[name='nothing_more']")
        page.locator("[data-result] p").first.wait_for()
        page.locator(".chart-zoom button").first.click()
        album.take(page, f"what-if-{language}", page.locator("#s-chart"))


def dose(album: Album, language: str) -> None:
    """Recording a dose on a phone."""
    with album.open(NURSE, language, PHONE) as page:
        page.goto(f"{album.people['Anna']}/record/dose")
        album.take(page, f"dose-{language}")


def challenge(album: Album, language: str) -> None:
    """The test under way."""
    with album.open(DOCTOR, language, PHONE if language == "ru" else DESKTOP) as page:
        page.goto(f"/patients/{album.twins.of('kira')}/challenge")
        page.select_option("#f-product", TABLET)
        page.click("main form button")
        page.wait_for_url("**/challenge/*")
        for kind in ("baseline", "given"):
            page.locator(f"form:has(input[value='{kind}']) button").click()
            page.locator(f"form:has(input[value='{kind}'])").wait_for(state="detached")
        album.take(page, f"challenge-{language}", page.locator("h1"))


def plan(album: Album, language: str) -> None:
    """Regimens side by side, and the plan that was made."""
    with album.open(DOCTOR, language, DESKTOP) as page:
        page.goto(f"/patients/{album.twins.of('kira', 'challenge_passed')}/plan/new")
        page.select_option("#f-what", TABLET)
        page.click("main form button")
        page.locator("table.options tbody tr").first.wait_for(timeout=WAIT_MS)
        album.take(page, f"regimens-{language}")
        page.locator("tr:has(.badge.allowed, .badge.caution) form button").first.click()
        page.locator("form:has([name='reviewed'])").wait_for()
        if page.locator("#f-acknowledged").count():
            page.check("#f-acknowledged")
        page.locator("form:has([name='reviewed']) button").click()
        page.locator("a[href$='/plan.pdf']").wait_for()
        album.take(page, f"plan-{language}")


def situation(album: Album, language: str) -> None:
    """A late injection in English, an operation in Russian."""
    who, kind = ("Gleb", "late_injection") if language == "en" else ("Dina", "surgery")
    with album.open(NURSE, language, DESKTOP) as page:
        page.goto(f"{album.people[who]}/situation")
        page.locator(f"form:has(input[value='{kind}']) button").click()
        page.wait_for_url("**/situation/*")
        album.take(page, f"{kind.replace('_', '-')}-{language}")


def second_opinion(album: Album, language: str) -> None:
    """What the second prescriber sees of Maria."""
    with album.open(DOCTOR, language, DESKTOP) as page:
        page.goto(f"{album.people['Maria']}/screening")
        page.locator("details summary").first.click()
        page.check(f"input[value='{INJECTION}']")
        page.click("main form button")
        page.wait_for_url("**/decisions/*")
        reason = "An obstetrician agrees." if language == "en" else "Акушер-гинеколог согласен."
        page.fill("#f-reason", reason)
        page.click("form[action$='/override'] button")
        page.locator("a[href^='/approvals/']").wait_for()
        address = str(page.locator("a[href^='/approvals/']").get_attribute("href"))
    with album.open(SECOND, language, PHONE) as page:
        page.goto(address)
        album.take(page, f"second-opinion-{language}")


def programme(album: Album, language: str) -> None:
    """The programme's figures."""
    with album.open(DOCTOR, language, DESKTOP) as page:
        page.goto("/programme")
        page.click("form[action='/programme/run'] button")
        # figures of an earlier run stand there meanwhile
        page.locator("#programme-bar").wait_for(state="detached", timeout=WAIT_MS)
        page.locator("#alarms").wait_for(timeout=WAIT_MS)
        album.take(page, f"programme-{language}", page.locator("h1"))


def label(album: Album, language: str) -> None:
    """The label's rules."""
    with album.open(DOCTOR, language, DESKTOP) as page:
        page.goto("/label")
        album.take(page, f"label-{language}")


# those that show the whole clinic come before those that bring patients of their own
EVERY: tuple[Callable[[Album, str], None], ...] = (
    today, chart, dose, programme, label, situation, second_opinion, challenge, plan,
)  # fmt: skip


def main(folder: Path) -> None:
    """Take every picture anew in both languages."""
    assert CHROMIUM is not None, "no chromium: make test-deps"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        demo = Path(place) / "demo"
        with served(Path(place), "--demo", str(demo), "--timezone", ZONE) as server:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            visitors = Visitors(browser, server)
            page = visitors.page(DOCTOR)
            people = dict(patients(page))
            page.context.close()
            album = Album(folder, visitors, Twins(demo, ZONE), people)
            for picture in EVERY:
                for language in ("en", "ru"):
                    picture(album, language)
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
