"""The short answer for a terminal."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console
from tests.unit.report.fake_forecast import fake_forecast

from antagonist.pharmacology.results import Forecast
from antagonist.report.console import print_forecast
from antagonist.report.limits import limits
from antagonist.report.wording import wording

EN = wording("en")


def _printed(forecast: Forecast, language: str = "en", width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_forecast(forecast, console, language)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_answer_is_short(language: str) -> None:
    text = _printed(fake_forecast(), language)
    assert len(text.splitlines()) <= 35
    assert not re.search(r"\bsafe|безопас", text, re.IGNORECASE)


def test_answer_holds_what_was_asked() -> None:
    text = _printed(fake_forecast())
    assert re.search(r"Protected until at least +Sat 2026-03-14 02:30 MSK", text)
    assert "What 25 mg heroin, intravenous would still do" in text
    assert "Breathing may stop before any high is felt." in text
    assert "Parameter set consensus 2026.1, sha256 3f8a3f8a3f8a," in text
    assert "not a certified medical device" in text


def test_no_breakthrough_dose_on_the_terminal() -> None:
    assert not re.search(r"4[12]\d mg", _printed(fake_forecast()))


def test_brackets_in_a_title_are_text() -> None:
    assert "[red]course[/x]" in _printed(fake_forecast(title="[red]course[/x]"))


def test_other_agonists_and_notes_are_counted() -> None:
    forecast = fake_forecast()
    points = tuple(replace(point, agonist="fentanyl", dose_mg=0.1) for point in forecast.challenges)
    text = _printed(replace(forecast, challenges=forecast.challenges + points))
    assert "more rows in the report (--out): 4" in text
    # product, receptors, delta, both covariates as one; each opioid: two endpoints and its note
    lines = len(
        limits(replace(forecast, challenges=forecast.challenges + points), EN, "professional")
    )
    assert f"more notes in the report (--out): {lines - 3}" in text
    assert lines == 10


@pytest.mark.parametrize("language", ["en", "ru"])
def test_patients_read_warnings_and_no_agonist(language: str) -> None:
    console = Console(file=io.StringIO(), width=100)
    print_forecast(fake_forecast(), console, language, audience="patient")
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert ("It can kill you" if language == "en" else "Это может вас убить") in text
    assert not re.search(r"heroin|героин|\b25 (mg|мг)|break-?through", text, re.IGNORECASE)


def test_no_challenges_no_section() -> None:
    text = _printed(replace(fake_forecast(), challenges=()))
    assert "would still do" not in text
