"""What the model says of a plan: weakest hour, protected share, what a missed dose costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np

from antagonist.foundation.clock import hours_between, to_local
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.responses import blocked, endpoint_of
from antagonist.pharmacology.settings import Settings
from antagonist.planning.compare import share_over
from antagonist.planning.plan_model import MissedCost, Outlook, PlannedDose
from antagonist.planning.regimens import WEEK_H
from antagonist.planning.response import (
    Floats,
    HourDose,
    Response,
    over_line,
    response,
    spread,
    summed,
)

# A course of six months is seen whole; a longer one repeats itself.
SEEN_WEEKS = 27
_WEEK = int(WEEK_H)
_ALONE_WEEKS = 26  # how long a single dose is looked at where no end is given


def outlook(
    doses: Sequence[PlannedDose],
    release_model: str,
    covariates: Mapping[str, float | str | bool],
    chosen: Settings,
    *,
    end: datetime | None = None,
) -> Outlook:
    """What the model says of a plan's doses, all taken as planned, for one new patient.

    doses: at least one, aware times; hours between them are elapsed hours, to the whole hour.
    release_model: formulation of the pharmacology. chosen: draws, seed and line.
    end: end of the plan; None = one interval after the last dose (26 weeks for a single one).
    The first 27 weeks are looked at. The weakest hour is that of the lowest median after the
    first week, its shares each patient's own lowest; the protected share counts all hours from
    the first dose on. Raises InputError without doses and for a product without levels.
    """
    if not doses:
        raise InputError("plan", "doses", None, "at least one dose")
    planned = sorted(doses, key=lambda dose: dose.at)
    start = planned[0].at
    given = [(round(hours_between(start, dose.at)), dose.dose_mg) for dose in planned]
    end_h = _end_h(given) if end is None else round(hours_between(start, end))
    span_h = max(min(end_h, SEEN_WEEKS * _WEEK), 1)
    seen = [dose for dose in given if dose[0] < span_h]
    unit = response(release_model, covariates, chosen, span_h)
    odds = summed(unit, seen, 0, span_h)
    first_h = _WEEK if span_h > _WEEK else 0
    share = _blocked(unit, chosen, odds[:, first_h:])
    at_h = first_h + int(np.median(share, axis=0).argmin())
    time_h = np.arange(span_h + 1.0)
    return Outlook(
        weakest_blocked=spread(share.min(axis=1)),
        weakest_at=to_local(start, at_h, start.tzinfo),  # type: ignore[arg-type]
        protected_share=spread(share_over(time_h, over_line(unit, odds))),
        blocked_fraction=chosen.threshold.blocked_fraction,
        missed=_missed(unit, chosen, planned, seen, odds),
        draws=chosen.draws,
        parameters_sha256=parameter_set(chosen.parameter_set).sha256,
    )


def _end_h(given: Sequence[HourDose]) -> int:
    if len(given) == 1:
        return _ALONE_WEEKS * _WEEK
    return 2 * given[-1][0] - given[-2][0]


def _blocked(unit: Response, chosen: Settings, odds: Floats) -> Floats:
    endpoint = endpoint_of(chosen.threshold.endpoint)
    return blocked(unit.agonist_mg, odds, unit.held, endpoint)


def _tried(given: Sequence[HourDose], span_h: int) -> list[int]:
    """Which doses are left out in turn: those of a week in mid-plan, else the last one."""
    middle = span_h // 2
    gaps = [later[0] - earlier[0] for earlier, later in pairwise(given)]
    if gaps and max(gaps) <= _WEEK:
        week = [i for i, (hour, _) in enumerate(given) if middle <= hour < middle + _WEEK]
        return week or [len(given) - 1]
    return [len(given) - 1] if gaps else []


def _missed(
    unit: Response,
    chosen: Settings,
    planned: Sequence[PlannedDose],
    given: Sequence[HourDose],
    odds: Floats,
) -> MissedCost | None:
    """The dose whose omission costs most; None where there is one dose only.

    Counted until the next dose, a week at least, the plan's end at most.
    """
    span_h, found = odds.shape[1] - 1, list[MissedCost]()
    for i in _tried(given, span_h):
        hour, mg = given[i]
        following = given[i + 1][0] if i + 1 < len(given) else span_h
        until_h = min(max(following, hour + _WEEK), span_h)
        time_h = np.arange(hour, until_h + 1.0)
        whole = odds[:, hour : until_h + 1]
        left = np.maximum(whole - summed(unit, [(hour, mg)], hour, until_h), 0.0)
        shares = [share_over(time_h, over_line(unit, each)) for each in (whole, left)]
        lost_h = (shares[0] - shares[1]) * (until_h - hour)
        weakest = _blocked(unit, chosen, left).min(axis=1)
        found.append(MissedCost(planned[i].at, mg, spread(lost_h), spread(weakest)))
    return max(found, key=lambda m: (m.hours_lost[1], -m.weakest_blocked[1]), default=None)
