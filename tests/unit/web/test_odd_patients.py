"""Every page of every patient answers: of nothing, erased, merged; and of no patient at all."""

from __future__ import annotations

import re

from tests.support.clinics import NURSE, OpenClinic, text_of
from tests.support.doors import doors
from tests.support.telling import injected

from antagonist.feedback.identity import erase
from antagonist.feedback.merging import merge
from antagonist.web.actions.board import board

WAYS = ("", "/screening", "/challenge", "/decisions", "/plan", "/plan/new", "/situation", "/report",
        "/record", "/breakthrough")  # fmt: skip


def test_every_page_of_a_patient_of_whom_nothing_is_known(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient()
    erased = own_clinic.patient("Gone Galina", "2")
    injected(own_clinic, erased, 5)
    erase(own_clinic.clinic.record, NURSE, erased, "asked for")
    browser = own_clinic.browser("prescriber")
    for one in (patient, erased):
        for way in WAYS:
            page = browser.get(f"/patients/{one}{way}")
            assert page.status_code == 200, way
            assert "Galina" not in page.text, way
            assert not re.search(
                r"\b(None(?!\.| yet| on record)|nan|Undefined)\b", text_in(page.text)
            ), way


def text_in(page: str) -> str:
    """What a page says, choices apart."""
    main = re.sub(r"<(script|style|select|nav).*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", main)


def test_every_page_of_a_merged_patient_leads_somewhere(own_clinic: OpenClinic) -> None:
    keep, other = own_clinic.patient("Kept", "1"), own_clinic.patient("Other", "2")
    injected(own_clinic, other, 5)
    merge(own_clinic.clinic.record, NURSE, keep, other, "one person")
    browser = own_clinic.browser("prescriber")
    for one in (keep, other):
        for way in WAYS:
            page = browser.get(f"/patients/{one}{way}")
            assert page.status_code in (200, 303), (one == other, way)


def test_every_page_of_a_clinic_without_patients(own_clinic: OpenClinic) -> None:
    browsers = {who: own_clinic.browser(who) for who in ("prescriber", "administrator")}
    for door in doors(own_clinic.app):
        if door.method == "GET" and door.face == "page" and "{" not in door.path:
            answers = {b.get(door.path).status_code for b in browsers.values()}
            assert answers & {200, 204, 303}, door.path
            assert max(answers) < 500, door.path
    for kind in board().lines:
        assert browsers["prescriber"].get("/today", kind=kind).status_code == 200


def test_pages_of_a_new_patient_say_in_russian_what_the_record_lacks(
    own_clinic: OpenClinic,
) -> None:
    own_clinic.reads("prescriber", "ru")
    here = f"/patients/{own_clinic.patient()}"
    lacking = "В карте не указано, по какому показанию"
    for path, sent, said in (
        ("situation", {"kind": "acute_pain"}, "В карте нет ни одной дозы налтрексона."),
        ("screening", {"question": "start"}, lacking),
        ("plan/new", {"start": "2026-05-01", "clock": "09:00", "clinic_days[]": "mon"}, lacking),
    ):
        answer = own_clinic.browser("prescriber").post(f"{here}/{path}", **sent)
        assert answer.status_code == 422
        assert said in text_of(answer)
        assert f'href="{here}/record/' in answer.text
