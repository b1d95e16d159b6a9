"""A plan in three steps over HTTP: compared, looked at, made; or refused, and nothing holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
import vobject
from httpx2 import Response
from sqlalchemy import select
from tests.support.clinics import Browser, OpenClinic, text_of
from tests.support.files_on_record import file_on_record
from tests.support.patients import INJECTION, US_TABLET

from antagonist.feedback.database import reading
from antagonist.feedback.events import NewEvent
from antagonist.feedback.payloads.registry import NEWEST
from antagonist.feedback.state import folded
from antagonist.feedback.today_tables import due as due_table
from antagonist.web.accounts import tables as clinic_tables

WANTED: dict[str, Any] = {
    "what": "", "start": "2026-11-25", "clock": "09:30", "months": "3", "jurisdiction": "us",
    "clinic_days[]": ["mon", "tue", "wed", "thu", "fri"], "supervised_days[]": ["mon"],
}  # fmt: skip
INJECTED = {"regimen": "injection_380_every_4_weeks", "product": INJECTION}
DAILY = {"regimen": "r6_50_daily", "product": US_TABLET}


def patient_of(clinic: OpenClinic, **changes: Any) -> str:
    return file_on_record(clinic.clinic.record, "eligible_opioid", **changes)


def hidden(page: Response, action: str) -> dict[str, Any]:
    """Fields of the form with an address, as a browser sends them."""
    start = page.text.index(f'action="{action}"')
    inside = page.text[start : page.text.index("</form>", start)]
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", inside):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        assert name is not None
        said = "" if value is None else value[1]
        if name[1].endswith("[]"):
            fields.setdefault(name[1], []).append(said)
        else:
            fields[name[1]] = said
    return fields


def reviewed(browser: Browser, patient: str, **chosen: Any) -> tuple[Response, dict[str, Any]]:
    """Step 3 of a plan, and what its last form sends."""
    page = browser.post(f"/patients/{patient}/plan/review", **{**WANTED, **DAILY, **chosen})
    assert page.status_code == 200, text_of(page)
    fields = hidden(page, f"/patients/{patient}/plan")
    return page, {**fields, "acknowledged": "yes"}


def made(browser: Browser, patient: str, **chosen: Any) -> Response:
    _page, fields = reviewed(browser, patient, **chosen)
    return browser.post(f"/patients/{patient}/plan", **fields)


def decisions(clinic: OpenClinic, patient: str) -> list[Any]:
    return [e for e in clinic.clinic.record.all(patient) if e.kind == "decision"]


def test_regimens_stand_side_by_side_with_their_verdicts(clinic: OpenClinic) -> None:
    patient, nurse = patient_of(clinic), clinic.browser("nurse")
    form = nurse.get(f"/patients/{patient}/plan/new")
    assert re.search(r'name="start"[^>]*value="2026-11-25"', form.text)
    page = nurse.post(f"/patients/{patient}/plan/new", prescriber="Dr One", **WANTED)
    assert page.status_code == 200
    assert page.text.count('name="regimen"') == 7  # those of the US label for opioids
    assert 'value="injection_380_every_4_weeks"' in page.text
    assert "100 draws" in text_of(page)
    assert decisions(clinic, patient) == []


def test_a_plan_that_was_made_holds_everywhere(clinic: OpenClinic) -> None:
    patient, browser = patient_of(clinic), clinic.browser("prescriber")
    page = browser.follow(made(browser, patient, **INJECTED))
    assert "This plan holds." in text_of(page)
    assert "Wed 25 Nov 2026, 09:30" in text_of(page)
    state = folded(clinic.clinic.record.history(patient), clinic.clinic.now())
    assert state.plan is not None
    assert [f"{dose.at:%Y-%m-%d %H:%M}" for dose in state.plan.doses] == [
        "2026-11-25 09:30", "2026-12-23 09:30", "2027-01-20 09:30", "2027-02-17 09:30",
    ]  # fmt: skip
    assert state.plan.document["request"]["prescriber"] == "prescriber"
    with reading(clinic.clinic.engine) as connection:
        here = (due_table.c.patient == patient) & (due_table.c.kind == "injection")
        query = select(due_table.c.event, due_table.c.due_at).where(here)
        rows = connection.execute(query.order_by(due_table.c.due_at)).all()
    assert rows[0][0] == state.plan.event_id
    assert rows[0][1] == "2026-11-26T00:00:00.000000Z"  # by the end of the day of the first


def test_the_same_form_twice_makes_one_plan(clinic: OpenClinic) -> None:
    patient, browser = patient_of(clinic), clinic.browser("prescriber")
    _page, fields = reviewed(browser, patient)
    first, again = (browser.post(f"/patients/{patient}/plan", **fields) for _ in range(2))
    assert first.headers["location"] == again.headers["location"]
    assert len(decisions(clinic, patient)) == 1


def test_a_refused_plan_shows_its_rule_and_makes_nothing_hold(clinic: OpenClinic) -> None:
    patient = patient_of(clinic, facts={"liver_failure": {
        "value": True, "date": "2026-11-25", "source": "narcologist"}})  # fmt: skip
    browser = clinic.browser("prescriber")
    page, fields = reviewed(browser, patient)
    assert "NO PLAN: not yet" in text_of(page)
    assert "[hepatitis-us]" in text_of(page)
    kept = browser.follow(browser.post(f"/patients/{patient}/plan", **fields))
    assert "this refusal changes no plan" in text_of(kept)
    assert "No plan holds" in text_of(browser.get(f"/patients/{patient}/plan"))
    head = text_of(browser.get(f"/patients/{patient}")).split("Record: Dose")[0]
    assert "no plan: not yet" in head
    assert len(decisions(clinic, patient)) == 1
    event = decisions(clinic, patient)[0].event_id
    assert browser.get(f"/patients/{patient}/plan/{event}/plan.pdf").status_code == 404


def test_only_a_prescriber_makes_a_plan(clinic: OpenClinic) -> None:
    patient = patient_of(clinic)
    _page, fields = reviewed(clinic.browser("prescriber"), patient)
    key = {"Idempotency-Key": "a" * 12}
    for who in ("viewer", "nurse", "administrator"):
        assert clinic.browser(who).post(f"/patients/{patient}/plan", **fields).status_code == 403
        program = clinic.program(who)
        sent = program.post(f"/api/v1/patients/{patient}/plans", json=DAILY, headers=key)
        assert sent.status_code == 403
    assert decisions(clinic, patient) == []


def _skipped(fields: dict[str, Any]) -> None:
    fields["reviewed"] = ""


def _other_months(fields: dict[str, Any]) -> None:
    fields["months"] = "6"


def _no_cautions(fields: dict[str, Any]) -> None:
    fields["cautions"] = "none-of-them"


def _nothing_acknowledged(fields: dict[str, Any]) -> None:
    fields["acknowledged"] = ""


@pytest.mark.parametrize("change", [_skipped, _other_months, _no_cautions, _nothing_acknowledged])
def test_no_step_is_skipped(clinic: OpenClinic, change: Callable[[dict[str, Any]], None]) -> None:
    patient = patient_of(clinic)
    browser = clinic.browser("prescriber")
    _page, fields = reviewed(browser, patient)
    assert fields["cautions"]
    change(fields)
    answer = browser.post(f"/patients/{patient}/plan", **fields)
    assert answer.status_code == 422
    assert decisions(clinic, patient) == []


def test_the_second_sees_what_the_first_wrote(clinic: OpenClinic) -> None:
    patient, browser = patient_of(clinic), clinic.browser("prescriber")
    _page, fields = reviewed(browser, patient)
    payload = {"term": "nausea", "present": True}
    written = NewEvent("symptom", clinic.clinic.now(), payload, NEWEST["symptom"])
    clinic.clinic.record.append(patient, [written], clinic.people["nurse"].actor)
    answer = browser.post(f"/patients/{patient}/plan", **fields)
    assert answer.status_code == 409
    assert "Nausea" in text_of(answer)
    assert decisions(clinic, patient) == []
    again = hidden(answer, f"/patients/{patient}/plan") | {"acknowledged": "yes"}
    assert browser.post(f"/patients/{patient}/plan", **again).status_code == 303


def test_what_was_typed_wrong_comes_back_with_its_field(clinic: OpenClinic) -> None:
    patient, browser = patient_of(clinic), clinic.browser("prescriber")
    page = browser.post(f"/patients/{patient}/plan/new", **{**WANTED, "months": "60"})
    assert page.status_code == 422
    assert 'href="#f-months"' in page.text
    assert 'value="60"' in page.text
    past = browser.post(f"/patients/{patient}/plan/new", **{**WANTED, "start": "2026-11-01"})
    assert past.status_code == 422
    assert 'href="#f-start"' in past.text


def test_prints_are_files_without_the_patient_in_their_names(clinic: OpenClinic) -> None:
    patient, browser = patient_of(clinic), clinic.browser("prescriber")
    location = made(browser, patient, **INJECTED).headers["location"]
    reader = clinic.browser("viewer")
    names = ("plan.pdf", "card.pdf", "plan.ics")
    paper, card, dates = (reader.get(f"{location}/{name}") for name in names)
    for found, name in zip((paper, card, dates), names, strict=True):
        assert found.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert found.headers["cache-control"] == "no-store"
    document = pypdfium2.PdfDocument(paper.content)
    said = " ".join(p.get_textpage().get_text_range() for p in document)
    assert "25 Nov 2026, 09:30" in " ".join(said.split())
    assert patient not in said  # the name stands there, not the record's id
    assert pypdfium2.PdfDocument(card.content)[0].get_size() == pytest.approx((242.6, 153.1), abs=1)
    events = list(vobject.readOne(dates.text).vevent_list)
    starts = [e.dtstart.value for e in events if hasattr(e.dtstart.value, "hour")]
    assert len(starts) == 4
    assert f"{starts[0]:%Y-%m-%d %H:%M}" == "2026-11-25 09:30"


def test_programs_compare_make_and_read_plans(clinic: OpenClinic) -> None:
    patient, program = patient_of(clinic), clinic.program("prescriber")
    here, asked = f"/api/v1/patients/{patient}", {"start": "2026-11-25", "jurisdiction": "us"}
    side = program.post(f"{here}/plans/compare", json={**asked, "route": "im_xr"})
    assert [row["regimen"] for row in side.json()] == ["injection_380_every_4_weeks"]
    assert program.get(f"{here}/plan").status_code == 404
    body, first = {**asked, **INJECTED}, {"Idempotency-Key": f"k-{patient}"}
    made_, again = (program.post(f"{here}/plans", json=body, headers=first) for _ in range(2))
    assert made_.status_code == 201, made_.text
    assert made_.json() == again.json()
    assert program.get(f"{here}/plan").json()["event"] == made_.json()["event"]
    late = {"If-Match": '"1"', "Idempotency-Key": f"l-{patient}"}
    assert program.post(f"{here}/plans", json=body, headers=late).status_code == 409
    pdf = program.get(f"{here}/plans/{made_.json()['event']}/plan.pdf")
    assert pdf.content.startswith(b"%PDF")


def test_what_was_acknowledged_stands_in_the_audit(clinic: OpenClinic) -> None:
    patient, browser = patient_of(clinic), clinic.browser("prescriber")
    made(browser, patient)
    a = clinic_tables.audit
    query = select(a.c.detail).where(a.c.patient == patient, a.c.action == "plan.made")
    with reading(clinic.clinic.engine) as connection:
        detail = connection.execute(query).scalars().all()
    assert len(detail) == 1
    assert decisions(clinic, patient)[0].event_id in detail[0]
