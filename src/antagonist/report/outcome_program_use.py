"""Sections of a program's report on use: opioids and alcohol."""

from __future__ import annotations

from antagonist.feedback.outcomes.programme_model import OpioidRow, ProgrammeOutcomes
from antagonist.report import outcome_charts as charts
from antagonist.report.figures_page import Table
from antagonist.report.outcome_pages import (
    Section,
    charted,
    headers,
    section,
)
from antagonist.report.outcome_phrases import (
    count_text,
    group_title,
    mean_text,
    share_text,
)
from antagonist.report.wording import Wording

ALSO = ("abstinent_days", "no_heavy")


def weeks_section(found: ProgrammeOutcomes, words: Wording) -> Section | None:
    """Confirmed abstinent weeks."""
    if not found.opioid:
        return None
    rows = [
        [
            group_title(row.group, words),
            count_text(row.n, words),
            mean_text(row.abstinent_weeks, words),
            mean_text(row.response, words),
        ]
        for row in found.opioid
    ]
    names = headers(words, "group", "people", "abstinent_weeks", "response")
    table = Table(words.text("out.mean95"), names, rows)
    return section("abstinent_weeks", words, tables=[table], compare=True)


def tests_text(row: OpioidRow, words: Wording) -> str:
    """Scheduled tests of a group by what came of them."""
    names = ("scheduled", "negative", "positive", "unclear", "missing")
    return words.text("out.tests", **{name: getattr(row.tests, name) for name in names})


def urine_section(found: ProgrammeOutcomes, words: Wording) -> Section | None:
    """Urine negative, worst case first."""
    if not found.opioid:
        return None
    rows = [
        [
            group_title(row.group, words),
            count_text(row.n, words),
            mean_text(row.urine_worst, words),
            mean_text(row.urine_observed, words),
            mean_text(row.urine_best, words),
            tests_text(row, words),
        ]
        for row in found.opioid
    ]
    names = [
        *headers(words, "group", "people", "worst", "observed", "best"),
        words.text("out.test"),
    ]
    table = Table(words.text("out.mean95"), names, rows)
    chart = charted(charts.urine_chart(found, words))
    return section("urine", words, charts=chart, tables=[table], compare=True)


def relapse_section(found: ProgrammeOutcomes, words: Wording) -> Section | None:
    """Relapse by every rule."""
    if not found.opioid:
        return None
    rows = [
        [
            group_title(row.group, words),
            words.text(f"rule.{each.rule}"),
            share_text(each.found, words),
            share_text(each.on_evidence, words),
            count_text(each.not_told, words),
        ]
        for row in found.opioid
        for each in row.relapse
    ]
    names = headers(words, "group", "relapse_rule", "found", "on_evidence", "not_told")
    table = Table(words.text("out.interval95"), names, rows)
    return section("relapse", words, tables=[table], compare=True)


def heavy_section(found: ProgrammeOutcomes, words: Wording) -> Section | None:
    """Drinking."""
    if not found.alcohol:
        return None
    rows = []
    for row in found.alcohol:
        group = group_title(row.group, words)
        dry = (mean_text(row.abstinent_worst, words), mean_text(row.abstinent_observed, words))
        for key, value in zip(("abstinent_worst", "abstinent_observed"), dry, strict=True):
            rows.append([group, words.text(f"out.{key}"), value])
        for each in row.heavy:
            name = words.text(f"heavy.{each.rule}")
            for key in ("worst", "observed", "best"):
                told = mean_text(getattr(each, key), words)
                rows.append([group, f"{name}, {words.text(f'out.{key}')}", told])
            told = share_text(each.none_after_grace, words)
            missing = f"{words.text('out.not_told')}: {count_text(each.not_told, words)}"
            rows.append([group, f"{name}: {words.text('out.no_heavy')}", f"{told}; {missing}"])
    table = Table(words.text("out.mean95"), headers(words, "group", "measure", "value"), rows)
    return section("heavy_days", words, tables=[table], compare=True, also=ALSO)
