"""Recording in a browser: few clicks, nothing twice, nothing lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browser.conftest import PHONE, SignedIn, sign_in
from tests.e2e.browser.places import DOCTOR, NURSE
from tests.e2e.browser.twins import Twins
from tests.support.servers import Server

from antagonist.web.demo.story import Said

BOTH = pytest.mark.parametrize("language", ["en", "ru"])
TABLET = "naltrexone-ru-mez-tablet-50"
# of yesterday and of no plan, so that the next is due at whatever hour the tests run
YESTERDAY = Said(
    by="nurse", hours=-24, kind="dose",
    payload={"product": TABLET, "dose_mg": 50, "status": "observed", "observed_by": "demo"},
)  # fmt: skip
SUBMIT = "form:has([name='occurred_at']:not([type='hidden'])) .actions button:not([name])"


def tab_to(page: Page, selector: str) -> None:
    """Reach something by keyboard alone."""
    page.locator("body").press("Home")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"not reached by keyboard: {selector}")


def count(page: Page, patient: str) -> int:
    """Events on a patient's record."""
    page.goto(f"/patients/{patient}")
    return int(str(page.locator("#record").get_attribute("data-expected")))


@BOTH
def test_a_dose_takes_two_clicks_and_no_pointer(
    browse: SignedIn, twins: Twins, language: str
) -> None:
    twin = twins.of("kira", says=[YESTERDAY])
    page = browse(NURSE, language, PHONE)
    before = count(page, twin)
    tab_to(page, "a[href$='/record/dose']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/record/dose")
    tab_to(page, "section .actions button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recorded/*")
    expect(page.locator(".done")).to_contain_text("50")
    assert count(page, twin) == before + 1


@BOTH
def test_lab_urine_symptom_and_score(browse: SignedIn, twins: Twins, language: str) -> None:
    twin = twins.of("nikita")
    page = browse(NURSE, language, PHONE)
    typed: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
        "lab/alt": (
            {"value": "31,5", "upper_limit": "41"}, {"unit": "U/L", "specimen": "blood"}, "31",
        ),
        "urine_drug_test": (
            {}, {"method": "immunoassay", "results.opiates": "negative"}, "",
        ),
        "symptom": ({}, {"present": "yes"}, ""),
        "score/craving_vas": ({"values.craving_mm": "40"}, {}, "40"),
    }  # fmt: skip
    before = count(page, twin)
    for kind, (texts, radios, said) in typed.items():
        page.goto(f"/patients/{twin}/record/{kind}")
        for name, text in texts.items():
            page.fill(f"[name='{name}']", text)
        for name, value in radios.items():
            page.check(f"[name='{name}'][value='{value}']")
        if kind == "symptom":
            page.select_option("#f-term", "nausea")
        page.locator(SUBMIT).click()
        page.wait_for_url("**/recorded/*")
        expect(page.locator("main")).to_contain_text(said)
    assert count(page, twin) >= before + len(typed)  # and alarms that they raise


@BOTH
def test_two_people_write_at_once(browse: SignedIn, twins: Twins, language: str) -> None:
    twin = twins.of("nikita")
    nurse, doctor = browse(NURSE, language, PHONE), browse(DOCTOR, language)
    before = count(nurse, twin)
    for page in (nurse, doctor):
        page.goto(f"/patients/{twin}/record/words")
    for page, text in ((nurse, "First words."), (doctor, "Second words.")):
        page.fill("#f-text", text)
        page.locator(SUBMIT).click()
        if page is nurse:
            page.wait_for_url("**/recorded/*")
    expect(doctor.locator("#errors")).to_contain_text("First words.")
    expect(doctor.locator("#f-text")).to_have_value("Second words.")
    doctor.locator(SUBMIT).click()
    doctor.wait_for_url("**/recorded/*")
    assert count(doctor, twin) == before + 2


@BOTH
def test_a_double_click_records_once(browse: SignedIn, twins: Twins, language: str) -> None:
    twin = twins.of("nikita")
    page = browse(NURSE, language)
    before = count(page, twin)
    page.goto(f"/patients/{twin}/record/words")
    page.fill("#f-text", "Said once.")
    # a script that guards nothing: both requests leave the browser
    page.evaluate(
        """form => {
          const sent = {method: 'POST', body: new URLSearchParams(new FormData(form))};
          window.sent = Promise.all([1, 2].map(() => fetch(form.action, sent)));
        }""",
        page.locator("form[action$='/record/words']").element_handle(),
    )
    page.locator(SUBMIT).dblclick()
    page.wait_for_url("**/recorded/*")
    assert count(page, twin) == before + 1


@BOTH
def test_a_dropped_connection_loses_nothing(browse: SignedIn, twins: Twins, language: str) -> None:
    twin = twins.of("nikita")
    page = browse(NURSE, language, PHONE)
    before = count(page, twin)
    page.goto(f"/patients/{twin}/record/words")
    page.fill("#f-text", "Typed before the net was gone.")
    page.context.set_offline(True)
    page.locator(SUBMIT).click()
    expect(page.locator("#not-sent")).to_have_text(
        str(page.locator("body").get_attribute("data-not-sent"))
    )
    expect(page.locator("#f-text")).to_have_value("Typed before the net was gone.")
    page.context.set_offline(False)
    page.locator(SUBMIT).click()
    page.wait_for_url("**/recorded/*")
    assert count(page, twin) == before + 1


@BOTH
def test_without_a_script(browse: SignedIn, twins: Twins, server: Server, language: str) -> None:
    twin = twins.of("kira", says=[YESTERDAY])
    page = browse(NURSE, language, PHONE, java_script_enabled=False)
    page.context.clear_cookies()
    sign_in(page, NURSE, server.passwords[NURSE])
    page.wait_for_url("**/today")
    assert page.locator("main .lines > li").count() > 5
    page.goto(f"/patients/{twin}")
    picture = page.locator("noscript img, img.chart-still")
    assert page.request.get(str(picture.get_attribute("src"))).ok
    page.locator("summary").last.click()
    assert page.locator("#chart-days tbody tr").count() > 1
    page.locator("a[href$='/record/dose']").click()
    page.check("[name='status'][value='missed']")
    page.locator(SUBMIT).click()
    page.wait_for_url("**/recorded/*")
    assert page.locator(".done").inner_text()


@BOTH
def test_an_alarm_is_answered_from_today(browse: SignedIn, language: str) -> None:
    page = browse(NURSE, language, PHONE)
    page.goto("/today")
    form = page.locator("form[action$='/acknowledge']").first
    action = str(form.get_attribute("action"))
    form.locator("xpath=..").locator("summary").click()
    form.locator("[name='note']").fill("Telephoned; comes tomorrow.")
    form.locator("button").click()
    page.wait_for_url("**/today?done=acknowledged")
    assert page.locator(".done").inner_text()
    assert page.locator(f"form[action='{action}']").count() == 0
