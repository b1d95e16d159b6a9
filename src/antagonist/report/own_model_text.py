"""What a patient's own model says of doses and times, in lines and tables."""

from __future__ import annotations

from collections.abc import Sequence

from antagonist.feedback.acting.learned import Learned
from antagonist.feedback.own_model.model import DoseTaken
from antagonist.pharmacology.results import StatedTime
from antagonist.report.figures_page import Table
from antagonist.report.learn_text import (
    diagnostics_line,
    misfit_lines,
    pattern_lines,
    warning_lines,
)
from antagonist.report.moments import Clock, clock_of
from antagonist.report.numbers import percent, plain
from antagonist.report.phrases import stated_text
from antagonist.report.wording import Wording

# A dose that was taken with less than this chance, before or after the levels, is in doubt.
SURE = 0.9
MOST_DOSES = 15
SUBSTANCE = {"conc_ntx": "chart.naltrexone", "conc_6bn": "chart.naltrexol"}


def own_clock(found: Learned, words: Wording) -> Clock:
    """Turns the own model's hours into printed times."""
    return clock_of(found.advice.after.course, words)


def headed(words: Wording, *names: str) -> list[str]:
    """Column names of this section."""
    return [words.text(f"own.{name}") for name in names]


def misfit_told(found: Learned, words: Wording) -> list[str]:
    """Levels that fit no pattern of doses: to be told before all else."""
    return misfit_lines(found.own, own_clock(found, words))


def doubted(intake: Sequence[DoseTaken]) -> list[DoseTaken]:
    """Doses in doubt before or after the levels, oldest first."""
    return [d for d in intake if min(d.before, d.after) < SURE]


def dose_table(found: Learned, words: Wording) -> Table | None:
    """Doses in doubt with their chances; None where none is."""
    clock, shown = own_clock(found, words), doubted(found.own.intake)[-MOST_DOSES:]
    if not shown:
        return None
    rows = [
        [
            _dose(d, clock),
            words.name("evidence", d.dose.evidence),
            percent(d.before),
            percent(d.after),
            words.text("own.yes" if d.told else "own.no"),
        ]
        for d in shown
    ]
    names = headed(words, "dose", "evidence", "before", "after", "told")
    return Table(words.text("own.doses"), names, rows)


def _dose(taken: DoseTaken, clock: Clock) -> str:
    mg = plain(taken.dose.dose_mg, clock.words.language)
    return clock.words.text("own.at_dose", time=clock.moment(taken.dose.time_h), mg=mg)


def dose_lines(found: Learned, words: Wording) -> list[str]:
    """What the table of doses leaves out, and the most probable pattern."""
    own, clock = found.own, own_clock(found, words)
    doubt, told = doubted(own.intake), []
    if not doubt:
        told.append(words.text("own.no_doubt", least=percent(SURE)))
    if len(doubt) > MOST_DOSES:
        told.append(words.text("own.more_doses", n=len(doubt) - MOST_DOSES))
    if any(d.told for d in own.intake):
        told += pattern_lines(own, clock)
    return told


def stated_table(found: Learned, words: Wording) -> Table:
    """Stated times of a new patient and of this one."""
    advice = found.advice
    rows = [
        [
            words.text(f"chart.{new.name}"),
            _stated(old, found, words),
            _stated(new, found, words),
        ]
        for old, new in zip(advice.before.stated, advice.after.stated, strict=True)
    ]
    names = headed(words, "time", "stated_before", "stated_after")
    return Table(words.text("own.stated"), names, rows)


def _stated(time: StatedTime, found: Learned, words: Wording) -> str:
    """A stated time with its median and how many draws are over its line now."""
    clock, share = own_clock(found, words), percent(time.share_over_now)
    told = stated_text(time, clock, found.advice.after.course.horizon_h)
    if time.median_h is None:
        return f"{told}; {words.text('own.half_never', share=share)}"
    half = words.text("own.half", time=clock.moment(time.median_h), share=share)
    return f"{told}; {half}"


def planned_lines(found: Learned, words: Wording) -> list[str]:
    """The end of protection if doses go on as planned."""
    planned, advice = found.advice.planned, found.advice
    if planned is None:
        return []
    text = stated_text(planned.stated, own_clock(found, words), planned.until_h)
    name = words.text(f"chart.{planned.stated.name}")
    key, share = "own.planned" if planned.oral else "own.planned_given", advice.taking.share
    return [words.text(key, n=planned.doses, share=percent(share), text=f"{name}: {text}")]


def diagnostic_lines(found: Learned, words: Wording) -> list[str]:
    """How far the draws are to be trusted."""
    unused = sum(misfit.left_out for misfit in found.advice.misfits)
    levels, doses = len(found.own.known.levels) - unused, len(found.own.known.doses)
    learnt = words.text("own.learnt", levels=levels, doses=doses)
    return [*warning_lines(found.own, words), f"{learnt} {diagnostics_line(found.own, words)}"]
