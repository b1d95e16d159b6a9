"""Sections of a program's report on harm and on ratings."""

from __future__ import annotations

from collections.abc import Sequence

from antagonist.feedback.outcomes.labs import LIVER
from antagonist.feedback.outcomes.programme_model import ProgrammeOutcomes
from antagonist.feedback.outcomes.ratings import RatingSummary
from antagonist.feedback.rating_items import rating_items
from antagonist.report import outcome_charts as charts
from antagonist.report.figures_page import Table
from antagonist.report.label_text import in_language
from antagonist.report.numbers import plain
from antagonist.report.outcome_pages import (
    Section,
    charted,
    headers,
    section,
)
from antagonist.report.outcome_phrases import (
    count_text,
    group_title,
    number_interval,
    product_name,
    rate_text,
    share_text,
    system_title,
    term_title,
)
from antagonist.report.wording import Wording

GRADES = ("0", "1", "2", "3", "4")


def effects_section(found: ProgrammeOutcomes, words: Wording) -> Section | None:
    """Side effects by organ system."""
    if not found.effects:
        return None
    rows = []
    for row in found.effects:
        if row.people is not None and row.people.k == 0:
            continue
        name = system_title(row.system, words)
        if row.term is not None:
            name = f"{name}: {term_title(row.term, words)}"
        cells = [share_text(row.people, words), rate_text(row.rate, words)]
        rows.append([name, group_title(row.group, words), *cells])
    names = headers(words, "system", "group", "people_with", "rate")
    table = Table(words.text("out.interval95"), names, rows)
    chart = charted(charts.effects_chart(found, words))
    return section("effects", words, charts=chart, tables=[table], compare=True)


def liver_section(found: ProgrammeOutcomes, words: Wording) -> Section | None:
    """Liver events."""
    if not found.liver:
        return None
    rows = [
        [
            words.text(f"test.{row.test}"),
            group_title(row.group, words),
            count_text(row.tested, words),
            *(count_text(row.grades[g], words) for g in GRADES),
            count_text(row.not_tested, words),
        ]
        for test in LIVER
        for row in found.liver
        if row.test == test
    ]
    names = [
        *headers(words, "test", "group", "tested"),
        *(words.text("out.grade_n", n=g) for g in GRADES),
        words.text("out.not_tested"),
    ]
    hy = [
        [
            group_title(row.group, words),
            share_text(row.candidates, words),
            count_text(row.not_looked_at, words),
        ]
        for row in found.hy
    ]
    tables = [
        Table(words.text("out.people"), names, rows),
        Table(words.text("out.hy_caption"), headers(words, "group", "found", "not_told"), hy),
    ]
    return section("liver", words, tables=tables, compare=True)


def rating_rows(found: Sequence[RatingSummary], words: Wording) -> list[list[str]]:
    """Ratings as rows: product, item, by whom, number, figure, median, distribution."""
    rows = []
    for each in found:
        item = in_language(rating_items().items[each.item].title, words)
        row = words.text("out.seed_row", row=each.row)
        cells = [product_name(each.product, words), f"{item} ({row})"]
        cells += [words.text(f"out.rater.{each.by}"), count_text(each.n, words)]
        scale = each.scale
        if scale is not None:
            spread = ", ".join(f"{_band(b.low, b.high, words)}: {b.count}" for b in scale.bands)
            middle = "–" if scale.median is None else plain(scale.median, words.language)
            cells += [number_interval(scale.mean, words), middle, spread]
        else:
            cells += [share_text(each.yes, words), "–", "–"]
        rows.append(cells)
    return rows


def _band(low: float, high: float, words: Wording) -> str:
    ends = [plain(low, words.language), plain(high, words.language)]
    return ends[0] if low == high else "–".join(ends)


def ratings_section(found: ProgrammeOutcomes, words: Wording) -> Section | None:
    """Ratings by product."""
    if not found.ratings:
        return section("ratings", words, lines=[words.text("out.no_ratings")])
    names = [
        *headers(words, "product", "item", "by", "ratings_n", "value", "median_value"),
        words.text("out.distribution"),
    ]
    table = Table(words.text("out.interval95"), names, rating_rows(found.ratings, words))
    chart = charted(charts.ratings_chart(found, words))
    return section("ratings", words, charts=chart, tables=[table])
