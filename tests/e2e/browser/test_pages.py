"""Every page in both languages: no barrier, no console error, nothing wider than a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
from playwright.sync_api import Page
from tests.e2e.browser.conftest import DESKTOP, PHONE, Visitors, errors_of
from tests.e2e.browser.looking import barriers, english, failings, overflow
from tests.e2e.browser.places import (
    ADMIN,
    DOCTOR,
    NO_PAGES,
    NOBODY,
    ON_THE_WAY,
    Place,
    places,
    routes,
)
from tests.e2e.browser.twins import Twins

ROUTES = sorted({*routes()} - NO_PAGES - ON_THE_WAY.keys())


@pytest.fixture(scope="module")
def found(visitors: Visitors, twins: Twins) -> Mapping[str, Place]:
    """An address for each page."""
    doctor, admin = (visitors.page(who) for who in (DOCTOR, ADMIN))
    made = places(doctor, admin, twins)
    for page in (doctor, admin):
        page.context.close()
    return made


@pytest.fixture(scope="module", params=["en", "ru"])
def language(request: pytest.FixtureRequest) -> str:
    """Each in turn, so that nobody's language changes for every page."""
    return str(request.param)


@pytest.fixture(scope="module")
def opened(visitors: Visitors, language: str) -> Iterator[Callable[[str], Page]]:
    """One page of each person who has opened one in this language."""
    known: dict[str, Page] = {}

    def of(who: str) -> Page:
        if who not in known:
            signed_in = who != NOBODY
            known[who] = (
                visitors.page(who, language) if signed_in else visitors.context(language).new_page()
            )
        return known[who]

    yield of
    for page in known.values():
        page.context.close()


@pytest.mark.parametrize("route", ROUTES)
def test_a_page_keeps_nobody_out(
    found: Mapping[str, Place],
    opened: Callable[[str], Page],
    language: str,
    route: str,
) -> None:
    place = found[route]
    page = opened(place.who)
    errors = errors_of(page)
    first, second = (DESKTOP, PHONE) if language == "en" else (PHONE, DESKTOP)
    page.set_viewport_size(first)
    answer = page.goto(place.address)
    assert answer is not None
    assert answer.status == 200
    if page.locator("figure[data-table]").count():
        page.locator(".chart-pad canvas").first.wait_for()
    wrong = failings(page, language) + barriers(page)
    page.set_viewport_size(second)
    wrong += overflow(page)
    if language == "ru":
        wrong += [f"English: {text}" for text in english(page)]
    assert not wrong + errors, "\n".join(wrong + errors)


def test_the_pages_not_walked_are_pages_that_exist() -> None:
    assert {*routes()} >= NO_PAGES
    assert {*routes()} >= ON_THE_WAY.keys()
