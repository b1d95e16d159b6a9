"""The programme's figures: computed in the background, kept with their texts and charts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from antagonist.feedback.alarms.burden import burden
from antagonist.feedback.alarms.disclosed import (
    ShownBurden,
    ShownOverrides,
    shown_burden,
    shown_overrides,
)
from antagonist.feedback.database import changing, reading
from antagonist.feedback.history import patients_of
from antagonist.feedback.overrides import overrides_by_rule
from antagonist.foundation.errors import InputError
from antagonist.web.accounts.access import given
from antagonist.web.actions import jobs
from antagonist.web.actions.jobs import Job, Progress
from antagonist.web.clinic import Clinic
from antagonist.web.errors import NotAllowedError, NotFoundError
from antagonist.web.language import LANGUAGES
from antagonist.web.visit import Visit

if TYPE_CHECKING:
    from antagonist.report.outcome_pages import OutcomeReport, Section

PROGRAMME = "programme"
READ = "programme.read"
PERIODS = (30, 90, 365)  # days of alarms and overrides that may be asked for


def refuse_partial_view(visit: Visit) -> None:
    """Raises NotAllowedError for somebody who sees some patients only: the figures are of all."""
    with reading(visit.clinic.engine) as connection:
        limited = given(connection, visit.account) is not None
    if limited:
        with changing(visit.clinic.engine) as connection:
            visit.note(connection, READ, "refused")
        raise NotAllowedError(READ)


def compute(visit: Visit, days: int) -> str:
    """Begin to compute the figures and return the job's id.

    days: period of alarms and overrides. Raises InputError for another than PERIODS.
    """
    if days not in PERIODS:
        raise InputError("", "days", days, ", ".join(map(str, PERIODS)))
    clinic = visit.clinic.alone
    return jobs.begin(visit, PROGRAMME, lambda progress: figures(clinic, days, progress))


def run_of(visit: Visit, report: str) -> Job:
    """A run of the figures. Raises NotFoundError where there is none."""
    with reading(visit.clinic.engine) as connection:
        found = jobs.state_of(connection, report, visit.clinic.now())
    if found is None or found.what != PROGRAMME:
        raise NotFoundError
    return found


def figures(clinic: Clinic, days: int, progress: Progress) -> Mapping[str, Any]:
    """All that the programme's page shows, small groups hidden, with its texts in each language.

    days: of alarms and overrides up to now.
    """
    from antagonist.feedback.outcomes.programme import programme_outcomes
    from antagonist.feedback.outcomes.programme_model import ProgrammeOutcomes
    from antagonist.report.outcome_pages import outcome_words
    from antagonist.report.outcome_program import program_report

    at, record = clinic.now().astimezone(clinic.tz), clinic.record
    with reading(clinic.engine) as connection:
        progress.total = sum(1 for _ in patients_of(connection))
    alarms = burden(record, at - timedelta(days=days), at)
    gone_past = shown_overrides(
        overrides_by_rule(record, at - timedelta(days=days)), alarms.patients
    )
    found = programme_outcomes(record, at, told=progress.told)
    texts = {
        language: report_texts(program_report(found, outcome_words(language)))
        for language in LANGUAGES
    }
    return {
        "at": at.isoformat(),
        "days": days,
        "outcomes": _plain(ProgrammeOutcomes, found),
        "burden": _plain(ShownBurden, shown_burden(alarms)),
        "overrides": _plain(ShownOverrides, gone_past),
        "texts": texts,
    }


def _plain(kind: Any, value: object) -> Any:
    """What JSON can hold; a number that is not finite becomes null."""
    return json.loads(TypeAdapter(kind).dump_json(value))


def report_texts(report: OutcomeReport) -> Mapping[str, Any]:
    """A report as JSON keeps it: texts, tables, charts as SVG elements."""
    return {
        "title": report.title,
        "head": [list(row) for row in report.head],
        "lead": list(report.lead),
        "sections": [_section(section) for section in report.sections],
        "limits": list(report.limits),
        "provenance": report.provenance,
    }


def _section(section: Section) -> Mapping[str, Any]:
    return {
        "title": section.title,
        "definition": section.definition,
        "source": section.source,
        "lines": list(section.lines),
        "tables": [asdict(table) for table in section.tables],
        "charts": [
            {"title": chart.title, "words": list(chart.description), "svg": chart.svg}
            for chart in section.charts
        ],
    }


def chart(job: Job, language: str, number: int) -> str:
    """A chart of a run as an SVG element, counted from 1. Raises NotFoundError where it is not."""
    sections = (job.content or {}).get("texts", {}).get(language, {}).get("sections", ())
    drawn = [each["svg"] for section in sections for each in section["charts"]]
    if job.status != jobs.DONE or not 1 <= number <= len(drawn):
        raise NotFoundError
    return str(drawn[number - 1])
