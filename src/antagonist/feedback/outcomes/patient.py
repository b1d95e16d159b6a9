"""All outcomes of one patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from antagonist.feedback.acting.exact import own_sampler, own_units
from antagonist.feedback.acting.learned import Learned, learned
from antagonist.feedback.database import reading
from antagonist.feedback.history import current
from antagonist.feedback.merging import joined
from antagonist.feedback.outcomes.alcohol import AlcoholOutcomes, alcohol_outcomes
from antagonist.feedback.outcomes.blocked import (
    Blocked,
    HoursBlocked,
    Units,
    hours_blocked,
    units_for,
)
from antagonist.feedback.outcomes.course import Course, Sex, course_of
from antagonist.feedback.outcomes.coverage import DaysCovered, coverage
from antagonist.feedback.outcomes.effects import EffectsOf, effects_of
from antagonist.feedback.outcomes.intake import Sampler, by_evidence
from antagonist.feedback.outcomes.labs import Liver, liver
from antagonist.feedback.outcomes.opioid import OpioidOutcomes, opioid_outcomes
from antagonist.feedback.outcomes.ratings import RatingSummary, summed_up
from antagonist.feedback.outcomes.retention import Stay, injections_reached, stay_of
from antagonist.feedback.outcomes.rules import whole
from antagonist.feedback.record import Record
from antagonist.feedback.state import folded_held, patient_file
from antagonist.foundation.errors import InputError
from antagonist.label.gathered import gathered
from antagonist.pharmacology.settings import Settings, settings
from antagonist.planning.covariates import covariates_of

DRAWS = 400
GAPS = ("oral_gap_short_days", "oral_gap_days", "oral_gap_long_days", "oral_gap_longest_days")


@dataclass(frozen=True, slots=True)
class StayByGap:
    """Time in treatment where another gap counts as drop-out by mouth."""

    gap_days: int
    stay: Stay


@dataclass(frozen=True, slots=True)
class PatientOutcomes:
    """Outcomes of one patient at a moment. What the record does not tell is None, never 'no'.

    start: day of the first dose. end: last day that is looked at. blocked: None where a product
    has no published levels. covariates: of the patient, as the model used them.
    """

    patient: str
    at: datetime
    start: date | None
    end: date
    group: str | None
    indication: str | None
    sex: Sex | None
    stay: Stay | None
    stay_by_gap: tuple[StayByGap, ...]
    coverage: tuple[DaysCovered, ...]
    blocked: HoursBlocked | None
    covariates: Mapping[str, float | str | bool]
    injections: int
    opioid: OpioidOutcomes | None
    alcohol: AlcoholOutcomes | None
    effects: EffectsOf | None
    liver: Liver | None
    ratings: tuple[RatingSummary, ...]


@dataclass(frozen=True)
class Measured:
    """A patient's outcomes with what only sums over patients need.

    learned: the patient's own model; None where the record has no level to learn from.
    """

    outcomes: PatientOutcomes
    course: Course
    blocked: Blocked | None
    learned: Learned | None = None


def measured_patient(
    record: Record,
    patient: str,
    at: datetime,
    *,
    chosen: Settings | None = None,
    sampler: Sampler | None = None,
) -> Measured:
    """Outcomes of a patient on record, those merged into one together.

    at: aware, in the clinic's zone; nothing later counts. chosen: draws, seed and line.
    sampler: who took which doses, see ``intake``; default by the patient's own model with its
    draws where the record has levels, else by evidence.
    Raises InputError for a patient who is not on record.
    """
    with reading(record.engine) as connection:
        kept, events = joined(connection, patient)
    if not events:
        raise InputError("record", "patient", patient, "a patient on record")
    course = course_of(kept, events, at)
    held = current(events, at)
    state = folded_held(held, at)
    covariates: Mapping[str, float | str | bool] = {}
    if state.patient is not None:
        facts = gathered(patient_file(state, str(at.tzinfo)), at).facts
        covariates = covariates_of(facts)
    model = chosen or settings(draws=DRAWS)
    own = None if sampler else learned(state, held, at, model)
    if own is not None:
        units = own_units(own, course, model)
        found = measured(course, units, model, own_sampler(own), covariates)
        return replace(found, learned=own)
    units = units_for([course], model, covariates)
    return measured(course, units, model, sampler or by_evidence, covariates)


def measured(
    course: Course,
    units: Units,
    chosen: Settings,
    sampler: Sampler = by_evidence,
    covariates: Mapping[str, float | str | bool] | None = None,
) -> Measured:
    """Every measure of a course. units: responses with the same settings."""
    stay = stay_of(course)
    found = None
    if stay is not None:
        end = datetime.combine(stay.end + timedelta(days=1), time(0), course.at.tzinfo)
        found = hours_blocked(course, end, units, chosen, sampler)
    gaps = [(whole(name), stay_of(course, whole(name))) for name in GAPS]
    outcomes = PatientOutcomes(
        patient=course.patient,
        at=course.at,
        start=course.start,
        end=course.end,
        group=course.group,
        indication=course.indication,
        sex=course.sex,
        stay=stay,
        stay_by_gap=tuple(StayByGap(days, each) for days, each in gaps if each is not None),
        coverage=coverage(course),
        blocked=None if found is None else found.summary,
        covariates=covariates or {},
        injections=injections_reached(course),
        opioid=opioid_outcomes(course),
        alcohol=alcohol_outcomes(course),
        effects=None if stay is None else effects_of(course, stay.start, stay.end),
        liver=None if stay is None else liver(course.labs, stay.start, stay.end),
        ratings=summed_up([course.ratings], hide=False),
    )
    return Measured(outcomes, course, found)
