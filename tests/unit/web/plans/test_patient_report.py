"""A patient's outcomes: computed in a thread, shown, printed; never another patient's."""

from __future__ import annotations

import threading

import pypdfium2
from tests.support.clinics import OpenClinic, text_of
from tests.support.courses import TABLET
from tests.support.files_on_record import file_on_record

from antagonist.feedback.events import NewEvent
from antagonist.feedback.payloads.registry import NEWEST

WAIT_S = 60


def treated(clinic: OpenClinic) -> str:
    """A patient with one observed dose."""
    patient = file_on_record(clinic.clinic.record)
    dose = {"product": TABLET, "dose_mg": 50, "status": "observed", "observed_by": "nurse",
            "mouth_checked": True}  # fmt: skip
    event = NewEvent("dose", clinic.clinic.now(), dose, NEWEST["dose"])
    clinic.clinic.record.append(patient, [event], clinic.people["nurse"].actor)
    return patient


def waited() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("report-"):
            thread.join(WAIT_S)


def test_a_report_is_computed_shown_and_printed(clinic: OpenClinic) -> None:
    patient, other = treated(clinic), treated(clinic)
    viewer = clinic.browser("viewer")
    here = f"/patients/{patient}/report"
    assert viewer.get(f"{here}.pdf").status_code == 404
    page = viewer.follow(viewer.post(here))
    assert page.status_code == 200
    waited()
    assert viewer.get(f"{here}/progress", polling="1").status_code == 303
    page = viewer.get(here)
    assert "Test Anna" in text_of(page)
    assert "25 Nov 2026" in text_of(page)
    pdf = viewer.get(f"{here}.pdf")
    assert pdf.headers["content-disposition"] == 'attachment; filename="report.pdf"'
    said = " ".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(pdf.content))
    assert "Test Anna" in said
    assert patient not in said
    chart = viewer.get(f"{here}/chart-1.svg")
    assert (chart.status_code, chart.headers["content-type"]) == (200, "image/svg+xml")
    assert viewer.get(f"{here}/chart-99.svg").status_code == 404
    assert viewer.get(f"/patients/{other}/report.pdf").status_code == 404


def test_programs_get_the_figures(clinic: OpenClinic) -> None:
    patient = treated(clinic)
    found = clinic.program("viewer").get(f"/api/v1/patients/{patient}/report").json()
    assert (found["patient"], found["start"], found["injections"]) == (patient, "2026-11-25", 0)
    office = clinic.program("administrator").get(f"/api/v1/patients/{patient}/report")
    assert office.status_code == 403
