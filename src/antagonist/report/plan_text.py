"""A plan, or its refusal, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from antagonist.planning.plan_model import Plan, PlannedDose, Refusal
from antagonist.report.label_dates import date_text, weekday_text
from antagonist.report.label_text import label_words, product_title
from antagonist.report.plan_phrases import (
    cautions_of,
    check_lines,
    days_text,
    dose_notes,
    dose_text,
    head_rows,
    outlook_lines,
    regimen_title,
    source_lines,
    span_text,
    supply_lines,
    warning_lines,
    week_text,
    weeks_of,
)
from antagonist.report.screening_text import (
    STYLES,
    Printer,
    Rules,
    both_verdicts,
    rules_of,
    verdict_text,
)
from antagonist.report.wording import Wording

if TYPE_CHECKING:
    from rich.console import Console

DAYS_ONE_BY_ONE = 14


def print_plan(plan: Plan, console: Console, language: str, rules: Rules | None = None) -> None:
    """Print a plan for the prescriber: two weeks day by day, then week by week.

    rules: where a clinic's own count too; None = the package's, as of the screening's day.
    Raises InputError for a language we do not write.
    """
    words = label_words(language)
    known = rules if rules is not None else rules_of(plan.screening)
    out = Printer(console, words, known)
    out.line(words.text("plan.title"), "bold")
    for name, value in head_rows(plan, words):
        out.line(f"{name}: {value}")
    _print_verdicts(plan, out, words)
    out.reasons(cautions_of(plan), "screen.cautions", mark="[ ]")
    _print_doses(plan, out, words)
    _print_checks(plan, out, words)
    _print_section("plan.supply", supply_lines(plan, words), out)
    _print_section("plan.outlook", outlook_lines(plan, words), out)
    _print_warnings(known, out, words)
    _print_section("plan.sources", source_lines(plan, words), out)
    console.print()
    out.line(words.text("doc.statement"), "dim")


def print_refusal(
    refusal: Refusal, console: Console, language: str, rules: Rules | None = None
) -> None:
    """Print why there is no plan, and what would change that.

    rules: as in ``print_plan``. Raises InputError for a language we do not write.
    """
    words = label_words(language)
    answer = refusal.answer
    out = Printer(console, words, rules if rules is not None else rules_of(answer))
    verdict = verdict_text(answer.verdict, words)
    out.line(words.text("plan.refused", verdict=verdict), STYLES[answer.verdict])
    asked = refusal.request
    out.line(
        words.text(
            "plan.refused_asked",
            product=product_title(asked.product, words),
            regimen=regimen_title(asked.regimen, words),
            date=date_text(asked.start, words),
        )
    )
    key = "open" if answer.verdict == "unknown" else refusal.stage
    out.line(words.text(f"plan.refused_{key}"))
    both = both_verdicts(answer, words)
    if both:
        out.line(both, "bold")
    closing = tuple(reason for reason in refusal.reasons if reason.result == "true")
    out.reasons(closing, "screen.reasons")
    out.missing(answer)
    out.timeline(answer.timeline)
    out.foot(answer)


def _print_verdicts(plan: Plan, out: Printer, words: Wording) -> None:
    for key, answer in (("verdict", plan.screening), ("limits", plan.limits)):
        verdict = verdict_text(answer.verdict, words)
        out.line(words.text(f"plan.{key}", verdict=verdict), STYLES[answer.verdict])
        both = both_verdicts(answer, words)
        if both:
            out.line(both, "bold")


def _print_section(heading: str, lines: Sequence[str], out: Printer) -> None:
    out.heading(heading)
    for line in lines:
        out.line(line)


def _print_warnings(rules: Rules, out: Printer, words: Wording) -> None:
    out.heading("plan.warnings")
    for text, source in warning_lines(rules, words):
        out.line(f"• {text}")
        if source:
            out.line(source, "dim", indent=2)


def _print_doses(plan: Plan, out: Printer, words: Wording) -> None:
    if plan.route != "oral":
        out.heading("plan.doses")
        for dose in plan.doses:
            out.line(_day_line(dose.at.date(), [dose], plan.product, words))
        return
    later_from = plan.start + timedelta(days=DAYS_ONE_BY_ONE)
    out.heading("plan.first_days")
    for offset in range(min(DAYS_ONE_BY_ONE, (plan.end - plan.start).days)):
        day = plan.start + timedelta(days=offset)
        here = [dose for dose in plan.doses if dose.at.date() == day]
        out.line(_day_line(day, here, plan.product, words))
    weeks = weeks_of([dose for dose in plan.doses if dose.at.date() >= later_from])
    if weeks:
        out.heading("plan.later_weeks")
    for week in weeks:
        first = max(week.monday, later_from)
        out.line(f"{span_text(first, week.sunday, words)}: {week_text(week, words)}")


def _day_line(day: date, doses: Sequence[PlannedDose], product: str, words: Wording) -> str:
    named = f"{weekday_text(day, words)} {date_text(day, words)}"
    if not doses:
        return f"{named}: {words.text('plan.no_dose')}"
    said = (
        ", ".join([f"{dose.at:%H:%M} {dose_text(dose, product, words)}", *dose_notes(dose, words)])
        for dose in doses
    )
    return f"{named}: {'; '.join(said)}"


def _print_checks(plan: Plan, out: Printer, words: Wording) -> None:
    if not plan.checks:
        return
    out.heading("plan.checks")
    for line in check_lines(plan.checks, words):
        out.line(f"{line.title}: {days_text(line.days, words)}")
        out.line(line.source, "dim", indent=2)
