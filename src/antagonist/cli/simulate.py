"""``antagonist simulate``: from a dosing history to hours of protection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antagonist.cli.common import (
    Audience,
    JsonOption,
    Language,
    LanguageOption,
    answers,
    errors_of,
    print_json,
    progress,
    tell_written,
)
from antagonist.foundation.errors import InputError
from antagonist.foundation.units import duration_h, mass_mg

if TYPE_CHECKING:
    from antagonist.pharmacology.dosing.records import Course
    from antagonist.pharmacology.results import Forecast
    from antagonist.pharmacology.settings import Settings

SCHEMA = "antagonist.simulate/1"
FORMATS = ("html", "svg", "png")
MOST_DRAWS = 20_000
LARGEST_DOSE_MG = 100_000.0
LATEST_H = 366 * 24.0
CHALLENGE_ALLOWED = "an opioid, a route and a dose above 0, such as 'heroin iv 25 mg'"
Challenge = tuple[str, str, float]


@dataclass(frozen=True)
class Request:
    """What was asked of every course of the file. at_h: hours after now; None = the usual."""

    settings: Settings
    challenge: Challenge | None
    at_h: tuple[float, ...] | None
    formats: tuple[str, ...]


def simulate(
    history: Annotated[
        Path,
        typer.Argument(
            metavar="COURSE.yaml|EVENTS.csv",
            help="The dosing history: a YAML course, or a CSV with NONMEM's columns.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Write the report into this folder; without it no file is written."),
    ] = None,
    json: JsonOption = False,
    language: LanguageOption = Language.en,
    audience: Annotated[
        Audience, typer.Option(help="Who reads; 'patient' holds no opioid dose.")
    ] = Audience.professional,
    draws: Annotated[
        int | None, typer.Option(min=1, max=MOST_DRAWS, help="Draws of all that is uncertain.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the draws.")] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Blocked share that counts as protected, as 0.9.")
    ] = None,
    challenge: Annotated[
        str | None, typer.Option(help="Opioid, route and dose to try, as 'heroin iv 25 mg'.")
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(help="When after now the opioid is tried, as 24h; repeat for several."),
    ] = None,
    step: Annotated[
        int, typer.Option(min=1, max=744, help="Hours between points of the JSON bands.")
    ] = 1,
    formats: Annotated[
        str, typer.Option("--format", help="Files of the report: any of html,svg,png.")
    ] = "html,svg",
) -> None:
    """Say how blocked the patient is, until when, and what would break through."""
    if challenge is not None and audience is Audience.patient:
        allowed = "left out with --audience patient: a patient's answer holds no opioid dose"
        raise InputError("--challenge", "", challenge, allowed)
    request = _request(draws, seed, threshold, challenge, at, formats)
    forecasts = _forecasts(history, request)
    paths = [] if out is None else _write(forecasts, out, request, language, audience)
    if json:
        from antagonist.cli.document_simulate import document

        print_json(SCHEMA, document(forecasts, language.value, audience.value, step))
    else:
        _print(forecasts, language, audience)
    tell_written((f"written: {path}" for path in paths), json=json)


def read_challenge(text: str) -> Challenge:
    """Opioid, route and dose (mg) of text such as ``heroin iv 25 mg``.

    Raises InputError for an unknown opioid or route, or a dose out of range.
    """
    from antagonist.pharmacology.agonists import agonist

    parts = text.split(maxsplit=2)
    if len(parts) < 3:
        raise InputError("--challenge", "", text, CHALLENGE_ALLOWED)
    name, route, dose = parts[0].lower(), parts[1].lower(), parts[2]
    with errors_of("--challenge"):
        agonist(name, route)
        dose_mg = mass_mg(dose, "--challenge", "dose")
    if not 0 < dose_mg <= LARGEST_DOSE_MG:
        allowed = f"more than 0 and at most {LARGEST_DOSE_MG / 1000:g} g"
        raise InputError("--challenge", "dose", dose, allowed)
    return name, route, dose_mg


def read_hours(texts: Sequence[str] | None) -> tuple[float, ...] | None:
    """Hours after now of texts such as ``24h``; None for none.

    Raises InputError for text that is no duration or more than a year.
    """
    if not texts:
        return None
    hours = []
    for text in texts:
        hour = duration_h(text, "--at")
        if hour > LATEST_H:
            raise InputError("--at", "", text, f"at most {LATEST_H / 24:g} d after now")
        hours.append(hour)
    return tuple(sorted(set(hours)))


def read_formats(text: str) -> tuple[str, ...]:
    """Kinds of files of text such as ``html,svg``. Raises InputError for any other kind."""
    kinds = tuple(dict.fromkeys(kind.strip().lower() for kind in text.split(",")))
    for kind in kinds:
        if kind not in FORMATS:
            raise InputError("--format", "", kind, "any of " + ", ".join(FORMATS))
    return kinds


def _request(
    draws: int | None,
    seed: int | None,
    threshold: float | None,
    challenge: str | None,
    at: list[str] | None,
    formats: str,
) -> Request:
    from antagonist.pharmacology.settings import settings

    kinds, hours = read_formats(formats), read_hours(at)
    tried = None if challenge is None else read_challenge(challenge)
    try:
        chosen = settings(draws=draws, seed=seed, threshold_blocked_fraction=threshold)
    except InputError as error:
        raise InputError(f"--{error.field}", "", error.value, error.allowed) from None
    return Request(chosen, tried, hours, kinds)


def _forecasts(history: Path, request: Request) -> list[Forecast]:
    """Every forecast before anything is written: one bad course writes nothing."""
    from antagonist.cli.histories import load_courses

    courses = load_courses(history)
    found: list[Forecast] = []
    with progress("Simulating", len(courses)) as advance, errors_of(history.name):
        for course in courses:
            found.append(_forecast(course, request))
            advance(len(found))
    return found


def _forecast(course: Course, request: Request) -> Forecast:
    from antagonist.pharmacology import forecast

    hours = None
    if request.at_h is not None:
        hours = [course.as_of_h + hour for hour in request.at_h]
    return forecast.simulate(
        course, request.settings, challenge=request.challenge, challenge_at_h=hours
    )


def _write(
    forecasts: Sequence[Forecast],
    out: Path,
    request: Request,
    language: Language,
    audience: Audience,
) -> list[Path]:
    """One report in the folder, or one in a folder for each subject."""
    from antagonist.cli.histories import folder_names
    from antagonist.report.documents import write_report

    folders = [out]
    if len(forecasts) > 1:
        folders = [out / name for name in folder_names([f.course for f in forecasts])]
    written: list[Path] = []
    with progress("Writing reports", len(forecasts)) as advance:
        for done, (forecast, folder) in enumerate(zip(forecasts, folders, strict=True), start=1):
            written += write_report(
                forecast, folder, language=language, formats=request.formats, audience=audience
            )
            advance(done)
    return written


def _print(forecasts: Sequence[Forecast], language: Language, audience: Audience) -> None:
    from antagonist.report.console import print_forecast

    console = answers()
    for index, forecast in enumerate(forecasts):
        if index:
            console.rule(style="dim")
        print_forecast(forecast, console, language, audience=audience)
