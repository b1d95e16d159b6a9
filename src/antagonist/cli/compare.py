"""``antagonist compare``: regimens side by side."""

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

SCHEMA = "antagonist.compare/1"
MOST_DRAWS = 20_000


def compare(
    regimen: Annotated[
        list[str] | None,
        typer.Option(help="Regimen to compare, by id; repeat for several. Default all."),
    ] = None,
    weeks: Annotated[
        int, typer.Option(help="Weeks of a repeated regimen that doses and mg are counted for.")
    ] = 4,
    out: Annotated[
        Path | None, typer.Option(help="Write compare.html, .svg and .png into this folder.")
    ] = None,
    language: LanguageOption = Language.en,
    threshold: Annotated[
        float | None,
        typer.Option(help="Share blocked that counts as protected. Default 0.9."),
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_DRAWS, help="Draws over structures, parameters and patients."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the draws.")] = None,
    json: JsonOption = False,
) -> None:
    """Put regimens side by side: time protected, weakest hour, after the last dose, doses.

    Decision support for professionals, not a certified medical device.
    """
    from antagonist.pharmacology.settings import settings
    from antagonist.planning.compare import checked_weeks, compared, comparison
    from antagonist.planning.regimens import chosen_regimens
    from antagonist.report.compare_text import compare_page, print_comparison
    from antagonist.report.figures_page import words_of, write_page

    words = words_of("compare", language)
    chosen = settings(draws=draws, seed=seed, threshold_blocked_fraction=threshold)
    asked = chosen_regimens(regimen)
    checked_weeks(weeks)
    rows = []
    with progress("Comparing regimens", len(asked)) as advance:
        for name, found in asked.items():
            rows.append(compared(name, found, weeks, chosen))
            advance(len(rows))
    result = comparison(rows, weeks, chosen)
    written: list[Path] = []
    if out is not None:
        from antagonist.report.compare_chart import compare_figure

        page, figure = compare_page(result, words), compare_figure(result, words)
        written = write_page(page, figure, out, "compare", words)
    if json:
        statement = {"disclaimer": words.text("doc.statement")}
        print_json(SCHEMA, statement | result.model_dump(mode="json"))
    else:
        print_comparison(result, answers(), words)
    tell_written((words.text("compare.written", path=path) for path in written), json=json)
