"""The chart of learning: what it draws of levels and doses, and the same in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from antagonist.pharmacology.dosing.records import Course, EventRecord, Subject
from antagonist.pharmacology.ensemble import ensemble
from antagonist.pharmacology.forecast import forecast_of
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.results import Forecast
from antagonist.pharmacology.settings import settings
from antagonist.report.figures_page import words_of
from antagonist.report.images import svg_text
from antagonist.report.learning_chart import Chance, Reading, learning_figure
from antagonist.report.learning_text import describe_learning
from antagonist.report.wording import LANGUAGES

RECORDS = tuple(EventRecord(24.0 * d, 1, 50.0, product="oral_tablet") for d in range(3))
SUBJECT = Subject("7", RECORDS, origin=datetime(2026, 11, 16, 6, tzinfo=UTC))
COURSE = Course("Daily tablets", SUBJECT, 60.0, 90.0, "Europe/Moscow")
READINGS = (Reading(47.0, "conc_6bn", 4.2, 0.5, 0.7), Reading(47.0, "conc_ntx", None, 0.25, 0.05))
CHANCES = (Chance(0.0, 1.0, 1.0), Chance(24.0, 0.8, 0.03), Chance(48.0, 0.8, 0.9))


@pytest.fixture(scope="module")
def forecasts() -> tuple[Forecast, Forecast]:
    without = replace(SUBJECT, records=(RECORDS[0], RECORDS[2]))
    drawn = [
        ensemble(parameter_set(), s, draws=60, rng=np.random.default_rng(1))
        for s in (SUBJECT, without)
    ]
    before, after = (forecast_of(d, COURSE, settings(draws=60)) for d in drawn)
    return before, after


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_level_and_every_doubtful_dose_is_told(
    forecasts: tuple[Forecast, Forecast], language: str
) -> None:
    words = words_of("learning", language)
    told = describe_learning(*forecasts, READINGS, CHANCES, words)
    text = "\n".join(told)
    assert "4.2 ng/mL" in text or "4,2 нг/мл" in text
    assert len([t for t in told if "2026-11-18 08:00" in t]) == 2
    assert [t for t in told if "3 %" in t and "80 %" in t]
    # the dose that is certain is not named as doubtful
    assert not [t for t in told if "2026-11-16 09:00" in t and "100 %" in t]


def test_the_figure_has_units_a_key_and_the_readings(forecasts: tuple[Forecast, Forecast]) -> None:
    words = words_of("learning", "en")
    figure = learning_figure(*forecasts, READINGS, CHANCES, words)
    doses, naltrexone, naltrexol, blocked = figure.axes
    assert [a.get_ylabel() for a in (naltrexone, naltrexol, blocked)] == [
        "Naltrexone, ng/mL", "6-beta-naltrexol, ng/mL", "Effect blocked, %",
    ]  # fmt: skip
    assert naltrexone.get_yscale() == naltrexol.get_yscale() == "log"
    marks = {(float(x), float(y)) for line in doses.lines for x, y in np.asarray(line.get_xydata())}
    assert {(24.0, 80.0), (24.0, 3.0), (48.0, 90.0)} <= marks
    below = [
        tuple(np.asarray(line.get_xydata())[0])
        for line in naltrexone.lines
        if line.get_marker() == "v"
    ]
    assert below == [(47.0, 0.25)]
    assert len(figure.legends) == 1
    assert "<title" in svg_text(figure, "learning", "told")
