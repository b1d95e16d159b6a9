"""The patient's page: protection first and on its cautious side, the whole record, what-ifs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.support.clinics import NURSE, OpenClinic, clinic_on, text_of
from tests.support.telling import alarmed, injected, swallowed, tell

from antagonist.feedback.identity import erase
from antagonist.feedback.merging import merge
from antagonist.foundation.clock import hours_between
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import Course, EventRecord, Subject
from antagonist.pharmacology.forecast import simulate
from antagonist.pharmacology.settings import settings
from antagonist.planning.treatment import DRAWS
from antagonist.web.actions import charts
from antagonist.web.actions.breakthrough import AHEAD_H, breakthrough
from antagonist.web.actions.told import told_of
from antagonist.web.chart import Chart, chart_of
from antagonist.web.chart.model import Stated
from antagonist.web.forms import new_key
from antagonist.web.language import Reader
from antagonist.web.visit import Visit
from antagonist.web.words.protection import protection

EN = Reader("en", UTC)


@pytest.fixture(scope="module")
def treated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenClinic, str]]:
    """A clinic and a patient injected ten days ago, with an open alarm."""
    with clinic_on("sqlite", tmp_path_factory.mktemp("treated")) as clinic:
        patient = clinic.patient("Anna Test", "A-1")
        injected(clinic, patient, 10)
        tell(clinic, patient, "allergies", 20, asked_on="2026-04-11", to=["penicillin"], source="x")
        alarmed(clinic, patient)
        yield clinic, patient


def visit_of(clinic: OpenClinic, who: str = "nurse") -> Visit:
    """A request of somebody."""
    return Visit(clinic.clinic, clinic.people[who], None, EN, "request", "GET /x")


def test_the_page_says_the_essentials(treated: tuple[OpenClinic, str]) -> None:
    clinic, patient = treated
    text = text_of(clinic.browser("prescriber").get(f"/patients/{patient}"))
    for said in (
        "Anna Test", "test A-1", "Age not on record", "yes; last dose Tue 21 Apr 2026, 09:00 (UTC)",
        "Allergic to: penicillin", "STOP", "Injection: Vivitrol", "Record: Dose Injection",
        "Set it aside", "No plan is on record.",
    ):  # fmt: skip
        assert said in text
    assert (
        text.index("Protection ") < text.index("Open alarms and holds") < text.index("The record")
    )


def test_the_head_warns_of_a_stop_alarm_and_says_what_at_least_means(
    treated: tuple[OpenClinic, str],
) -> None:
    clinic, patient = treated
    text = text_of(clinic.browser("nurse").get(f"/patients/{patient}"))
    head, rest = text.split("Record: Dose")
    assert "STOP: " in head
    assert "By the model of a typical new patient" in head
    assert "such patients" in head
    assert "Open alarms" in rest


def test_the_head_of_one_who_was_treated_warns_of_overdose(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient()
    browser, here = own_clinic.browser("nurse"), f"/patients/{patient}"
    assert "overdose" not in text_of(browser.get(here)).split("Record: Dose")[0]
    swallowed(own_clinic, patient, 200)
    tell(own_clinic, patient, "treatment_stop", 199, reason="wish")
    assert "a dose once tolerated may kill" in text_of(browser.get(here)).split("Record: Dose")[0]


def test_the_page_carries_how_many_events_its_reader_saw(treated: tuple[OpenClinic, str]) -> None:
    clinic, patient = treated
    page = clinic.browser("nurse").get(f"/patients/{patient}")
    assert f'data-expected="{len(clinic.clinic.record.all(patient))}"' in page.text


def test_a_nurse_may_record_but_not_see_break_through_doses(
    treated: tuple[OpenClinic, str],
) -> None:
    clinic, patient = treated
    here = f"/patients/{patient}"
    seen = {
        who: [f'href="{here}/{part}"' in clinic.browser(who).get(here).text
              for part in ("record/dose", "breakthrough")]
        for who in ("viewer", "nurse", "prescriber")
    }  # fmt: skip
    assert seen == {"viewer": [False, False], "nurse": [True, False], "prescriber": [True, True]}
    assert clinic.browser("nurse").get(f"{here}/breakthrough").status_code == 403


def test_no_page_but_the_prescriber_s_names_a_break_through_dose(
    treated: tuple[OpenClinic, str],
) -> None:
    clinic, patient = treated
    for path in (f"/patients/{patient}", f"/patients/{patient}/chart.json"):
        text = clinic.browser("prescriber").get(path).text.casefold()
        assert "heroin" not in text.replace('"agonist": "heroin"', "").replace(
            '"agonist":"heroin"', ""
        )


def test_break_through_is_the_forecast_s_low_end_beside_breathing(
    treated: tuple[OpenClinic, str],
) -> None:
    clinic, patient = treated
    told = told_of(visit_of(clinic), patient)
    found = breakthrough(told)
    dose = EventRecord(0.0, amt_mg=380, product="xr_im_380")
    now_h = hours_between(told.state.doses[0].at, told.at)
    course = Course("", Subject("x", (dose,)), now_h, now_h + AHEAD_H[-1], "UTC")
    hours = [now_h + ahead for ahead in AHEAD_H]
    expected = simulate(course, settings(draws=DRAWS), challenge_at_h=hours).challenges
    lows = [p.breakthrough_low_mg for p in expected if p.endpoint == "physiological"]
    assert [tried.low_mg for tried in found.tried] == pytest.approx(lows)
    left = [p.remaining for p in expected if p.endpoint == "physiological"]
    assert [tried.physiological for tried in found.tried] == [pytest.approx(x) for x in left]
    text = text_of(clinic.browser("prescriber").get(f"/patients/{patient}/breakthrough"))
    assert "Breathing may stop before any high is felt." in text
    assert "low end of the 90 % interval" in text


def test_without_a_dose_nothing_protects(clinic: OpenClinic) -> None:
    patient = clinic.patient(number=new_key())
    browser = clinic.browser("prescriber")
    assert "Not protected: no dose" in text_of(browser.get(f"/patients/{patient}"))
    assert "an opioid acts in full" in text_of(browser.get(f"/patients/{patient}/breakthrough"))


def test_a_product_without_levels_is_not_known(clinic: OpenClinic) -> None:
    patient = clinic.patient(number=new_key())
    implant: dict[str, Any] = {
        "product": "prodetoxone-implant-1000",
        "dose_mg": 1000,
        "site": "abdomen",
    }
    tell(clinic, patient, "implant_in", 5, given_by="x", **implant)
    browser = clinic.browser("prescriber")
    text = text_of(browser.get(f"/patients/{patient}"))
    assert "How long protection lasts is not known" in text
    assert "Count on no protection" in text
    assert "nothing can be said" in text_of(browser.get(f"/patients/{patient}/breakthrough"))


@pytest.fixture(scope="module")
def chart(treated: tuple[OpenClinic, str]) -> Chart:
    """A chart to change."""
    clinic, patient = treated
    return chart_of(clinic.clinic.record.all(patient), clinic.clinic.now(), ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("state", "at", "lead", "mood"),
    [
        ("at", datetime(2026, 5, 9, 7, 59, tzinfo=UTC),
         "Protected until at least Sat 9 May 2026, 07:59 (UTC)", "holds"),
        ("never", None, "Not surely protected now.", "over"),
        ("beyond", None,
         "Protected until at least Wed 1 Jul 2026, 00:00 (UTC), as far as was looked.",
         "holds"),
    ],
)  # fmt: skip
def test_the_lead_states_the_cautious_time(
    chart: Chart, state: Any, at: datetime | None, lead: str, mood: str
) -> None:
    alone = chart.until("nothing_more")
    assert alone is not None
    said = replace(
        alone, state=state, at=at, share_over_now=0.4271,
        looked_until=datetime(2026, 7, 1, tzinfo=UTC),
    )  # fmt: skip
    others: tuple[Stated, ...] = tuple(s for s in chart.stated if s is not alone)
    found = protection(replace(chart, stated=(said, *others)), EN)
    assert (found.lead, found.mood) == (lead, mood)
    assert any("43 % of such patients are protected now." in line for line in found.lines)


def test_every_event_stands_in_the_record_with_what_became_of_it(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient()
    first = swallowed(own_clinic, patient, 3)
    wrong = tell(own_clinic, patient, "words", 2, text="said by another")
    tell(own_clinic, patient, "dose", 3, corrects=first.event_id, dose_mg=25, status="reported")
    tell(own_clinic, patient, "retraction", corrects=wrong.event_id, reason="wrong patient")
    page = own_clinic.browser("nurse").get(f"/patients/{patient}")
    text = text_of(page)
    assert "Dose by mouth: swallowed before somebody; 50 mg" in text
    assert "corrected" in text
    assert "«said by another» taken back" in text
    assert "Entry taken back: reason: «wrong patient»" in text
    here = f"/patients/{patient}/events"
    assert f"{here}/{first.event_id}/correct" not in page.text
    assert page.text.count("/correct") == 1  # only the correction itself can be corrected again


def test_the_record_is_shown_in_parts(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient()
    for n in range(52):
        tell(own_clinic, patient, "words", 60 - n, text=f"word {n} said")
    browser = own_clinic.browser("nurse")
    first, second = (
        text_of(browser.get(f"/patients/{patient}", skip=skip)) for skip in ("0", "50")
    )
    assert "«word 51 said»" in first
    assert "«word 1 said»" not in first
    assert "«word 0 said»" in second
    assert "1 to 50 of 53" in first


def test_an_erased_patient_has_no_name(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient("Gone Galina")
    erase(own_clinic.clinic.record, NURSE, patient, "asked for")
    for path in (f"/patients/{patient}", "/patients"):
        text = text_of(own_clinic.browser("nurse").get(path))
        assert "Galina" not in text
        assert f"Without a name, {patient[:8]}" in text


def test_a_merged_patient_leads_to_the_one_kept(own_clinic: OpenClinic) -> None:
    keep, other = own_clinic.patient("Kept", "1"), own_clinic.patient("Other", "2")
    tell(own_clinic, other, "words", text="told as the other")
    merge(own_clinic.clinic.record, NURSE, keep, other, "one person")
    browser = own_clinic.browser("nurse")
    moved = browser.get(f"/patients/{other}")
    assert moved.headers["location"] == f"/patients/{keep}"
    assert "«told as the other»" in text_of(browser.follow(moved))
    assert "Other" not in text_of(browser.get("/patients"))


def test_the_chart_comes_as_json_and_under_a_what_if(treated: tuple[OpenClinic, str]) -> None:
    clinic, patient = treated
    browser, path = clinic.browser("nurse"), f"/patients/{patient}/chart.json"
    plain = browser.get(path).json()
    assert plain["what_if"] is None
    assert plain["words"]["now"]
    asked = browser.post(path, inject_now="on", quantity="conc_ntx").json()
    assert asked["what_if"]["asked"]["inject_now"] is True
    assert list(asked["series"]) == ["conc_ntx"]
    (moved,) = [m for m in asked["what_if"]["moved"] if m["scenario"] == "nothing_more"]
    assert moved["after"]["share_over_now"] >= moved["before"]["share_over_now"]
    assert browser.get(path, quantity="mood").status_code == 422
    assert clinic.browser("nurse").client.post(path, data={}).status_code == 403


def test_without_script_the_what_if_comes_in_the_address(treated: tuple[OpenClinic, str]) -> None:
    clinic, patient = treated
    browser = clinic.browser("nurse")
    page = browser.get(f"/patients/{patient}", inject_now="on", delay_next_d="3")
    assert "The figures on this page are those of the what-if." in text_of(page)
    assert "chart.svg?inject_now=on&amp;delay_next_d=3" in page.text
    wrong = browser.get(f"/patients/{patient}", surgery_on="2020-01-01")
    assert wrong.status_code == 200
    assert 'href="#f-surgery_on"' in wrong.text
    picture = browser.get(f"/patients/{patient}/chart.svg", inject_now="on")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "<svg" in picture.text


def test_a_chart_is_made_once_until_something_is_written(
    own_clinic: OpenClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient, made = own_clinic.patient(), []

    def counted(*args: Any, **named: Any) -> Chart:
        made.append(named["what_if"])
        return chart_of(*args, **named)

    monkeypatch.setattr(charts, "chart_of", counted)
    browser = own_clinic.browser("nurse")
    for _ in range(2):
        browser.get(f"/patients/{patient}")
    assert len(made) == 1
    tell(own_clinic, patient, "words", text="new")
    browser.get(f"/patients/{patient}")
    assert len(made) == 2
    own_clinic.clock.at += timedelta(hours=1)
    own_clinic.browser("nurse").get(f"/patients/{patient}")
    assert len(made) == 3


def test_levels_are_learnt_from_in_the_background(
    own_clinic: OpenClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = own_clinic.patient()
    swallowed(own_clinic, patient, 1)
    level: dict[str, Any] = {"analyte": "naltrexone", "matrix": "plasma", "below_limit": False}
    tell(own_clinic, patient, "level", 0.5, value_ng_per_ml=1.0, limit_ng_per_ml=0.1, **level)
    coming: Future[Any] = Future()
    monkeypatch.setattr(
        charts, "_learning", type("Pool", (), {"submit": staticmethod(lambda *_: coming)})
    )
    browser, here = own_clinic.browser("nurse"), f"/patients/{patient}"
    page = text_of(browser.get(here))
    assert "own model is being learnt" in page
    assert "By the model of a typical new patient" in page
    assert browser.get(f"{here}/own-model", polling="1").status_code == 204
    coming.set_exception(OSError("killed"))  # nothing was learnt, and the page stays
    assert "is ready" in browser.get(f"{here}/own-model", polling="1").text
    assert "own model is being learnt" not in text_of(browser.get(here))


def test_a_page_stands_where_no_process_can_be_had(
    own_clinic: OpenClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left() -> None:
        raise OSError("no process")

    monkeypatch.setattr(charts, "_learning", lru_cache(none_left))
    patient = own_clinic.patient()
    level: dict[str, Any] = {"analyte": "naltrexone", "matrix": "plasma", "below_limit": False}
    tell(own_clinic, patient, "level", value_ng_per_ml=1, limit_ng_per_ml=0.1, **level)
    page = text_of(own_clinic.browser("nurse").get(f"/patients/{patient}"))
    assert "Not protected: no dose" in page
    assert "being learnt" not in page


def test_a_level_that_cannot_be_used_leaves_the_typical_patient(
    own_clinic: OpenClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise InputError("record", "level", None, "another")

    monkeypatch.setattr(charts, "learned", refused)
    told = told_of(visit_of(own_clinic), own_clinic.patient())
    assert charts.learnt(told) is None


def test_planned_doses_that_are_past_without_a_word_are_named(own_clinic: OpenClinic) -> None:
    patient, now = own_clinic.patient(), own_clinic.clock.at
    doses = [
        {"at": (now + timedelta(days=day)).isoformat(), "dose_mg": 50, "kind": "oral"}
        for day in (-2, -1, 1)
    ]
    plan = {
        "doses": doses, "product": "seed-tablet-50", "route": "oral", "checks": [],
        "screening": {"verdict": "allowed_with_caution"}, "limits": {"verdict": "allowed"},
    }  # fmt: skip
    tell(own_clinic, patient, "plan_change", 3, plan=plan, reason="start")
    tell(
        own_clinic, patient, "dose", 2, dose_mg=50, status="observed", observed_by="n",
        product="seed-tablet-50", planned_at=doses[0]["at"],
    )  # fmt: skip
    text = text_of(own_clinic.browser("nurse").get(f"/patients/{patient}"))
    said = text.split("Planned, past, and nobody said what became of it:")[1].split("Next doses")[0]
    assert "Thu 30 Apr 2026, 09:00 (UTC) : 50 mg" in said
    chart = (
        "nobody said what became of it: 50 mg, Thu 30 Apr 2026, 09:00 (UTC). Next dose: 50 mg, Sat"
    )
    assert chart in text
    assert "29 Apr" not in said
    assert "allowed with caution The reasons stand in the whole plan." in text
