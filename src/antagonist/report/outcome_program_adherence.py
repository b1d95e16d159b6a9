"""Sections of a program's report on adherence: in treatment, covered, blocked, injected."""

from __future__ import annotations

from antagonist.feedback.outcomes.curves import ENDINGS
from antagonist.feedback.outcomes.programme_model import ProgrammeOutcomes
from antagonist.report import outcome_charts as charts
from antagonist.report import outcome_curves as curves
from antagonist.report.figures_page import Table
from antagonist.report.label_text import in_language
from antagonist.report.numbers import percent, plain
from antagonist.report.outcome_pages import (
    Section,
    charted,
    headers,
    section,
)
from antagonist.report.outcome_phrases import (
    count_text,
    expected_text,
    group_title,
    interval_text,
    mean_text,
    share_text,
)
from antagonist.report.wording import Wording

TOLD_WEEKS = (4, 12, 24)


def retention_section(found: ProgrammeOutcomes, words: Wording) -> Section | None:
    """Time in treatment."""
    if not found.groups:
        return None
    rows = []
    for row in found.retention:
        cells = [group_title(row.group, words), str(row.curve.n)]
        for week in TOLD_WEEKS:
            step = curves.step_near(row.curve, week)
            cells.append(curves.step_text(step, week, words))
        rows.append(cells)
    weeks = [words.text("out.week_n", n=week) for week in TOLD_WEEKS]
    kept = Table(
        words.text("out.retention_caption"), [*headers(words, "group", "people"), *weeks], rows
    )
    by_gap = [row for row in found.retention if row.by_gap]
    tables = [kept]
    if by_gap:
        gaps = sorted({gap for row in by_gap for gap in row.by_gap})
        tables.append(
            Table(
                words.text("out.still_at", week=by_gap[0].by_gap_day // 7),
                [words.text("out.group"), *(words.text("out.days", n=g) for g in gaps)],
                [
                    [
                        group_title(row.group, words),
                        *(
                            interval_text(row.by_gap[g], words) if g in row.by_gap else "–"
                            for g in gaps
                        ),
                    ]
                    for row in by_gap
                ],
            )
        )
    chart = charted(curves.retention_chart(found, words))
    return section("retention", words, charts=chart, tables=tables, compare=True)


def competing_section(found: ProgrammeOutcomes, words: Wording) -> Section | None:
    """How treatment ended."""
    if not found.groups:
        return None
    names = [words.text(f"ending.{e}") for e in ENDINGS]
    people = Table(
        words.text("out.endings_caption"),
        [*headers(words, "group", "people"), *names],
        [
            [
                group_title(g.group, words),
                str(g.people),
                *(count_text(g.endings[e], words) for e in ENDINGS),
            ]
            for g in found.groups
        ],
    )
    return section(
        "competing",
        words,
        charts=charted(curves.competing_chart(found, words)),
        tables=[people],
    )


def covered_section(found: ProgrammeOutcomes, words: Wording) -> Section | None:
    """Days covered."""
    if not found.coverage:
        return None
    from antagonist.feedback.outcomes.rules import whole

    ceiling = words.text("out.with_ceiling", days=whole("pdc_gap_ceiling_days"))
    names = [
        *headers(words, "group", "basis", "people", "ignored", "taken_out", "covered"),
        ceiling,
        words.text("out.at_least_80"),
    ]
    rows = [
        [
            group_title(row.group, words),
            words.text(f"basis.{row.basis}"),
            count_text(row.ignored.n, words),
            *(
                mean_text(m, words)
                for m in (row.ignored, row.taken_out, row.covered, row.with_ceiling)
            ),
            share_text(row.at_least_80, words),
        ]
        for row in found.coverage
    ]
    table = Table(words.text("out.mean95"), names, rows)
    chart = charted(charts.adherence_chart(found, words))
    return section("covered", words, charts=chart, tables=[table], compare=True)


def blocked_section(found: ProgrammeOutcomes, words: Wording) -> Section | None:
    """Hours blocked."""
    if not found.blocked:
        return None
    names = [
        *headers(words, "group", "people", "blocked_whole", "blocked_in", "quartiles"),
        words.text("out.without_model"),
    ]
    rows = [
        [
            group_title(row.group, words),
            count_text(row.n, words),
            expected_text(row.whole, words),
            expected_text(row.in_treatment, words),
            " / ".join(percent(q) for q in row.quartiles),
            count_text(row.without_model, words),
        ]
        for row in found.blocked
    ]
    line = words.text(
        "out.line_program",
        percent=percent(found.threshold.blocked_fraction),
        endpoint=words.name("out.endpoint", found.threshold.endpoint),
        dose=plain(found.threshold.dose_mg, words.language),
        agonist=words.name("out.agonist", found.threshold.agonist),
        draws=found.draws,
        seed=found.seed,
    )
    table = Table(words.text("out.interval90"), names, rows)
    return section("blocked", words, tables=[table], lines=[line, intake_line(words)], compare=True)


def intake_line(words: Wording) -> str:
    """How probably doses were taken, by kind of evidence, and whose figures these are."""
    from antagonist.feedback.outcomes.rules import intake_rules

    known = intake_rules()
    told = [
        f"{in_language(e.title, words)} "
        + "–".join(dict.fromkeys((percent(e.low), percent(e.high))))
        for e in known.evidence.values()
    ]
    return words.text("out.intake_rules", list="; ".join(told), source=known.source)


def injections_section(found: ProgrammeOutcomes, words: Wording) -> Section | None:
    """Injections reached."""
    if not found.injections:
        return None
    rows = [
        [words.text("out.injection_n", n=row.n), share_text(row.reached, words)]
        for row in found.injections
    ]
    table = Table(words.text("out.interval95"), headers(words, "measure", "value"), rows)
    return section("injections", words, tables=[table], compare=True)
