"""The Python API: a course in, hours of protection out.

    from antagonist import Course, protected_until, simulate, challenge

Everything here is decision support for professionals, not a certified medical device.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from antagonist.foundation.clock import hours_between, to_local, zone
from antagonist.foundation.errors import InputError
from antagonist.pharmacology import forecast
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.dosing import load_course, parse_course
from antagonist.pharmacology.dosing import records as _records
from antagonist.pharmacology.results import ChallengePoint, Forecast, StatedTime
from antagonist.pharmacology.settings import settings

__all__ = ["Course", "challenge", "local_time", "protected_until", "simulate"]


def _limits_mg() -> dict[str, float]:
    return {name: f.max_dose_mg for name, f in formulations().items()}


class Course(_records.Course):
    """A dosing history with its clock; see docs/reference/course.md for the YAML form."""

    @classmethod
    def _of(cls, course: _records.Course) -> Self:
        return cls(**{f.name: getattr(course, f.name) for f in fields(course)})

    @classmethod
    def from_yaml(cls, path: str | Path) -> Self:
        """A course from a YAML file. Raises InputError naming file, field and what is allowed."""
        limits = _limits_mg()
        return cls._of(load_course(Path(path), set(limits), dose_limits_mg=limits))

    @classmethod
    def from_mapping(cls, content: Mapping[str, Any]) -> Self:
        """A course from the same keys as the YAML form. Raises InputError as ``from_yaml``."""
        limits = _limits_mg()
        return cls._of(parse_course(content, "course", set(limits), dose_limits_mg=limits))


def local_time(course: _records.Course, time_h: float) -> datetime:
    """Aware local time of an hour of a course. Raises InputError where it has no clock."""
    if course.subject.origin is None:
        raise InputError("course", "origin", None, "an aware time of hour 0")
    return to_local(course.subject.origin, time_h, zone(course.timezone))


def _hours(course: _records.Course, moment: datetime | float) -> float:
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            allowed = "a time with its zone or offset"
            raise InputError("challenge", "at", moment.isoformat(), allowed)
        if course.subject.origin is None:
            raise InputError("course", "origin", None, "an aware time of hour 0")
        hours = hours_between(course.subject.origin, moment)
    else:
        hours = float(moment)
    if not 0 <= hours < math.inf:
        raise InputError("challenge", "at", str(moment), "a time not before the first dose")
    return hours


def simulate(
    course: _records.Course,
    *,
    draws: int | None = None,
    seed: int | None = None,
    threshold: float | None = None,
) -> Forecast:
    """Forecast a course: bands over time, stated times, challenges, provenance.

    draws, seed: of everything uncertain. threshold: blocked share of the subjective effect of
    25 mg intravenous heroin, in (0, 1), default 0.9.
    Raises InputError for products without published levels and for values out of range.
    """
    chosen = settings(draws=draws, seed=seed, threshold_blocked_fraction=threshold)
    return forecast.simulate(course, chosen)


def protected_until(
    course: _records.Course,
    *,
    threshold: float | None = None,
    draws: int | None = None,
    seed: int | None = None,
) -> StatedTime:
    """Protected until at least: the 5th percentile of the time protection ends, from now on.

    threshold, draws, seed: as in ``simulate``. ``local_time(course, answer.at_h)`` is its clock
    time; ``state`` says where there is none.
    """
    answer = simulate(course, threshold=threshold, draws=draws, seed=seed)
    return next(s for s in answer.stated if s.name == "protected_until_at_least")


def challenge(
    course: _records.Course,
    agonist: str,
    route: str,
    dose_mg: float,
    at: Sequence[datetime | float],
    *,
    draws: int | None = None,
    seed: int | None = None,
) -> tuple[ChallengePoint, ...]:
    """What an opioid dose would still do at some moments, on both endpoints; for professionals.

    dose_mg: > 0, mg. at: aware times, or hours since the course's first dose.
    Raises InputError for an unknown opioid or route, a dose out of range or a naive time.
    """
    if not 0 < dose_mg <= 100_000:
        raise InputError("challenge", "dose_mg", dose_mg, "above 0 and at most 100000")
    chosen = settings(draws=draws, seed=seed)
    hours = [_hours(course, moment) for moment in at]
    answer = forecast.simulate(
        course, chosen, challenge=(agonist, route, dose_mg), challenge_at_h=hours
    )
    return answer.challenges
