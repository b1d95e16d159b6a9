"""The chart of regimens side by side: a picture with the table's figures, in both languages."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest
from httpx2 import Response
from tests.support.clinics import OpenClinic
from tests.support.files_on_record import file_on_record

SVG = "{http://www.w3.org/2000/svg}"
WANTED: dict[str, Any] = {
    "what": "im_xr", "start": "2026-11-25", "clock": "09:30", "months": "3", "jurisdiction": "us",
    "clinic_days[]": ["mon", "wed", "fri"],
}  # fmt: skip
NOT_PLANNED = {"en": "not planned", "ru": "не рассчитано"}


def compared(clinic: OpenClinic, patient: str, who: str = "prescriber", **more: Any) -> Response:
    return clinic.browser(who).post(f"/patients/{patient}/plan/new", **{**WANTED, **more})


def pictures(page: Response) -> list[str]:
    """Addresses of the page's charts."""
    found = re.findall(r'(?:src|srcset)="([^"]*regimens\.svg[^"]*)"', page.text)
    return [unescape(address) for address in found]


def cells(page: Response) -> list[list[str]]:
    """The table's rows: each regimen's title, then its cells."""
    body = page.text[page.text.index("<tbody>") : page.text.index("</tbody>")]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [
        [" ".join(re.sub(r"<[^>]+>", " ", unescape(cell)).split()) for cell in
         re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in rows
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_chart_is_described_by_its_table(clinic: OpenClinic, language: str) -> None:
    clinic.reads("prescriber", language)
    page = compared(clinic, file_on_record(clinic.clinic.record, "eligible_opioid"))
    image = re.search(r'<img class="chart"[^>]*>', page.text)
    assert image is not None
    assert '<table class="options" id="regimens">' in page.text
    assert 'aria-describedby="regimens"' in image[0]
    narrow, wide = pictures(page)
    assert narrow == f"{wide}&narrow=on"
    for address, most_px in ((wide, 1152), (narrow, 420)):
        drawn = clinic.browser("prescriber").client.get(address)
        assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
        root = ElementTree.fromstring(drawn.text)
        described = root.findtext(f"{SVG}desc") or ""
        assert root.findtext(f"{SVG}title")
        assert float((root.get("width") or "").removesuffix("pt")) * 96 / 72 < most_px
        for title, _verdict, *figures in cells(page):
            assert title in described
            assert all(figure in described for figure in figures[:3])


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_refused_regimen_is_not_said_to_lack_data(clinic: OpenClinic, language: str) -> None:
    clinic.reads("prescriber", language)
    failing = {"liver_failure": {"value": True, "date": "2026-11-25", "source": "narcologist"}}
    patient = file_on_record(clinic.clinic.record, "eligible_opioid", facts=failing)
    page = compared(clinic, patient)
    for _title, _verdict, protected, weakest, *_rest in cells(page):
        assert (protected, weakest) == (NOT_PLANNED[language],) * 2
    drawn = clinic.browser("prescriber").client.get(pictures(page)[0])
    assert NOT_PLANNED[language] in drawn.text


def test_the_picture_answers_as_the_page_does(clinic: OpenClinic) -> None:
    clinic.reads("nurse", "en")
    patient = file_on_record(clinic.clinic.record, "eligible_opioid")
    page = compared(clinic, patient, "nurse", prescriber="Dr Secret Name", jurisdiction="")
    address = pictures(page)[0]
    assert "Secret" not in address
    described = clinic.browser("nurse").client.get(address).text
    verdicts = re.findall(r'class="badge[^"]*">([^<]*)<', page.text)
    for row, verdict in zip(cells(page), verdicts, strict=True):
        assert f"{row[0]}: {verdict}. " in described
    assert clinic.browser("viewer").client.get(address).status_code == 403
    wrong = clinic.browser("nurse").client.get(address.replace("months=3", "months=60"))
    assert wrong.status_code == 422
    assert "svg" not in wrong.headers["content-type"]
