"""Comparisons and study plans in words, tables and charts."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.settings import settings
from antagonist.pharmacology.study import study
from antagonist.pharmacology.study_design import design
from antagonist.pharmacology.study_results import Study
from antagonist.planning.compare import Comparison, Lasting, compare
from antagonist.report.compare_chart import compare_figure
from antagonist.report.compare_text import compare_page, lasting, print_comparison, span
from antagonist.report.figures_page import words_of, write_page
from antagonist.report.study_chart import study_figure
from antagonist.report.study_text import print_study, study_page

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ["r2_100_every_2_days", "implant_gomedical_3.4g", "implant_gel"]
FEW = settings(draws=12, seed=4)


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return compare(NAMES, chosen=FEW)


@pytest.fixture(scope="module")
def planned() -> Study:
    return study(design("kappa", 0.4), FEW)


def console_text(printed: Callable[[Console], None]) -> str:
    stream = StringIO()
    printed(Console(file=stream, width=120))
    return stream.getvalue()


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(
    ("hours", "text"),
    [(0.0, "0 h"), (29.9, "29 h"), (95.99, "95 h"), (96.0, "4 d"), (335.9, "13 d")],
)
def test_spans_are_rounded_down(hours: float, text: str) -> None:
    assert span(hours, words_of("compare", "en")) == text


def test_an_end_that_was_not_found_says_how_long_was_searched() -> None:
    found = Lasting(at_least_h=60.0, median_h=None, reached=1.0, searched_h=1344.0)
    assert lasting(found, words_of("compare", "en")) == ("60 h", "over 56 d")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_comparison_page_says_line_figures_and_what_has_no_data(
    compared: Comparison, tmp_path: Path, language: str
) -> None:
    words = words_of("compare", language)
    page = compare_page(compared, words)
    paths = write_page(page, compare_figure(compared, words), tmp_path, "compare", words)
    assert [path.name for path in paths] == ["compare.html", "compare.svg", "compare.png"]
    html = paths[0].read_text(encoding="utf-8")
    assert "<script" not in html
    assert f'<html lang="{language}">' in html
    assert html.count(words.text("doc.statement")) == 2
    assert words.text("doc.breathing") in html
    gel = [row for row in page.tables[0].rows if row[1] == words.text("no_data")]
    assert len(gel) == 1
    assert set(gel[0][2:]) == {""}
    assert len(page.tables[0].rows) == 2 * 2 + 1
    root = ElementTree.fromstring(paths[1].read_text(encoding="utf-8"))
    described = root.findtext(f"{SVG}desc") or ""
    assert root.get("role") == "img"
    for row in compared.regimens:
        assert row.title["ru" if language == "ru" else "en"] in described
    assert paths[2].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_comparison_is_printed_with_both_endpoints(compared: Comparison, language: str) -> None:
    words = words_of("compare", language)
    text = flat(console_text(lambda console: print_comparison(compared, console, words)))
    for key in ("compare.subjective", "compare.physiological", "doc.statement", "doc.breathing"):
        assert flat(words.text(key)) in text
    assert compared.provenance.sha256[:12] in text
    assert not re.search(r"\bsafe\b|безопас", text, re.IGNORECASE)


def test_the_chart_has_a_row_and_two_marks_for_each_regimen(compared: Comparison) -> None:
    shares, weakest, lasts = compare_figure(compared, words_of("compare", "en")).axes
    assert [label.get_text().split("\n")[0] for label in shares.get_yticklabels()] == [
        row.title["en"] for row in compared.regimens
    ]
    for axes, pick in ((shares, "time_protected"), (weakest, "weakest")):
        dots = [
            (str(line.get_marker()), float(line.get_xdata()[0]))  # type: ignore[index,arg-type]
            for line in axes.lines
            if line.get_marker() in ("o", "s")
        ]
        expected = []
        for row in compared.regimens:
            for part, marker in zip(row.protection, "os", strict=False):
                values = part.time_protected if pick == "time_protected" else part.weakest.blocked
                expected.append((marker, 100 * values.median))
        assert dots == expected
    assert [text.get_text() for text in lasts.texts] == ["no data"]
    assert any(list(line.get_xdata()) == [90.0, 90.0] for line in weakest.lines)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_plan_is_written_and_printed(planned: Study, tmp_path: Path, language: str) -> None:
    words = words_of("study", language)
    page = study_page(planned, words)
    paths = write_page(page, study_figure(planned, words), tmp_path, "study", words)
    html = paths[0].read_text(encoding="utf-8")
    text = flat(console_text(lambda console: print_study(planned, console, words)))
    for shown in (flat(html), text):
        assert flat(words.text("study.cost_missing")) in shown
        assert "S1" in shown
        assert "de Laat 2021" in shown
        assert flat(words.text("doc.statement")) in shown
        assert not re.search(r"\bsafe\b|безопас", shown, re.IGNORECASE)
    assert len(page.tables[1].rows) == len(planned.table)
    assert "<script" not in html


def test_a_plan_without_a_dose_has_a_chart_that_says_so() -> None:
    words = words_of("study", "en")
    nothing = study(design("delta", 0.95), FEW)
    _, course = study_figure(nothing, words).axes
    assert "no dose is planned" in [text.get_text() for text in course.texts]
    table = study_page(nothing, words).tables[0]
    rows = {row[0]: row[1:] for row in table.rows}
    assert set(rows["Planned dose"]) == {"none: above the limit of 200 mg"}
    assert set(rows["Cost"]) == {"–"}


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InputError, match="one of en, ru"):
        words_of("study", "de")
