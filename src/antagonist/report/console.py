"""The short answer for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import shorten
from typing import TYPE_CHECKING

from antagonist.pharmacology.results import Forecast
from antagonist.report.content import (
    PATIENT_WARNINGS,
    challenge_groups,
    now_rows,
    remaining_text,
    structures_text,
)
from antagonist.report.limits import limits
from antagonist.report.moments import Clock, clock_of
from antagonist.report.numbers import CHARTED
from antagonist.report.phrases import (
    Audience,
    agonist_dose,
    chart_title,
    checked_audience,
    stated_text,
    threshold_text,
)
from antagonist.report.wording import Wording, wording

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

MOST_CHALLENGES = 5
MOST_NOTES = 3
SHA_SHOWN = 12


def print_forecast(
    forecast: Forecast,
    console: Console,
    language: str = "en",
    *,
    audience: str = "professional",
) -> None:
    """Print the short answer of a forecast, about 35 lines at most.

    audience: ``professional``, or ``patient`` (warnings, and no agonist dose of any kind).
    Raises InputError for an unknown language, audience or time zone.
    """
    words, reader = wording(language), checked_audience(audience)
    clock = clock_of(forecast.course, words)

    def say(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False, highlight=False)

    say(chart_title(forecast, words, reader), "bold")
    if reader == "patient":
        for key in PATIENT_WARNINGS:
            say(words.text(f"patient.{key}"))
        console.print()
    console.print(_grid(_stated(forecast, clock), bold=1))
    say(threshold_text(forecast.threshold, words, reader))
    console.print()
    say(words.text("console.now", time=clock.moment(forecast.course.as_of_h)), "bold")
    console.print(_grid(now_rows(forecast, words, reader)[: len(CHARTED)]))
    console.print()
    if reader == "professional":
        for heading, rows in _challenges(forecast, clock):
            say(heading, "bold")
            console.print(_grid(rows))
            console.print()
        say(words.text("doc.breathing"), "bold")
    for line in _notes(forecast, words, reader):
        say("- " + shorten(line, max(console.width - 2, 20), placeholder=" …"))
    say(_provenance(forecast, words), "dim")
    say(words.text("doc.statement"))


def _grid(rows: Iterable[Sequence[str]], bold: int | None = None) -> Table:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    for row in rows:
        cells = [
            Text(cell, style="bold" if column == bold else "") for column, cell in enumerate(row)
        ]
        grid.add_row(*cells)
    return grid


def _stated(forecast: Forecast, clock: Clock) -> list[tuple[str, str]]:
    horizon_h = forecast.course.horizon_h
    return [
        (clock.words.name("stated", item.name), stated_text(item, clock, horizon_h))
        for item in forecast.stated
    ]


def _challenges(forecast: Forecast, clock: Clock) -> list[tuple[str, list[Sequence[str]]]]:
    """The first agonist dose only: the report has the others."""
    groups = challenge_groups(forecast)
    if not groups:
        return []
    words = clock.words
    dose = agonist_dose(next(iter(groups[0].values())), words)
    rows: list[Sequence[str]] = [
        (
            words.text("doc.challenge_time"),
            words.name("endpoint", "subjective"),
            words.name("endpoint", "physiological"),
        )
    ]
    same = [group for group in groups if agonist_dose(next(iter(group.values())), words) == dose]
    for group in same[:MOST_CHALLENGES]:
        time = clock.moment(next(iter(group.values())).time_h)
        left = [remaining_text(group.get(key), words) for key in ("subjective", "physiological")]
        rows.append((time, *left))
    hidden = len(groups) - min(len(same), MOST_CHALLENGES)
    if hidden:
        rows.append((words.text("console.more", count=hidden), "", ""))
    return [(words.text("console.challenge", dose=dose), rows)]


def _notes(forecast: Forecast, words: Wording, audience: Audience) -> list[str]:
    notes = [str(limit) for limit in limits(forecast, words, audience)]
    shown = notes[:MOST_NOTES]
    if len(notes) > MOST_NOTES:
        shown.append(words.text("console.notes_more", count=len(notes) - MOST_NOTES))
    return shown


def _provenance(forecast: Forecast, words: Wording) -> str:
    source = forecast.provenance
    return words.text(
        "console.provenance",
        name=source.parameter_set,
        version=source.version,
        sha=source.sha256[:SHA_SHOWN],
        structures=structures_text(forecast, words),
        draws=source.draws,
        seed=source.seed,
    )
