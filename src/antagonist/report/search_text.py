"""Regimens found by a search, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from antagonist.label.regimens import regimens
from antagonist.planning.search_model import Candidate, SearchRequest
from antagonist.report.label_text import in_language, label_words, number_text
from antagonist.report.numbers import percent
from antagonist.report.plan_phrases import money_text
from antagonist.report.wording import Wording

COLUMNS = ("regimen", "doses", "visits", "mg", "cost", "kept", "range")


def print_search(
    request: SearchRequest, found: Sequence[Candidate], console: Console, language: str
) -> None:
    """Print what was asked for and the regimens that keep it, least first."""
    words = label_words(language)
    asked = words.text(
        "search.asked",
        keep=percent(request.keep_blocked),
        share=percent(request.share),
        percentile=number_text(request.percentile, words),
        adherence=percent(request.adherence),
        by=words.text(f"search.by.{request.by}"),
    )
    console.print(asked, highlight=False, markup=False)
    if not found:
        console.print(words.text("search.none"), style="bold", highlight=False)
    else:
        console.print(_table(found, words))
    if any(not candidate.labelled for candidate in found):
        console.print(words.text("search.beyond"), highlight=False)
    console.print(words.text("doc.statement"), style="dim", highlight=False)


def _table(found: Sequence[Candidate], words: Wording) -> Table:
    table = Table(*(words.text(f"search.column_{name}") for name in COLUMNS))
    for candidate in found:
        low, _, high = candidate.protected_share
        table.add_row(
            _title(candidate, words),
            number_text(candidate.doses_per_week, words),
            number_text(candidate.visits_per_week, words),
            number_text(candidate.mg_per_week, words),
            _cost(candidate, words),
            percent(candidate.kept_share),
            f"{percent(low)}–{percent(high)}",
        )
    return table


def _title(candidate: Candidate, words: Wording) -> str:
    if candidate.regimen is not None:
        return in_language(regimens()[candidate.regimen].title, words)
    days = words.lists("weekdays")
    doses = ", ".join(f"{days[day - 1]} {number_text(mg, words)}" for day, mg in candidate.doses)
    return words.text("search.pattern", doses=doses)


def _cost(candidate: Candidate, words: Wording) -> str:
    cost = candidate.cost_per_week
    if cost is None:
        return words.text("value.unknown")
    low, high = (money_text(value, words) for value in (cost.low, cost.high))
    dated = cost.priced_on.isoformat() if cost.priced_on else words.text("search.undated")
    return f"{low}–{high} {cost.currency} ({dated})"
