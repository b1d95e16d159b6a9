"""What is learnt from, with its clock, and what a forecast says before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.feedback.own_model.known import Known
from antagonist.feedback.own_model.model import OwnModel
from antagonist.pharmacology.agonists import heroin_equivalent
from antagonist.pharmacology.dosing.records import Course
from antagonist.pharmacology.ensemble import Ensemble
from antagonist.pharmacology.forecast import stated_times
from antagonist.pharmacology.kernel.trajectories import Steps
from antagonist.pharmacology.percentiles import hourly_quantiles
from antagonist.pharmacology.results import QUANTILES, StatedTime
from antagonist.pharmacology.settings import Settings

Floats = NDArray[np.float64]


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


@dataclass(frozen=True)
class Curves:
    """Percentiles of a forecast's quantities by hour: name -> (percentiles, T)."""

    time_h: Floats
    before: Mapping[str, Floats]
    after: Mapping[str, Floats]


def curves(case: Case, found: OwnModel, chosen: Settings, step_h: float = 1.0) -> Curves:
    """Hourly percentiles (``results.QUANTILES``) of a new patient and of this one."""
    steps = Steps(0.0, step_h, int(np.ceil(case.course.horizon_h / step_h)) + 1)
    threshold = chosen.threshold

    def of(drawn: Ensemble) -> dict[str, Floats]:
        same = heroin_equivalent(threshold.agonist, threshold.route, drawn.held)
        return hourly_quantiles(drawn, threshold.dose_mg * same, steps, QUANTILES)

    return Curves(steps.time_h, of(found.before), of(found.after))
