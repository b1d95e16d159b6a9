"""What the model says of a course if nothing more is taken: blocked now, and the stated times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from antagonist.foundation.clock import hours_between, to_local
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.ensemble import Ensemble
from antagonist.pharmacology.forecast import reference_mg, stated_by
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.protection import Statement, stated_time
from antagonist.pharmacology.responses import blocked, endpoint_of
from antagonist.pharmacology.results import StatedTime
from antagonist.pharmacology.settings import Settings
from antagonist.planning.lasting import BLUNTED, ends_h
from antagonist.planning.regimens import WEEK_H
from antagonist.planning.response import (
    SMALLEST_ODDS,
    drawn_for,
    spread,
)
from antagonist.planning.situation_data import situation_data
from antagonist.planning.situation_model import ModelFigures, ModelTime, Taken, Treatment

PROTECTED = "protected_until_at_least"
DANGER = "overdose_danger_from"


def figures(
    treatment: Treatment, *, doses: Sequence[Taken] | None = None, at: datetime | None = None
) -> ModelFigures | None:
    """The model's figures from a moment on, for one new patient with everything uncertain drawn.

    doses: at least one; default those taken. at: aware; default as_of.
    None where a product has no levels.
    """
    course = _course(treatment, doses, at)
    if course is None:
        return None
    chosen, drawn = treatment.chosen, course.drawn
    odds = np.maximum(drawn.signal("mu_odds", np.array([course.now_h])), SMALLEST_ODDS)
    agonist_mg = reference_mg(drawn, chosen.threshold)
    share = blocked(agonist_mg, odds, drawn.held, endpoint_of(chosen.threshold.endpoint))
    times = course.stated(stated_by(chosen.threshold), chosen)
    return ModelFigures(
        blocked_now=spread(share[:, 0]),
        protected_share_now=times[0].share_over_now,
        times=tuple(_local(time, course.start, course.now) for time in times),
        threshold=chosen.threshold,
        searched_weeks=course.weeks,
        draws=chosen.draws,
        parameters_sha256=parameter_set(chosen.parameter_set).sha256,
    )


def blunted_until(
    treatment: Treatment, *, doses: Sequence[Taken] | None = None, at: datetime | None = None
) -> tuple[ModelTime, int] | None:
    """'May be blunted until' alone, the same as ``figures`` has it, and the weeks looked at.

    doses, at: as ``figures``. None where a product has no levels.
    """
    course = _course(treatment, doses, at)
    if course is None:
        return None
    told = [s for s in stated_by(treatment.chosen.threshold) if s.name == BLUNTED]
    (found,) = course.stated(told, treatment.chosen)
    return _local(found, course.start, course.now), course.weeks


@dataclass(frozen=True)
class _Course:
    """A course that is looked at from now on for some weeks. start, last: its doses."""

    drawn: Ensemble
    start: datetime
    last: datetime
    now: datetime
    weeks: int

    @property
    def now_h(self) -> float:
        """Hours since the start."""
        return hours_between(self.start, self.now)

    def stated(self, told: Sequence[Statement], chosen: Settings) -> list[StatedTime]:
        """Stated times."""
        last_h, until_h = hours_between(self.start, self.last), self.now_h + self.weeks * WEEK_H
        found = ends_h(self.drawn, chosen.threshold, told, last_h, self.now_h, until_h)
        return [stated_time(each, found[:, n], self.now_h) for n, each in enumerate(told)]


def _course(
    treatment: Treatment, doses: Sequence[Taken] | None, at: datetime | None
) -> _Course | None:
    given = sorted(doses if doses is not None else treatment.doses, key=lambda dose: dose.at)
    if not given or any(_without_levels(dose) for dose in given):
        return None
    weeks = max(situation_data().look_ahead_weeks[dose.route] for dose in given)
    drawn = _drawn(treatment, given)
    return _Course(drawn, given[0].at, given[-1].at, at or treatment.as_of, weeks)


def _without_levels(dose: Taken) -> bool:
    known = formulations()
    return dose.release_model in known and known[dose.release_model].status == "no_data"


def _drawn(treatment: Treatment, given: Sequence[Taken]) -> Ensemble:
    start = given[0].at
    records = tuple(
        EventRecord(hours_between(start, d.at), amt_mg=d.dose_mg, product=d.release_model)
        for d in given
    )
    return drawn_for("course", records, treatment.covariates, treatment.chosen)


def _local(time: StatedTime, start: datetime, now: datetime) -> ModelTime:
    zone = now.tzinfo
    assert zone is not None
    return ModelTime(
        name=time.name,
        at=None if time.at_h is None else to_local(start, time.at_h, zone),
        state=time.state,
        median_at=None if time.median_h is None else to_local(start, time.median_h, zone),
        endpoint=time.endpoint,
        blocked_fraction=time.blocked_fraction,
        percentile=time.percentile,
    )
