"""What was learnt of a patient, on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antagonist.feedback.own_model.case import Case, Stated
from antagonist.feedback.own_model.model import OwnModel
from antagonist.report.moments import Clock, clock_of
from antagonist.report.numbers import percent, plain
from antagonist.report.phrases import stated_text
from antagonist.report.wording import Wording, wording

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

MOST_DOSES = 30


def print_learnt(
    case: Case, found: OwnModel, times: Stated, console: Console, language: str = "en"
) -> None:
    """Print stated times before and after, doses, levels that fit none, and diagnostics."""
    words = wording(language)
    clock = clock_of(case.course, words)

    def say(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False, highlight=False)

    say(words.text("learn.title", patient=case.course.subject.id), "bold")
    console.print(_times(times, case, clock))
    for line in misfit_lines(found, clock):
        say(line, "bold red")
    for line in warning_lines(found, words):
        say(line, "bold yellow")
    say(words.text("learn.doses"), "bold")
    console.print(_doses(found, clock))
    for line in pattern_lines(found, clock):
        say(line)
    say(diagnostics_line(found, words), "dim")
    say(words.text("doc.breathing"), "bold")
    say(words.text("doc.statement"))


def _times(times: Stated, case: Case, clock: Clock) -> Table:
    from rich.table import Table

    words, until_h = clock.words, case.course.horizon_h
    table = Table("", words.text("learn.before"), words.text("learn.after"))
    for old, new in zip(times.before, times.after, strict=True):
        table.add_row(
            words.name("stated", old.name), stated_text(old, clock, until_h),
            stated_text(new, clock, until_h),
        )  # fmt: skip
    return table


def _doses(found: OwnModel, clock: Clock) -> Table:
    from rich.table import Table

    words = clock.words
    keys = ("when", "dose", "evidence", "before", "after")
    table = Table(*(words.text(f"learn.column_{key}") for key in keys))
    asked = [d for d in found.intake if 0 < d.stated < 1]
    for dose in asked[-MOST_DOSES:]:
        table.add_row(
            clock.moment(dose.dose.time_h),
            words.text("dose_mg", dose=plain(dose.dose.dose_mg, words.language)),
            words.name("evidence", dose.dose.evidence),
            percent(dose.before), percent(dose.after),
            style="" if dose.told else "dim",
        )  # fmt: skip
    return table


def pattern_lines(found: OwnModel, clock: Clock) -> list[str]:
    """The most probable pattern of the doses that levels tell of."""
    if not found.patterns:
        return []
    best, words = found.patterns[0], clock.words
    chance = percent(best.chance)
    if not best.missed:
        return [words.text("learn.pattern_all", chance=chance)]
    when = ", ".join(clock.moment(found.intake[d].dose.time_h) for d in best.missed)
    return [words.text("learn.pattern_missed", missed=when, chance=chance)]


def misfit_lines(found: OwnModel, clock: Clock) -> list[str]:
    """One line for each level that fits no pattern."""
    words, lines = clock.words, []
    for misfit in found.diagnostics.misfits:
        level = found.known.levels[misfit.level]
        key = "learn.misfit_left_out" if misfit.left_out else "learn.misfit_kept"
        lines.append(words.text(
            key, analyte=words.name("analyte", level.analyte), time=clock.moment(level.time_h),
        ))  # fmt: skip
    return lines


def warning_lines(found: OwnModel, words: Wording) -> list[str]:
    """Plain warnings of the draws."""
    diagnostics = found.diagnostics
    return [
        words.text(f"learn.warning_{key}", k=f"{diagnostics.pareto_k:.2f}",
                   ess=f"{diagnostics.ess:.0f}")
        for key in diagnostics.warnings
        if key != "misfit"
    ]  # fmt: skip


def diagnostics_line(found: OwnModel, words: Wording) -> str:
    """How many draws count, and the shares of the structures."""
    seen = found.diagnostics
    shares = ", ".join(f"{f.structure} {percent(f.after)}" for f in found.fit)
    return words.text(
        "learn.diagnostics", proposals=str(seen.proposals), ess=f"{seen.ess:.0f}",
        k=f"{seen.pareto_k:.2f}", shares=shares,
    )  # fmt: skip
