"""What the model says of a course if nothing more is taken: blocked now, and the stated times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from antagonist.foundation.clock import hours_between, to_local
from antagonist.pharmacology.agonists import heroin_equivalent
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.ensemble import Ensemble
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.protection import Statement, stated_time, statements
from antagonist.pharmacology.responses import blocked, endpoint_of, odds_that_block
from antagonist.pharmacology.results import StatedTime
from antagonist.pharmacology.settings import Settings, defaults
from antagonist.planning.compare import lasting_h
from antagonist.planning.regimens import WEEK_H
from antagonist.planning.response import (
    SMALLEST_ODDS,
    Floats,
    drawn_for,
    spread,
)
from antagonist.planning.situation_data import situation_data
from antagonist.planning.situation_model import ModelFigures, ModelTime, Taken, Treatment

BLUNTED = "opioids_may_be_blunted_until"
PROTECTED = "protected_until_at_least"
DANGER = "overdose_danger_from"
_POINTS = 2400


def figures(
    treatment: Treatment, *, doses: Sequence[Taken] | None = None, at: datetime | None = None
) -> ModelFigures | None:
    """The model's figures from a moment on, for one new patient with everything uncertain drawn.

    doses: at least one; default those taken. at: aware; default as_of.
    'May be blunted until' is looked for after the highest point to come: just after a dose its
    effect has not set in, and would else count as over. None where a product has no levels.
    """
    given = sorted(doses if doses is not None else treatment.doses, key=lambda dose: dose.at)
    if not given or any(_without_levels(dose) for dose in given):
        return None
    chosen, now, start = treatment.chosen, at or treatment.as_of, given[0].at
    drawn = _drawn(treatment, given)
    weeks = max(situation_data().look_ahead_weeks[dose.route] for dose in given)
    now_h, length_h = hours_between(start, now), weeks * WEEK_H
    time_h = now_h + np.linspace(0.0, length_h, min(int(length_h), _POINTS) + 1)
    odds = np.maximum(drawn.signal("mu_odds", time_h[:1]), SMALLEST_ODDS)
    agonist_mg = _agonist_mg(drawn, chosen)
    share = blocked(agonist_mg, odds, drawn.held, endpoint_of(chosen.threshold.endpoint))
    times = [
        stated_time(s, _crossing_h(drawn, agonist_mg, s, time_h), now_h)
        for s in _statements(chosen)
    ]
    return ModelFigures(
        blocked_now=spread(share[:, 0]),
        protected_share_now=times[0].share_over_now,
        times=tuple(_local(time, start, now) for time in times),
        threshold=chosen.threshold,
        searched_weeks=weeks,
        draws=chosen.draws,
        parameters_sha256=parameter_set(chosen.parameter_set).sha256,
    )


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


def _agonist_mg(drawn: Ensemble, chosen: Settings) -> Floats:
    line = chosen.threshold
    return np.asarray(line.dose_mg * heroin_equivalent(line.agonist, line.route, drawn.held))


def _statements(chosen: Settings) -> tuple[Statement, ...]:
    base, line = defaults(), chosen.threshold
    return statements(
        line.endpoint,
        line.blocked_fraction,
        (base.blunted.endpoint, base.blunted.blocked_fraction),
        (base.danger.endpoint, base.danger.blocked_fraction),
    )


def _crossing_h(
    drawn: Ensemble, agonist_mg: Floats, statement: Statement, time_h: Floats
) -> Floats:
    endpoint = endpoint_of(statement.endpoint)
    line = odds_that_block(statement.blocked_fraction, agonist_mg, drawn.held, endpoint)
    line, now_h = np.maximum(line, SMALLEST_ODDS), float(time_h[0])
    if statement.name == BLUNTED:
        after_h: Floats = now_h + lasting_h(drawn, line, now_h, time_h - now_h)
        return after_h
    return drawn.falls_h(line, now_h, float(time_h[-1]))[:, 0]


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
