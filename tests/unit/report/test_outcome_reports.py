"""Reports of outcomes: whole in both languages, every chart with its words, nothing small shown."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pypdfium2
import pytest
from tests.support.courses import Told, at, course, dose, doses, fact, injection, lab, on, urine

from antagonist.feedback.outcomes.blocked import units_for
from antagonist.feedback.outcomes.course import Course
from antagonist.feedback.outcomes.definitions import definitions, published
from antagonist.feedback.outcomes.patient import Measured, measured
from antagonist.feedback.outcomes.programme import outcomes_of
from antagonist.feedback.outcomes.programme_model import ProgrammeOutcomes
from antagonist.feedback.simulated.person import person
from antagonist.feedback.simulated.rates import rates
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.settings import settings
from antagonist.report.outcome_pages import (
    OutcomeReport,
    html_bytes,
    outcome_words,
    pdf_bytes,
    write_outcomes,
)
from antagonist.report.outcome_patient import patient_report
from antagonist.report.outcome_program import program_report
from antagonist.report.outcome_reference import page

FEW = settings(draws=8)
UNTIL, PEOPLE = date(2026, 3, 31), 160
LOCALE = "locale/outcomes.yaml"
# Names of trials, analyses, brands and people that are written alike in both languages.
LATIN = {
    "BOT", "Lee", "Hulse", "Krupitsky", "PDC", "EMA", "CTCAE", "Antagonist", "yaml", "log",
    "outcome_rules", "outcome_definitions", "intake",
}  # fmt: skip


@cache
def program() -> ProgrammeOutcomes:
    """A made-up program, small."""
    today = (UNTIL - on(0)).days
    return outcomes_of([made_up(n, today) for n in range(PEOPLE)], at(today, 20), FEW)


def made_up(n: int, today: int) -> Course:
    events = person(np.random.default_rng([9, n]), rates(), UNTIL, ZoneInfo("UTC"))
    told = [(e.kind, (e.occurred_at.date() - on(0)).days, e.payload) for e in events]
    return course(told, today, f"m{n}")


WEEKS: Sequence[Told] = [
    fact("sex", "male"),
    fact("indication_stated", "both"),
    lab(0, "alt", 0.8),
    *doses(range(0, 40, 2), 100),
    dose(41, status="missed"),
    dose(43, status="reported"),
    injection(44),
    *(urine(day, "positive" if day == 16 else "negative") for day in range(2, 44, 7)),
    ("alcohol_day", 20, {"date": on(19).isoformat(), "grams": 90}),
    ("lapse", 17, {"substance": "opioid", "date": on(15).isoformat()}),
    ("symptom", 12, {"term": "nausea", "present": True}),
    lab(30, "alt", 4.0),
    lab(31, "bilirubin", 2.5),
    ("rating", 43, {"item": "works", "by": "patient", "product": "vivitrol-us-380", "value": 8}),
]


@cache
def patient() -> Measured:
    seen = course(WEEKS, 60)
    return measured(seen, units_for([seen], FEW), FEW)


def both(language: str) -> list[OutcomeReport]:
    words = outcome_words(language)
    return [patient_report(patient(), words), program_report(program(), words)]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_section_names_its_definition_and_source(language: str) -> None:
    for report in both(language):
        assert len(report.sections) >= 9
        for section in report.sections:
            assert len(section.definition) > 40
            assert ("Source:" if language == "en" else "Источник:") in section.source


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_chart_is_told_in_words_and_has_axes_and_a_legend(language: str) -> None:
    for report in both(language):
        charts = [chart for section in report.sections for chart in section.charts]
        assert charts
        for chart in charts:
            assert chart.title
            assert len(" ".join(chart.description)) > 40
            assert chart.figure.legends, chart.name
            assert any(axes.get_xlabel() for axes in chart.figure.axes), chart.name
            assert "<desc id=" in chart.svg


def test_the_rule_of_drop_out_stands_on_the_retention_chart() -> None:
    report = program_report(program(), outcome_words("en"))
    charts = {c.name: c for s in report.sections for c in s.charts}
    said = charts["retention"].figure.axes[0].get_title(loc="left")
    assert "more than 14 days" in " ".join(said.split())
    assert "28 days" in " ".join(said.split())
    risk = [t.get_text() for t in charts["retention"].figure.axes[0].texts]
    assert str(PEOPLE) in risk


@pytest.mark.parametrize("language", ["en", "ru"])
def test_pages_stand_alone_and_equal_reports_give_equal_bytes(language: str) -> None:
    words = outcome_words(language)
    for report, again in zip(both(language), both(language), strict=True):
        html = html_bytes(report, words).decode()
        assert html == html_bytes(again, words).decode()
        assert html.count("<figure>") == html.count("<svg") > 0
        assert not re.search(r'(?:src|href)="(?!#)', html)
        made = pdf_bytes(report, words)
        assert made == pdf_bytes(again, words)
        text = "".join(
            p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(io.BytesIO(made))
        )
        assert report.sections[0].title in text


def test_every_measure_of_the_definitions_is_cited_in_the_program_report() -> None:
    report = program_report(program(), outcome_words("en"))
    text = " ".join([x for s in report.sections for x in (s.definition, *s.lines)])
    shown = {name for name, found in definitions().items() if found.text.en in text}
    # all injections of a small program may be hidden, and the section with them
    assert set(definitions()) - shown <= {"injections"}


def test_worst_case_stands_before_observed_and_best() -> None:
    report = patient_report(patient(), outcome_words("en"))
    urine_table = next(s for s in report.sections if "Urine" in s.title).tables[0]
    assert [row[0].split(", ")[1] for row in urine_table.rows] == [
        "worst case",
        "observed",
        "best case",
    ]
    relapse = next(s for s in report.sections if s.title.startswith("Relapse")).tables[0]
    assert len(relapse.rows) == 4


def test_what_is_not_known_is_said_and_not_shown_as_no() -> None:
    seen = course(doses([0, 2]), 20)
    report = patient_report(measured(seen, units_for([seen], FEW), FEW), outcome_words("en"))
    rows = {
        row[0]: row[1] for s in report.sections for t in s.tables for row in t.rows if len(row) > 1
    }
    assert rows["physiological (Krupitsky 2011)"] == "Cannot be told"
    lines = [line for s in report.sections for line in s.lines]
    assert any("cannot be told" in line for line in lines)
    assert dict(report.head)["Indication"] == "not known"


def test_a_candidate_for_hys_law_is_named() -> None:
    report = patient_report(patient(), outcome_words("en"))
    lines = [line for s in report.sections for line in s.lines]
    assert any("4.0 x ULN, bilirubin 2.5 x ULN" in line for line in lines)


def test_a_patient_without_a_dose_has_a_report_that_says_so() -> None:
    seen = course([("words", 0, {"text": "x"})], 5)
    report = patient_report(measured(seen, units_for([seen], FEW), FEW), outcome_words("en"))
    assert any("No dose on record" in line for line in report.lead)


def test_files_are_written_together_and_other_formats_refused(tmp_path: Path) -> None:
    words = outcome_words("en")
    report = patient_report(patient(), words)
    paths = write_outcomes(report, tmp_path, "patient", words, ["html", "png"])
    assert {p.name for p in paths} == {"patient.html", "patient-course.png"}
    with pytest.raises(InputError, match="formats"):
        write_outcomes(report, tmp_path / "not", "patient", words, ["html", "doc"])
    assert not (tmp_path / "not").exists()


def test_russian_is_written_in_russian() -> None:
    from antagonist.report.wording import read_catalogue

    text = files("antagonist.report").joinpath(LOCALE).read_text("utf-8")
    for key, texts in read_catalogue(text, LOCALE).items():
        bare = re.sub(r"\{\w+\}", "", texts["ru"])
        assert set(re.findall(r"[A-Za-z_]{2,}", bare)) <= LATIN, key
        assert not re.search("[А-Яа-я]", texts["en"]), key
    keys = re.findall(r"^([\w.]+):", text, flags=re.MULTILINE)
    assert len(keys) == len(set(keys))


def test_published_figures_belong_to_measures_that_are_defined() -> None:
    rows = [f.row for figures in published().values() for f in figures]
    assert set(published()) <= set(definitions())
    assert len(rows) == len(set(rows)) > 30


def test_the_reference_page_is_current() -> None:
    kept = Path(__file__).parents[3] / "docs" / "reference" / "outcomes.md"
    hint = "python -m antagonist.report.outcome_reference > docs/reference/outcomes.md"
    assert kept.read_text(encoding="utf-8") == page(), hint
