"""Deciding in a browser: the chart, screening, the challenge test, plans, situations, overrides."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browser.conftest import DESKTOP, PHONE, SignedIn
from tests.e2e.browser.places import DOCTOR, NURSE, SECOND, patients
from tests.e2e.browser.twins import Twins
from tests.support.servers import Server

BOTH = pytest.mark.parametrize("language", ["en", "ru"])
TABLET, INJECTION = "naltrexone-ru-mez-tablet-50", "vivitrol-ru-380"
ANSWERED = "form.what-if [data-result] p"


@pytest.fixture(scope="module")
def people(visitors: object) -> dict[str, str]:
    """Pages of the demo's patients by name."""
    from tests.e2e.browser.conftest import Visitors

    assert isinstance(visitors, Visitors)
    page = visitors.page(DOCTOR)
    found = dict(patients(page))
    page.context.close()
    return found


@BOTH
def test_the_chart_by_keyboard_and_what_if(
    browse: SignedIn, people: dict[str, str], language: str
) -> None:
    page = browse(DOCTOR, language, DESKTOP if language == "en" else PHONE)
    page.goto(people["Anna"])
    pad = page.locator(".chart-pad")
    pad.focus()
    seen = []
    for key in ("Home", "ArrowRight", "PageUp", "End"):
        pad.press(key)
        seen.append(pad.get_attribute("aria-valuetext"))
        assert page.locator(".chart-readout p").inner_text() in str(seen[-1])
    assert len(set(seen)) == len(seen)
    begun = time.perf_counter()
    page.locator("#f-delay_next_d").press("ArrowRight")
    page.locator(ANSWERED).first.wait_for()
    first = page.locator("[data-result]").inner_text()
    print(
        f"what-if redrawn after {1000 * (time.perf_counter() - begun):.0f} ms, 120 of them waiting"
    )
    with page.expect_response("**/chart.json*"):
        for _ in range(13):
            page.locator("#f-delay_next_d").press("ArrowRight")
    expect(page.locator("[data-result]")).not_to_have_text(first)
    page.click("form.what-if button[type='reset']")
    expect(page.locator(ANSWERED)).to_have_count(0)


@BOTH
def test_screening_answers_with_reasons(
    browse: SignedIn, people: dict[str, str], language: str
) -> None:
    page = browse(NURSE, language, PHONE)
    for name, badge in (
        ("Ivan", ".badge.defer"),
        ("Nikita", ".badge.missing"),
        ("Kira", ".badge.missing, .badge.defer"),
    ):
        page.goto(f"{people[name]}/screening")
        page.locator("details summary").first.click()
        page.check(f"input[value='{TABLET}']")
        page.click("main form button")
        page.wait_for_url("**/decisions/*")
        assert page.locator(badge).count() > 0, name


@BOTH
def test_the_challenge_test_step_by_step(browse: SignedIn, twins: Twins, language: str) -> None:
    page = browse(DOCTOR, language, PHONE)
    page.goto(f"/patients/{twins.of('kira')}/challenge")
    page.select_option("#f-product", TABLET)
    page.click("main form button")
    page.wait_for_url("**/challenge/*")
    now = page.locator(".steps [aria-current='step']")
    for kind in ("baseline", "given"):
        page.locator(f"form:has(input[value='{kind}']) button").click()
        expect(page.locator(f"form:has(input[value='{kind}'])")).to_have_count(0)
    clock = page.locator(".clock")
    expect(clock).to_be_visible()
    expect(clock).to_contain_text(":")
    assert now.count() == 1
    assert page.locator("main table tbody tr").count() == 2
    page.locator("summary").last.click()
    page.fill("#f-reason", "The patient has to go.")
    page.click("form[action$='/abort'] button")
    expect(page.locator("main form")).to_have_count(0)


@BOTH
def test_a_plan_is_made_and_printed(
    browse: SignedIn, twins: Twins, language: str, tmp_path: Path
) -> None:
    page = browse(DOCTOR, language, DESKTOP if language == "ru" else PHONE)
    page.goto(f"/patients/{twins.of('kira', 'challenge_passed')}/plan/new")
    page.select_option("#f-what", TABLET)
    page.fill("#f-months", "1")
    page.click("main form button")
    page.locator("table.options tbody tr").first.wait_for()
    page.wait_for_function("() => document.querySelector('img.chart').naturalWidth > 0")
    page.locator("tr:has(.badge.allowed, .badge.caution) form button").first.click()
    form = page.locator("form:has([name='reviewed'])")
    form.wait_for()
    if form.locator("#f-acknowledged").count():
        form.locator("#f-acknowledged").check()
    form.locator("button").click()
    page.wait_for_url("**/plan/*-*")
    for name, begins in (
        ("plan.pdf", b"%PDF"),
        ("card.pdf", b"%PDF"),
        ("plan.ics", b"BEGIN:VCALENDAR"),
    ):
        with page.expect_download() as got:
            page.click(f"a[href$='/{name}']")
        kept = tmp_path / name
        got.value.save_as(kept)
        assert kept.read_bytes().startswith(begins)


@BOTH
def test_surgery_and_a_late_injection(
    browse: SignedIn, people: dict[str, str], language: str
) -> None:
    page = browse(NURSE, language, PHONE)
    for name, kind in (("Dina", "surgery"), ("Gleb", "late_injection")):
        page.goto(f"{people[name]}/situation")
        page.locator(f"form:has(input[value='{kind}']) button").click()
        page.wait_for_url("**/situation/*")
        assert page.locator("main .lines li").count() > 0
        assert page.locator("dl.facts dd").count() > 0 or kind == "late_injection"


@BOTH
def test_two_prescribers_go_past_a_refusal(
    browse: SignedIn, twins: Twins, server: Server, language: str
) -> None:
    first, second = browse(DOCTOR, language), browse(SECOND, language, PHONE)
    twin = twins.of("maria")
    first.goto(f"/patients/{twin}/screening")
    first.locator("details summary").first.click()
    first.check(f"input[value='{INJECTION}']")
    first.click("main form button")
    first.wait_for_url("**/decisions/*")
    reason = f"An obstetrician agrees ({language})."
    first.fill("#f-reason", reason)
    first.click("form[action$='/override'] button")
    first.locator("a[href^='/approvals/']").wait_for()
    own = str(first.locator("a[href^='/approvals/']").get_attribute("href"))
    first.goto(own)
    assert first.locator("form[action$='/confirm']").count() == 0
    second.goto("/approvals")
    second.click(f"a[href='{own}']")
    expect(second.locator("main")).to_contain_text(reason)
    second.fill("#f-password", server.passwords[SECOND])
    second.click("form[action$='/confirm'] button")
    second.wait_for_url("**/decisions/*")
    expect(second.locator("div.note").first).to_contain_text("demo.doctor2")
    _gone_past_stands_with_the_patient(second, twin, reason)


def _gone_past_stands_with_the_patient(page: Page, patient: str, reason: str) -> None:
    page.goto(f"/patients/{patient}")
    expect(page.locator("#s-decisions").locator("..")).to_contain_text(reason)
