"""An address for every page of the app, of the demo's own patients and of what is made for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from playwright.sync_api import Page
from tests.e2e.browser.twins import Twins

from antagonist.web.pages import page_routers

NOBODY, NURSE, DOCTOR, SECOND, ADMIN = "", "demo.nurse", "demo.doctor", "demo.doctor2", "demo.admin"
# Addresses that answer with a file, a part of a page or another address, and no page of their own.
NO_PAGES = frozenset(
    {
        "/", "/audit/export", "/second-factor/picture.png", "/patients/{patient}/chart.json",
        "/patients/{patient}/chart.svg", "/patients/{patient}/own-model",
        "/patients/{patient}/decisions/{event}/file", "/patients/{patient}/plan/{event}/{name}",
        "/patients/{patient}/plan/regimens.svg",
        "/patients/{patient}/report.pdf", "/patients/{patient}/report/progress",
        "/patients/{patient}/report/chart-{number}.svg", "/programme/progress",
        "/programme/{report}/chart-{number}.svg",
    }
)  # fmt: skip
# Pages that somebody sees only on the way to something; the flow of that name looks at them.
ON_THE_WAY = {"/set-up": "test_first_run", "/sign-in/code": "test_accounts"}
WAIT_MS = 60_000


@dataclass(frozen=True)
class Place:
    """A page. route: as the app declares it; address: with ids in it; who: opens it."""

    route: str
    address: str
    who: str


def routes() -> Iterator[str]:
    """Every address that the app's pages can be asked for."""
    for router in page_routers():
        for route in router.routes:
            if "GET" in (getattr(route, "methods", None) or ()):
                yield str(getattr(route, "path"))  # noqa: B009 - the type knows only of its base


TWIN = "twin "  # system of the identifier that only twins have, as the list shows it


def places(page: Page, admin: Page, twins: Twins) -> Mapping[str, Place]:
    """Every page by its route. page: of the demo's doctor; admin: of its administrator."""
    ids = _ids(page, admin, twins)
    found = {}
    for route in sorted({*routes()} - NO_PAGES - ON_THE_WAY.keys()):
        address = ids.get(route) or re.sub(r"{(\w+)}", lambda m: ids[m[1]], route)
        found[route] = Place(route, address, _who(route))
    return found


def _who(route: str) -> str:
    if route in ("/sign-in", "/activate"):
        return NOBODY
    if route.startswith(("/accounts", "/audit")):
        return ADMIN
    return SECOND if route.startswith("/approvals") else DOCTOR


def patients(page: Page) -> Mapping[str, str]:
    """Page of each of the demo's patients by the given name in English, twins left out."""
    page.goto("/patients")
    links = page.locator("main a[href^='/patients/']").evaluate_all(
        "all => all.map(each => [each.innerText, each.getAttribute('href'),"
        " each.closest('tr, li')?.innerText ?? ''])"
    )
    return {
        name.removeprefix("Demo "): href for name, href, row in reversed(links) if TWIN not in row
    }


def last_part(address: str) -> str:
    """The id at the end of an address."""
    return address.partition("?")[0].rpartition("/")[2]


def _ids(page: Page, admin: Page, twins: Twins) -> Mapping[str, str]:
    """Values of the routes' parameters, and whole addresses by route where they differ."""
    people = patients(page)
    anna, dina = people["Anna"], people["Dina"]
    page.goto(anna)
    hrefs = page.locator("main a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    event = next(href for href in hrefs if href.endswith("/correct")).split("/")[-2]
    alarm = str(page.locator("form[action*='/alarms/']").first.get_attribute("action"))
    decision = next(href for href in hrefs if "/decisions/" in href)
    ids = {
        "patient": last_part(anna),
        "event": event,
        "kind": "symptom",
        "/patients/{patient}/record/{kind}/{of}": f"{anna}/record/lab/alt",
        "alarm": alarm.split("/")[4],
        "/patients/{patient}/decisions/{event}": decision,
        "/patients/{patient}/situation/{event}": _situation(page, dina),
        "/patients/{patient}/plan/{event}": _refused_plan(page, people["Maria"]),
        "/patients/{patient}/challenge/{challenge}": _challenge(page, twins.of("kira")),
        "approval": _approval(page, people["Maria"]),
        "/patients/{patient}/report": _computed(page, f"{anna}/report"),
    }
    _computed(page, "/programme")
    for name, address in (
        ("report", "/programme"),
        ("rule", "/label"),
        ("product", "/label/products"),
    ):
        page.goto(address)
        part = {"report": "programme", "rule": "label/rules", "product": "label/products"}[name]
        link = page.locator(f"main a[href^='/{part}/']").first
        ids[name] = last_part(str(link.get_attribute("href")))
    admin.goto("/accounts")
    link = admin.locator("main a[href^='/accounts/']:not([href='/accounts/new'])").first
    return ids | {"account": last_part(str(link.get_attribute("href")))}


def _situation(page: Page, patient: str) -> str:
    page.goto(f"{patient}/situation")
    with page.expect_navigation(url="**/situation/*"):
        page.locator("form:has(input[value='surgery']) button").click()
    return page.evaluate("location.pathname")  # type: ignore[no-any-return]


def _refused_plan(page: Page, patient: str) -> str:
    page.goto(f"{patient}/decisions")
    page.goto(str(page.locator("tr:has-text('Plan') a").first.get_attribute("href")))
    return str(page.locator("main a[href*='/plan/']").first.get_attribute("href"))


def _challenge(page: Page, patient: str) -> str:
    page.goto(f"/patients/{patient}/challenge")
    page.select_option("#f-product", "naltrexone-ru-mez-tablet-50")
    with page.expect_navigation(url="**/challenge/*"):
        page.click("main form button")
    return page.evaluate("location.pathname")  # type: ignore[no-any-return]


def _approval(page: Page, patient: str) -> str:
    page.goto(f"{patient}/screening")
    page.locator("details summary").first.click()
    page.check("input[value='vivitrol-ru-380']")
    with page.expect_navigation(url="**/decisions/*"):
        page.click("main form button")
    page.fill("#f-reason", "Придуманная причина.")
    page.click("form[action$='/override'] button")
    link = page.locator("a[href^='/approvals/']")
    link.wait_for()
    return last_part(str(link.get_attribute("href")))


def _computed(page: Page, address: str) -> str:
    page.goto(address)
    page.locator("main form:has(input[name='key']) button").first.click()
    page.wait_for_selector("main nav ul, main dl.facts", timeout=WAIT_MS)
    return address
