"""Outcomes of a whole program, from its record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from antagonist.feedback.database import reading
from antagonist.feedback.history import patients_of
from antagonist.feedback.merging import joined
from antagonist.feedback.outcomes import tables, tables_harm, tables_use
from antagonist.feedback.outcomes.blocked import units_for
from antagonist.feedback.outcomes.course import Course, course_of
from antagonist.feedback.outcomes.curves import ENDINGS, endings, retention
from antagonist.feedback.outcomes.definitions import definitions
from antagonist.feedback.outcomes.disclosure import is_small
from antagonist.feedback.outcomes.grouping import by_group, shown_groups
from antagonist.feedback.outcomes.intake import Sampler, by_evidence
from antagonist.feedback.outcomes.patient import Measured, measured
from antagonist.feedback.outcomes.programme_model import Group, ProgrammeOutcomes
from antagonist.feedback.outcomes.ratings import summed_up
from antagonist.feedback.record import Record
from antagonist.pharmacology.settings import Settings, settings

# Draws of what nobody knows, and different patients in each: every patient on record takes one of
# them in every draw.
DRAWS, SUBJECTS = 60, 20
Told = Callable[[int], None]


def courses(record: Record, at: datetime) -> Iterator[Course]:
    """Courses of everybody on record, those merged into one as one. at: as ``course_of``."""
    seen: set[str] = set()
    with reading(record.engine) as connection:
        everybody = list(patients_of(connection))
    for patient in everybody:
        with reading(record.engine) as connection:
            kept, events = joined(connection, patient)
        if kept not in seen:
            seen.add(kept)
            yield course_of(kept, events, at)


def programme_outcomes(
    record: Record,
    at: datetime,
    *,
    chosen: Settings | None = None,
    sampler: Sampler = by_evidence,
    told: Told = lambda _: None,
) -> ProgrammeOutcomes:
    """Outcomes of a program at a moment. at: aware, in the clinic's zone.

    chosen: draws, seed and line. sampler: who took which doses. told: called with patients done.
    """
    model = chosen or settings(draws=DRAWS)
    return outcomes_of(list(courses(record, at)), at, model, sampler, told)


def outcomes_of(
    found: Sequence[Course],
    at: datetime,
    chosen: Settings,
    sampler: Sampler = by_evidence,
    told: Told = lambda _: None,
) -> ProgrammeOutcomes:
    """Outcomes of some courses, as ``programme_outcomes``."""
    groups = by_group(_measured(found, chosen, sampler, told))
    begun = sum(len(patients) for patients in groups.values())
    waiting = len(found) - begun
    ends = endings(groups) if groups else None
    shown = shown_groups(groups)
    threshold = chosen.threshold
    return ProgrammeOutcomes(
        at=at,
        on_record=None if is_small(len(found)) or is_small(waiting) else len(found),
        not_started=None if is_small(waiting) else waiting,
        hidden_groups=len(groups) - len([name for name in shown if name in groups]),
        groups=tuple(
            Group(name, len(patients), {e: ends.count(name, e) for e in ENDINGS})
            for name, patients in shown.items()
            if ends is not None
        ),
        coverage=tables.coverage_rows(groups) if groups else (),
        blocked=tables.blocked_rows(groups) if groups else (),
        threshold=threshold,
        draws=chosen.draws,
        seed=chosen.seed,
        retention=retention(groups, ends) if ends is not None else (),
        injections=tables.injection_rows(groups),
        opioid=tables_use.opioid_rows(groups) if groups else (),
        alcohol=tables_use.alcohol_rows(groups) if groups else (),
        effects=tables_harm.effect_rows(groups) if groups else (),
        liver=tables_harm.liver_rows(groups) if groups else (),
        hy=tables_harm.hy_rows(groups) if groups else (),
        ratings=summed_up(course.ratings for course in found),
        definitions={name: d.source for name, d in definitions().items()},
    )


def _measured(
    found: Sequence[Course], chosen: Settings, sampler: Sampler, told: Told
) -> Iterator[Measured]:
    units = units_for(found, chosen, subjects=SUBJECTS)
    for done, course in enumerate(found, start=1):
        if course.start is not None:
            yield measured(course, units, chosen, sampler)
        told(done)
