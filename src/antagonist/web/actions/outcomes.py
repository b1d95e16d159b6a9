"""One patient's outcomes: computed in the background, kept with their texts, charts and print."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from antagonist.feedback.database import reading
from antagonist.web.actions import jobs
from antagonist.web.actions.jobs import Job, Progress
from antagonist.web.actions.naming import names_of
from antagonist.web.actions.prints import PDF, Print
from antagonist.web.actions.programme import chart as chart_of
from antagonist.web.actions.programme import report_texts
from antagonist.web.clinic import Clinic
from antagonist.web.errors import NotFoundError
from antagonist.web.visit import Visit

NAME = "report.pdf"
STEPS = 3  # measured, worded, printed


def kind(patient: str, language: str) -> str:
    """The kind of job: one runs for a patient and language at a time."""
    return f"report{patient.replace('-', '')}{language}"


def begin(visit: Visit, patient: str) -> str:
    """Begin to measure a patient's outcomes in the reader's language; gives the job's id."""
    clinic, language = visit.clinic.alone, visit.reader.language
    name = names_of(visit, [patient])[patient]
    return jobs.begin(
        visit, kind(patient, language),
        lambda progress: measured(clinic, patient, name, language, progress),
    )  # fmt: skip


def measured(
    clinic: Clinic, patient: str, name: str, language: str, progress: Progress
) -> Mapping[str, Any]:
    """The report's texts and its print. name: the patient's, for the title."""
    from dataclasses import replace

    from antagonist.feedback.outcomes.patient import measured_patient
    from antagonist.report.outcome_pages import outcome_words, pdf_bytes
    from antagonist.report.outcome_patient import patient_report

    progress.total = STEPS
    at, words = clinic.now().astimezone(clinic.tz), outcome_words(language)
    found = measured_patient(clinic.record, patient, at)
    progress.told(1)
    title = words.text("out.patient_title", patient=name)
    report = replace(patient_report(found, words), title=title)
    texts = report_texts(report)
    progress.told(2)
    printed = b64encode(pdf_bytes(report, words)).decode("ascii")
    return {"at": at.isoformat(), "texts": {language: texts}, "pdf": printed}


def state(visit: Visit, patient: str) -> tuple[Job | None, Job | None, Job | None]:
    """The job that runs, the last one of all, and the last one done with its content."""
    what, now = kind(patient, visit.reader.language), visit.clinic.now()
    with reading(visit.clinic.engine) as connection:
        every = jobs.kept(connection, what, now)
        done = jobs.latest(connection, what, now)
    running = next((job for job in every if job.status == jobs.RUNNING), None)
    return running, every[0] if every else None, done


def done_of(visit: Visit, patient: str) -> Job:
    """The last report done in the reader's language. Raises NotFoundError where there is none."""
    found = state(visit, patient)[2]
    if found is None or not found.content:
        raise NotFoundError
    return found


def printed(visit: Visit, patient: str) -> Print:
    """The last report as PDF. Raises NotFoundError where there is none."""
    content = done_of(visit, patient).content or {}
    return Print(NAME, PDF, b64decode(content["pdf"]))


def chart(visit: Visit, patient: str, number: int) -> str:
    """A chart of the last report as an SVG element, from 1. Raises NotFoundError for none."""
    return chart_of(done_of(visit, patient), visit.reader.language, number)


def figures(visit: Visit, patient: str) -> Mapping[str, Any]:
    """The outcomes as plain values, computed now; takes seconds where levels are on record."""
    from antagonist.feedback.answering import plain
    from antagonist.feedback.outcomes.patient import measured_patient

    clinic = visit.clinic
    found = measured_patient(clinic.record, patient, clinic.now().astimezone(clinic.tz))
    outcomes: Mapping[str, Any] = plain(found.outcomes)
    return outcomes
