"""What is learnt from, with its clock, and what a forecast says before and after."""

from __future__ import annotations

from dataclasses import dataclass

from antagonist.feedback.own_model.known import Known
from antagonist.feedback.own_model.model import OwnModel
from antagonist.pharmacology.dosing.records import Course
from antagonist.pharmacology.forecast import forecast_of, stated_times
from antagonist.pharmacology.results import Forecast, StatedTime
from antagonist.pharmacology.settings import Settings


@dataclass(frozen=True)
class Case:
    """A patient's course, whose clock counts the hours of ``known``. notes: keys of words."""

    course: Course
    known: Known
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stated:
    """The stated times of a new patient, and of this one."""

    before: tuple[StatedTime, ...]
    after: tuple[StatedTime, ...]


def stated(case: Case, found: OwnModel, chosen: Settings) -> Stated:
    """When protection ends and the rest, before and after what was learnt."""
    now_h, until_h = case.course.as_of_h, case.course.horizon_h
    return Stated(
        stated_times(found.before, chosen.threshold, now_h, until_h),
        stated_times(found.after, chosen.threshold, now_h, until_h),
    )


def forecasts(case: Case, found: OwnModel, chosen: Settings) -> tuple[Forecast, Forecast]:
    """What a new patient's draws say of the course, and this patient's."""
    before, after = (
        forecast_of(drawn, case.course, chosen) for drawn in (found.before, found.after)
    )
    return before, after
