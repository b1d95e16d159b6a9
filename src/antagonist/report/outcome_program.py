"""A program's outcomes as sections of figures: every measure with its definition and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from antagonist.feedback.outcomes.programme_model import ProgrammeOutcomes
from antagonist.report.label_dates import local_text
from antagonist.report.outcome_pages import (
    OutcomeReport,
    Section,
    limits,
    provenance,
    section,
)
from antagonist.report.outcome_phrases import (
    count_text,
)
from antagonist.report.outcome_program_adherence import (
    blocked_section,
    competing_section,
    covered_section,
    injections_section,
    retention_section,
)
from antagonist.report.outcome_program_harm import effects_section, liver_section, ratings_section
from antagonist.report.outcome_program_use import (
    heavy_section,
    relapse_section,
    urine_section,
    weeks_section,
)
from antagonist.report.wording import Wording


def program_report(found: ProgrammeOutcomes, words: Wording) -> OutcomeReport:
    """All that a program's report says."""
    head = [
        (words.text("out.on_record"), count_text(found.on_record, words)),
        (words.text("out.not_started"), count_text(found.not_started, words)),
        (words.text("out.hidden_groups"), str(found.hidden_groups)),
    ]
    makers: Sequence[Callable[[ProgrammeOutcomes, Wording], Section | None]] = (
        retention_section,
        competing_section,
        covered_section,
        blocked_section,
        injections_section,
        weeks_section,
        urine_section,
        relapse_section,
        heavy_section,
        effects_section,
        liver_section,
        ratings_section,
        _small,
    )
    made = [make(found, words) for make in makers]
    return OutcomeReport(
        title=words.text("out.program_title"),
        head=head,
        lead=[words.text("out.state", time=local_text(found.at, words))],
        sections=[each for each in made if each is not None],
        limits=limits(words, program=True),
        provenance=provenance(words),
        on=found.at.date(),
    )


def _small(_: ProgrammeOutcomes, words: Wording) -> Section:
    return section("small_groups", words)
