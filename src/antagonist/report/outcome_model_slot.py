"""The patient's own model in the report: the forecast before and after the levels, and advice."""

from __future__ import annotations

from antagonist.feedback.acting.learned import Learned
from antagonist.feedback.outcomes.patient import Measured
from antagonist.report.advice_text import (
    regimen_lines,
    regimen_table,
    sampling_lines,
    sampling_table,
)
from antagonist.report.learning_chart import learning_figure
from antagonist.report.learning_text import (
    chances_of,
    describe_learning,
    learning_words,
    readings_of,
)
from antagonist.report.outcome_pages import Chart, Section
from antagonist.report.own_model_text import (
    diagnostic_lines,
    dose_lines,
    dose_table,
    misfit_told,
    planned_lines,
    stated_table,
)
from antagonist.report.wording import Wording

# With its words it has to fit the first page.
CHART_HEIGHT_IN = 7.3


def model_section(found: Measured, words: Wording) -> Section | None:
    """Forecast before and after the levels, doses inferred, what to consider; None without levels.

    words: of outcomes.
    """
    return None if found.learned is None else own_section(found.learned, words)


def model_lead(found: Measured, words: Wording) -> list[str]:
    """What is to be told before all else: levels that fit no pattern of doses."""
    return [] if found.learned is None else misfit_told(found.learned, _with_own(words))


def own_section(found: Learned, words: Wording) -> Section:
    """The same of a patient's own model."""
    own = _with_own(words)
    made = (
        dose_table(found, own), stated_table(found, own), sampling_table(found, own),
        regimen_table(found, own),
    )  # fmt: skip
    return Section(
        own.text("own.title"),
        own.text("own.definition"),
        own.text("own.source"),
        [_chart(found, own)],
        [table for table in made if table is not None],
        [
            *misfit_told(found, own),
            *dose_lines(found, own),
            *planned_lines(found, own),
            *sampling_lines(found, own),
            *regimen_lines(found, own),
            *diagnostic_lines(found, own),
        ],
    )


def _with_own(words: Wording) -> Wording:
    """The same words with those of learning."""
    return Wording(words.language, {**learning_words(words.language).entries, **words.entries})


def _chart(found: Learned, words: Wording) -> Chart:
    advice = found.advice
    what = (advice.before, advice.after, readings_of(found.own), chances_of(found.own), words)
    told = [text[:1].upper() + text[1:] for text in describe_learning(*what)]
    drawn = learning_figure(*what, height_in=CHART_HEIGHT_IN)
    return Chart("own-model", words.text("own.title"), drawn, told)
