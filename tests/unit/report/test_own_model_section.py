"""The section of a patient's own model: whole in both languages, the odd level first."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files

import numpy as np
import pypdfium2
import pytest
from tests.support.courses import course, dose
from tests.support.example_record import AT, CHOSEN, events, example, injected, misfit

from antagonist.feedback.acting.exact import own_sampler, own_units
from antagonist.feedback.acting.learned import Learned
from antagonist.feedback.outcomes.blocked import units_for
from antagonist.feedback.outcomes.course import course_of
from antagonist.feedback.outcomes.patient import Measured, measured
from antagonist.report.outcome_model_slot import model_section, own_section
from antagonist.report.outcome_pages import (
    OutcomeReport,
    Section,
    html_bytes,
    outcome_words,
    pdf_bytes,
)
from antagonist.report.outcome_patient import patient_report
from antagonist.report.wording import LANGUAGES, read_catalogue

LOCALE = "locale/learning.yaml"


@cache
def measured_with(of: Callable[[], Learned]) -> Measured:
    found = of()
    seen = course_of("p1", events(), AT)
    made = measured(seen, own_units(found, seen, CHOSEN), CHOSEN, own_sampler(found))
    return Measured(made.outcomes, made.course, made.blocked, found)


def section_of_learned(found: Learned, language: str) -> Section:
    return own_section(found, outcome_words(language))


def section_of(of: Callable[[], Learned], language: str) -> Section:
    made = model_section(measured_with(of), outcome_words(language))
    assert made is not None
    return made


@cache
def report_of(language: str) -> OutcomeReport:
    return patient_report(measured_with(example), outcome_words(language))


def tables(section: Section) -> dict[str, list[list[str]]]:
    return {t.caption: [list(row) for row in t.rows] for t in section.tables}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_stands_first_with_its_chart_in_words(language: str) -> None:
    report = report_of(language)
    own = section_of(example, language)
    assert report.sections[0].title == own.title
    chart = own.charts[0]
    told = "\n".join(chart.description)
    assert "2026-05-22 08:40" in told
    assert all(line[0].isupper() or line[0].isdigit() for line in chart.description)
    assert len(chart.figure.axes) == 4


@pytest.mark.parametrize(("language", "reported"), [("en", "reported"), ("ru", "со слов")])
def test_doses_in_doubt_stand_with_their_chances(language: str, reported: str) -> None:
    rows = next(iter(tables(section_of(example, language)).values()))
    by_day = {row[0].split()[1]: row for row in rows}
    assert set(by_day) == {"2026-04-03", "2026-05-06", "2026-05-20"}
    assert by_day["2026-05-20"][1:4] == [reported, "70 %", "<1 %"]


def test_times_samples_and_regimens_are_to_be_considered() -> None:
    own = section_of(example, "en")
    found = tables(own)
    assert list(found) == [
        "Doses in doubt", "Stated times without a further dose",
        "To consider: when to take a level", "To consider: regimens",
    ]  # fmt: skip
    assert len(found["Stated times without a further dose"]) == 3
    samples = found["To consider: when to take a level"]
    assert {row[1] for row in samples} == {"naltrexone", "6-beta-naltrexol"}
    assert all(re.fullmatch(r"[\d.]+ h ± [\d.]+", row[2]) for row in samples)
    present, *others = found["To consider: regimens"]
    assert present[0].startswith("present: ")
    assert others
    assert all("source: " in row[3] for row in others)
    by_mouth = next(row[3] for row in others if "by mouth" in row[3])
    assert "probably not taken: 3 Apr 2026, 6 May 2026, 20 May 2026" in by_mouth
    assert any("levels of 30 Mar 2026, 24 Apr 2026, 22 May 2026" in line for line in own.lines)
    assert not re.search(r"\b(must|should take|prescribe)\b", " ".join(own.lines))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_level_that_fits_no_pattern_comes_before_all_else(language: str) -> None:
    report = patient_report(measured_with(misfit), outcome_words(language))
    assert "2026-05-22 08:40" in report.lead[0]
    own = section_of(misfit, language)
    naltrexol = own.charts[0].figure.axes[2]
    odd = [line for line in naltrexol.lines if line.get_marker() == "X"]
    assert [float(np.asarray(line.get_ydata())[0]) for line in odd] == [900.0]
    words = {"en": "fits no pattern", "ru": "не согласуется"}
    assert words[language] in " ".join(own.charts[0].description)
    assert own.lines[0] == report.lead[0]
    # doses, times and samples, no regimens
    assert len(own.tables) <= 3
    words = {"en": "No regimen is proposed on a level", "ru": "несогласующейся концентрации"}
    assert any(words[language] in line for line in own.lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plan_and_the_present_regimen_are_told_where_nothing_better_is_found(
    language: str,
) -> None:
    lines = section_of_learned(injected(), language).lines
    words = {"en": ("(3 to come)", "levels of 22 May"), "ru": ("(впереди 3)", "от 22 мая")}
    for told in words[language]:
        assert any(told in line for line in lines), told


def test_hours_blocked_say_that_they_are_by_the_own_model() -> None:
    hours = next(s for s in report_of("en").sections if s.title == "Hours blocked")
    assert any("this patient's own model" in line for line in hours.lines)


def test_without_levels_there_is_no_section() -> None:
    seen = course([dose(0), dose(2)], 20)
    plain = measured(seen, units_for([seen], CHOSEN), CHOSEN)
    assert model_section(plain, outcome_words("en")) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_hold_it_and_equal_reports_give_equal_bytes(language: str) -> None:
    words, report = outcome_words(language), report_of(language)
    html = html_bytes(report, words)
    again = patient_report(measured_with(example), words)
    assert html == html_bytes(again, words)
    assert "&lt;1 %" in html.decode()
    made = pdf_bytes(report, words)
    first = pypdfium2.PdfDocument(io.BytesIO(made))[0].get_textpage().get_text_range()
    # the chart and its words fit the first page under the heading
    assert report.sections[0].title in first
    assert "08:40" in first


def test_russian_is_written_in_russian() -> None:
    text = files("antagonist.report").joinpath(LOCALE).read_text("utf-8")
    for key, told in read_catalogue(text, LOCALE).items():
        bare = re.sub(r"\{\w+\}|docs/how-to/learn-from-a-level.md|own_model.yaml", "", told["ru"])
        assert not re.search("[A-Za-z]{2,}", bare), key
        assert not re.search("[А-Яа-я]", told["en"]), key
        assert set(re.findall(r"\{\w+\}", told["en"])) == set(re.findall(r"\{\w+\}", told["ru"]))


def test_every_text_of_the_section_is_used() -> None:
    source = "".join(
        path.read_text("utf-8")
        for path in files("antagonist.report").iterdir()
        if path.name.endswith(".py")
    )
    text = files("antagonist.report").joinpath(LOCALE).read_text("utf-8")
    computed = ("own.reason.", "own.why_not.")
    for key in read_catalogue(text, LOCALE):
        if key.startswith("own.") and not key.startswith(computed):
            short = key.removeprefix("own.")
            assert re.search(rf"[\"']({re.escape(key)}|{short})[\"']", source), key
