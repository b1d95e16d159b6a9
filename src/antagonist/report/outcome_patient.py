"""A patient's outcomes as sections of figures: every measure with its definition."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from antagonist.feedback.outcomes.patient import Measured, PatientOutcomes
from antagonist.feedback.outcomes.rules import whole
from antagonist.report.figures_page import Table
from antagonist.report.label_dates import date_text, local_text
from antagonist.report.numbers import percent, plain
from antagonist.report.outcome_course import course_chart
from antagonist.report.outcome_curves import rule_text
from antagonist.report.outcome_model_slot import model_lead, model_section
from antagonist.report.outcome_pages import (
    OutcomeReport,
    Section,
    charted,
    headers,
    limits,
    provenance,
    section,
)
from antagonist.report.outcome_patient_use import (
    alcohol_section,
    effects_section,
    liver_section,
    ratings_section,
    relapse_section,
    urine_section,
    weeks_section,
)
from antagonist.report.outcome_phrases import expected_number, expected_text, group_title
from antagonist.report.outcome_program_adherence import intake_line
from antagonist.report.wording import Wording

Maker = Callable[[PatientOutcomes, Wording], Section | None]


def patient_report(found: Measured, words: Wording) -> OutcomeReport:
    """All that a patient's report says."""
    outcomes = found.outcomes
    makers: Sequence[Maker] = (
        retention_section,
        covered_section,
        weeks_section,
        urine_section,
        relapse_section,
        alcohol_section,
        effects_section,
        liver_section,
        ratings_section,
    )
    made = [model_section(found, words), _blocked(found, words)]
    made += [make(outcomes, words) for make in makers]
    lead = [*model_lead(found, words), words.text("out.state", time=local_text(outcomes.at, words))]
    if outcomes.start is None:
        lead.append(words.text("out.no_dose"))
    return OutcomeReport(
        title=words.text("out.patient_title", patient=outcomes.patient),
        head=_head(outcomes, words),
        lead=lead,
        sections=[each for each in made if each is not None],
        limits=limits(words, program=False),
        provenance=provenance(words),
        on=outcomes.at.date(),
    )


def _head(found: PatientOutcomes, words: Wording) -> list[tuple[str, str]]:
    unknown = words.text("out.not_known")
    indication = found.indication
    named = unknown if indication is None else words.name("out.indication", indication)
    rows = {
        "first_dose": unknown if found.start is None else date_text(found.start, words),
        "observed_to": date_text(found.end, words),
        "product": unknown if found.group is None else group_title(found.group, words),
        "indication": named,
        "ended": unknown if found.stay is None else _ending(found, words),
    }
    return [(words.text(f"out.{key}"), value) for key, value in rows.items()]


def _ending(found: PatientOutcomes, words: Wording) -> str:
    assert found.stay is not None
    name = words.text(f"ending.{found.stay.ending}")
    return words.text("out.ending_after", ending=name, days=found.stay.days)


def retention_section(found: PatientOutcomes, words: Wording) -> Section | None:
    """How long in treatment, by the gap that counts as drop-out."""
    if found.stay is None:
        return None
    rows = [
        [
            words.text("out.days", n=each.gap_days),
            words.text(f"ending.{each.stay.ending}"),
            words.text("out.days", n=each.stay.days),
            date_text(each.stay.end, words),
        ]
        for each in found.stay_by_gap
    ]
    names = headers(words, "gap_rule", "ended", "in_days", "end_day")
    lines = [rule_text(words)]
    if found.stay.returned:
        lines.append(words.text("out.returned"))
    table = Table(words.text("out.gap_rule"), names, rows)
    return section("retention", words, tables=[table], lines=lines)


def covered_section(found: PatientOutcomes, words: Wording) -> Section | None:
    """Days covered, in every way."""
    if not found.coverage:
        return None
    ceiling = words.text("out.with_ceiling", days=whole("pdc_gap_ceiling_days"))
    names = [
        *headers(words, "basis", "window", "ignored", "taken_out", "covered"),
        ceiling,
        words.text("out.longest_gap"),
    ]
    rows = [
        [
            words.text(f"basis.{c.basis}"),
            words.text("out.of", k=c.covered_days, n=words.text("out.days", n=c.days)),
            *("–" if x is None else percent(x) for x in (c.ignored, c.taken_out, c.covered)),
            "–" if c.with_ceiling is None else percent(c.with_ceiling),
            words.text("out.days", n=c.longest_gap_days),
        ]
        for c in found.coverage
    ]
    table = Table(words.text("out.window"), names, rows)
    return section("covered", words, tables=[table], compare=True)


def _blocked(found: Measured, words: Wording) -> Section | None:
    """Hours blocked, with the course they come from."""
    outcomes = found.outcomes
    if outcomes.start is None:
        return None
    chart = charted(course_chart(found, words))
    hours = outcomes.blocked
    if hours is None:
        return section("blocked", words, charts=chart, lines=[words.text("out.not_modelled")])
    rows = [
        [words.text("out.blocked_whole"), expected_text(hours.whole, words)],
        [words.text("out.blocked_in"), expected_text(hours.in_treatment, words)],
        [
            words.text("out.unprotected", days=hours.days),
            expected_number(hours.unprotected_days, words),
        ],
        [words.text("out.longest_run"), expected_number(hours.longest_unprotected_h, words)],
    ]
    line = words.text(
        "out.line",
        percent=percent(hours.blocked_fraction),
        endpoint=words.name("out.endpoint", hours.endpoint),
        dose=plain(hours.agonist_mg, words.language),
        agonist=words.name("out.agonist", hours.agonist),
        draws=hours.draws,
        seed=hours.seed,
        questionable=hours.questionable,
        doses=hours.doses,
    )
    known = ", ".join(_covariate(name, value, words) for name, value in outcomes.covariates.items())
    own = [] if found.learned is None else [words.text("out.own_model")]
    lines = [line, *own, intake_line(words)]
    lines.append(words.text("out.covariates", list=known or words.text("out.none")))
    table = Table(words.text("out.interval90"), headers(words, "measure", "value"), rows)
    return section("blocked", words, charts=chart, tables=[table], lines=lines)


def _covariate(name: str, value: float | str | bool, words: Wording) -> str:
    """A covariate with its value and unit; one without words by its own name."""
    key, title = f"out.covariate_unit.{name}", words.name("covariate", name)
    if isinstance(value, bool | str):
        return f"{title}: {words.name('out.covariate_word', str(value).lower())}"
    shown = plain(value, words.language)
    return f"{title}: {words.text(key, value=shown) if key in words.entries else shown}"
