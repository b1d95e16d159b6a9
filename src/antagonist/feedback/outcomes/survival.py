"""Curves of retention: Kaplan-Meier, and Aalen-Johansen for events that compete.

Both through lifelines, which is imported when a curve is asked for.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from antagonist.feedback.outcomes.intervals import CONFIDENCE, Interval
from antagonist.foundation.errors import InputError

Floats = NDArray[np.float64]
# All events of a day lie within this after it, those censored on it at its end; so ties are parted
# and no order of days changes.
WITHIN_DAYS = 1e-4
LOG_LOG = "log_log_greenwood"
AALEN_JOHANSEN = "log_log_delta"


@dataclass(frozen=True, slots=True)
class Step:
    """A curve at the end of a day. at_risk: people neither gone nor censored before that day."""

    day: int
    at_risk: int
    estimate: Interval


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve on a grid of days, with its sizes. median_days: None where it is not reached."""

    n: int
    events: int
    steps: tuple[Step, ...]
    median_days: float | None = None


def kaplan_meier(days: Sequence[float], happened: Sequence[bool], grid: Sequence[int]) -> Curve:
    """Share still in treatment, with the log-log interval (Kaplan and Meier 1958, Greenwood 1926).

    days: of each person. happened: the event, else censored on that day. grid: days to tell.
    Raises InputError without people, for lists that differ in length, and for days under 0.
    """
    from lifelines import KaplanMeierFitter

    _check(days, happened)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = KaplanMeierFitter(alpha=1 - CONFIDENCE).fit(list(days), [bool(h) for h in happened])
    low, high = found.confidence_interval_.to_numpy().T
    at = found.survival_function_.index.to_numpy()
    middle = found.survival_function_.to_numpy()[:, 0]
    median = float(found.median_survival_time_)
    return Curve(
        len(days),
        int(sum(map(bool, happened))),
        _steps(np.asarray(days, dtype=float), at, (middle, low, high), grid, 1.0, LOG_LOG),
        median if isfinite(median) else None,
    )


def aalen_johansen(
    days: Sequence[float], cause: Sequence[int], of: int, grid: Sequence[int]
) -> Curve:
    """Share to whom one event has happened, where others compete (Aalen and Johansen 1978).

    days: of each person. cause: 0 = censored, else the event's number. of: the event told.
    The interval is on the log-log scale, its variance by the delta method.
    Raises InputError as ``kaplan_meier`` does.
    """
    from lifelines import AalenJohansenFitter

    _check(days, cause)
    events = int(sum(c == of for c in cause))
    if events == 0:
        people = np.asarray(days, dtype=float)
        none = np.zeros(1)
        empty: Any = (none, np.full(1, np.nan), np.full(1, np.nan))
        return Curve(len(days), 0, _steps(people, none, empty, grid, 0.0, AALEN_JOHANSEN))
    apart = parted(days, cause)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        fitter = AalenJohansenFitter(alpha=1 - CONFIDENCE)
        found = fitter.fit(apart, np.asarray(cause), event_of_interest=of)
    ends = found.confidence_interval_.to_numpy().T
    at = found.cumulative_density_.index.to_numpy()
    middle = found.cumulative_density_.to_numpy()[:, 0]
    # lifelines names them by the transformed scale, where the greater is the lower
    parts = (middle, np.minimum(*ends), np.maximum(*ends))
    people = np.asarray(days, dtype=float)
    return Curve(len(days), events, _steps(people, at, parts, grid, 0.0, AALEN_JOHANSEN))


def parted(days: Sequence[float], cause: Sequence[int]) -> Floats:
    """Days with ties parted, the events of a day before those censored on it; shape (n,).

    Aalen-Johansen gives every event of a day the weight S/n, in whatever order they are taken, so
    that this changes no estimate.
    """
    found = np.asarray(days, dtype=float).copy()
    kinds = np.asarray(cause)
    for day in np.unique(found):
        here = np.flatnonzero((found == day) & (kinds != 0))
        found[here] = day + WITHIN_DAYS * (np.arange(len(here)) + 1) / (len(here) + 2)
        found[(found == day) & (kinds == 0)] = day + WITHIN_DAYS
    return found


def _check(days: Sequence[float], marks: Sequence[object]) -> None:
    if not days:
        raise InputError("outcomes", "days", None, "one person at least")
    if len(days) != len(marks):
        raise InputError("outcomes", "days", len(days), f"{len(marks)}, as many as events")
    if min(days) < 0 or not all(map(isfinite, days)):
        raise InputError("outcomes", "days", min(days), "0 or more")


def _steps(
    people: Floats,
    at: Floats,
    parts: tuple[Floats, Floats, Floats],
    grid: Sequence[int],
    begin: float,
    method: str,
) -> tuple[Step, ...]:
    """A curve at the end of each day of a grid. begin: its value before the first step."""
    found = []
    for day in grid:
        i = int(np.searchsorted(at, day + 2 * WITHIN_DAYS, side="right")) - 1
        value, low, high = (float(p[i]) for p in parts) if i >= 0 else (begin, begin, begin)
        ends = (low, high) if isfinite(low) and isfinite(high) else (None, None)
        interval = Interval(value, ends[0], ends[1], method)
        found.append(Step(day, int((people >= day).sum()), interval))
    return tuple(found)
