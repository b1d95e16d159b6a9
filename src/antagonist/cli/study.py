"""``antagonist study``: the dose for a wanted occupancy, when to measure, wash-out, supply."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from antagonist.cli.common import (
    JsonOption,
    Language,
    LanguageOption,
    answers,
    print_json,
    progress,
    tell_written,
)

SCHEMA = "antagonist.study/1"
MOST_DRAWS = 20_000
WINDOW_ALLOWED = "two times after the dose, such as '2h-8h' or '1 d - 3 d'"


def window_h(text: str) -> tuple[float, float]:
    """Hours from text such as ``2h-8h``. Raises InputError for anything else."""
    from antagonist.foundation.errors import InputError
    from antagonist.foundation.units import duration_h

    ends = text.split("-")
    if len(ends) != 2:
        raise InputError("", "window", text, WINDOW_ALLOWED)
    start_h, end_h = (duration_h(end, "", "window") for end in ends)
    return start_h, end_h


def study(
    receptor: Annotated[str, typer.Option(help="mu, kappa or delta.")],
    occupancy: Annotated[float, typer.Option(help="Wanted occupancy, such as 0.9 for 90 %.")],
    window: Annotated[
        str, typer.Option(help="Hours after the dose in which to hold it.")
    ] = "2h-8h",
    people: Annotated[int, typer.Option(help="People in the study.")] = 20,
    sessions: Annotated[int, typer.Option(help="Sessions with a dose for each of them.")] = 1,
    product: Annotated[str, typer.Option(help="Product that is given.")] = "oral_tablet",
    strength: Annotated[
        str | None, typer.Option(help="One tablet or other unit, such as '50 mg'.")
    ] = None,
    price_per_tablet: Annotated[
        float | None, typer.Option(help="Price of one tablet or other unit. Default unknown.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Its currency, such as EUR.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write study.html, .svg and .png into this folder.")
    ] = None,
    language: LanguageOption = Language.en,
    draws: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_DRAWS, help="Draws over structures, parameters and people."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the draws.")] = None,
    json: JsonOption = False,
) -> None:
    """Plan an experiment: dose for a wanted occupancy, when to measure, wash-out, tablets, cost.

    Decision support for professionals, not a certified medical device.
    """
    from antagonist.foundation.units import mass_mg
    from antagonist.pharmacology.settings import settings
    from antagonist.pharmacology.study import study as plan
    from antagonist.pharmacology.study_design import design
    from antagonist.report.figures_page import words_of, write_page
    from antagonist.report.study_text import print_study, study_page

    words = words_of("study", language)
    chosen = settings(draws=draws, seed=seed)
    asked = design(
        receptor,
        occupancy,
        window_h=window_h(window),
        people=people,
        sessions=sessions,
        product=product,
        strength_mg=None if strength is None else mass_mg(strength, "", "strength"),
        price=price_per_tablet,
        currency=currency,
    )
    with progress("Planning the study"):
        result = plan(asked, chosen)
    written: list[Path] = []
    if out is not None:
        from antagonist.report.study_chart import study_figure

        page, figure = study_page(result, words), study_figure(result, words)
        written = write_page(page, figure, out, "study", words)
    if json:
        statement = {"disclaimer": words.text("doc.statement")}
        print_json(SCHEMA, statement | result.model_dump(mode="json"))
    else:
        print_study(result, answers(), words)
    tell_written((words.text("study.written", path=path) for path in written), json=json)
