"""Every page in both languages: no barrier, no console error, nothing wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
def walking(visitors: Visitors, language: str) -> Iterator[dict[str, Page]]:
    """One page of each person who has opened one in this language."""
    opened: dict[str, Page] = {}
    yield opened
    for page in opened.values():
        page.context.close()


def _opened(walking: dict[str, Page], visitors: Visitors, who: str, language: str) -> Page:
    if who not in walking:
        if who == NOBODY:
            walking[who] = visitors.context(language).new_page()
        else:
            walking[who] = visitors.page(who, language)
    return walking[who]


@pytest.mark.parametrize("route", ROUTES)
def test_a_page_keeps_nobody_out(
    visitors: Visitors,
    found: Mapping[str, Place],
    walking: dict[str, Page],
    language: str,
    route: str,
) -> None:
    place = found[route]
    page = _opened(walking, visitors, place.who, language)
    errors = errors_of(page)
    first, second = (DESKTOP, PHONE) if language == "en" else (PHONE, DESKTOP)
    page.set_viewport_size(first)
    answer = page.goto(place.address, wait_until="networkidle")
    assert answer is not None
    assert answer.status == 200
    wrong = failings(page, language) + barriers(page)
    page.set_viewport_size(second)
    wrong += overflow(page)
    if language == "ru":
        wrong += [f"English: {text}" for text in english(page)]
    assert not wrong + errors, "\n".join(wrong + errors)


def test_the_pages_not_walked_are_pages_that_exist() -> None:
    assert {*routes()} >= NO_PAGES
    assert {*routes()} >= ON_THE_WAY.keys()
