"""Proportion of hours blocked: expectation and interval over parameters and uncertain intake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from antagonist.feedback.outcomes.course import Course, Intake
from antagonist.feedback.outcomes.intake import Sampler, Taken, by_evidence
from antagonist.foundation.clock import hours_between
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.settings import Settings
from antagonist.planning.response import Floats, Response, responses

DAY_H = 24
LOW, HIGH = 5, 95  # percentiles of a 90 % interval
LONGEST_DAYS = 400  # of a course that is looked at
# What a dose still does later is left out: the tail of an injection is over long before.
RESPONSE_DAYS = 180


@dataclass(frozen=True, slots=True)
class Expected:
    """Mean over draws with its 90 % interval (5th and 95th percentile of draws)."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class HoursBlocked:
    """Share of hours from the first dose on in which blockade is at the line or over it.

    whole: to the end of observation. in_treatment: to the end of time in treatment.
    unprotected_days: calendar days with an hour under the line, of ``days`` whole ones.
    longest_unprotected_h: longest run of hours under the line. agonist to blocked_fraction: the
    line. questionable: doses whose intake is not certain.
    """

    hours: int
    whole: Expected
    in_treatment: Expected
    days: int
    unprotected_days: Expected
    longest_unprotected_h: Expected
    agonist: str
    agonist_mg: float
    blocked_fraction: float
    endpoint: str
    draws: int
    seed: int
    doses: int
    questionable: int


@dataclass(frozen=True)
class Blocked:
    """Hours blocked with what charts and sums over patients need.

    share, share_in_treatment: of every draw, shape (S,). by_day: share of hours blocked on each
    whole calendar day from ``first_day`` on, shape (3, days): 5th percentile, mean, 95th.
    """

    summary: HoursBlocked
    share: Floats
    share_in_treatment: Floats
    first_day: date
    by_day: Floats


@dataclass(frozen=True)
class Units:
    """Responses to 1 mg by product. Rows: draws times subjects, those of a draw together."""

    responses: Mapping[str, Response]
    subjects: int

    def rows(self, rng: np.random.Generator) -> NDArray[np.intp]:
        """One row of each draw, shape (draws,): a patient of their own in every draw."""
        if not self.responses:
            return np.zeros(0, dtype=np.intp)
        draws = len(next(iter(self.responses.values())).line) // self.subjects
        within = rng.integers(0, self.subjects, draws) if self.subjects > 1 else 0
        return np.arange(draws) * self.subjects + within


def units_for(
    courses: Iterable[Course],
    chosen: Settings,
    covariates: Mapping[str, float | str | bool] | None = None,
    subjects: int = 1,
) -> Units:
    """Responses to 1 mg of every product of some courses, the same drawn patients for all.

    Products without published levels are left out. covariates: default a typical patient's.
    subjects: different patients in each draw; with many, figures of a draw differ between patients
    of a program as people do, and share what nobody knows of all of them.
    """
    known = {name for name, found in formulations().items() if found.status != "no_data"}
    names, longest = set[str](), 1
    for course in courses:
        used = {dose.release for dose in course.intakes if dose.release is not None}
        names |= used & known
        if course.start is not None:
            longest = max(longest, (course.end - course.start).days + 1)
    span_h = min(longest, RESPONSE_DAYS) * DAY_H
    found = responses(names, covariates or {}, chosen, span_h, subjects) if names else {}
    return Units(found, subjects)


def hours_blocked(
    course: Course,
    until: datetime,
    units: Units,
    chosen: Settings,
    sampler: Sampler = by_evidence,
) -> Blocked | None:
    """Hours blocked of a course.

    until: end of time in treatment. units: ``units_for`` with the same settings. sampler: who took
    which doses; its draws pair with those of the parameters.
    None without a dose, or where a product has no published levels. Doses stand at whole hours.
    """
    taken = course.taken
    if not taken or any(dose.release not in units.responses for dose in course.intakes):
        return None
    begin = taken[0].at
    doses = [dose for dose in course.intakes if dose.at >= begin]
    last = min(course.at, _day_end(course))
    hours = max(min(int(hours_between(begin, last)), LONGEST_DAYS * DAY_H), 1)
    rng = np.random.default_rng([chosen.seed, crc32(course.patient.encode())])
    rows = units.rows(rng)
    line = next(iter(units.responses.values())).line[rows]
    pattern = sampler(doses, len(rows), rng)
    over = summed(course, doses, begin, units, rows, pattern, hours) >= line
    inside = min(max(int(hours_between(begin, until)), 1), hours)
    share: Floats = over.mean(axis=1)
    in_treatment: Floats = over[:, :inside].mean(axis=1)
    first_midnight = _first_midnight(begin, course)
    days = max((hours - first_midnight) // DAY_H, 0)
    whole = over[:, first_midnight : first_midnight + days * DAY_H]
    daily = whole.reshape(len(over), days, DAY_H)
    unprotected = (~daily.all(axis=2)).sum(axis=1)
    threshold = chosen.threshold
    summary = HoursBlocked(
        hours=hours,
        whole=expected(share),
        in_treatment=expected(in_treatment),
        days=days,
        unprotected_days=expected(unprotected),
        longest_unprotected_h=expected(longest_runs(~over)),
        agonist=threshold.agonist,
        agonist_mg=threshold.dose_mg,
        blocked_fraction=threshold.blocked_fraction,
        endpoint=threshold.endpoint,
        draws=len(share),
        seed=chosen.seed,
        doses=len(doses),
        questionable=int((pattern.any(axis=0) != pattern.all(axis=0)).sum()),
    )
    first_day = course.day(begin) + timedelta(days=1)
    return Blocked(summary, share, in_treatment, first_day, _by_day(daily.mean(axis=2)))


def _by_day(shares: Floats) -> Floats:
    """Percentiles and mean over draws. shares: shape (S, days); returns shape (3, days)."""
    if not shares.shape[1]:
        return np.zeros((3, 0))
    low, high = np.percentile(shares, (LOW, HIGH), axis=0)
    return np.stack([low, shares.mean(axis=0), high])


def _day_end(course: Course) -> datetime:
    """The end of the last day that is looked at."""
    return datetime.combine(course.end + timedelta(days=1), time(0), course.at.tzinfo)


def _first_midnight(begin: datetime, course: Course) -> int:
    """Hours from the first dose to the next local midnight."""
    local = begin.astimezone(course.at.tzinfo)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(0), local.tzinfo)
    return int(np.ceil(hours_between(local, midnight)))


def summed(
    course: Course,
    doses: Sequence[Intake],
    begin: datetime,
    units: Units,
    rows: NDArray[np.intp],
    taken: Taken,
    hours: int,
) -> Floats:
    """Odds at the receptor on whole hours from the first dose on, shape (S, hours).

    rows: of the responses, shape (S,). taken: shape (S, doses).

    An implant that was taken out gives nothing from then on, which errs on caution.
    """
    total = np.zeros((len(taken), hours))
    per_mg = {
        name: units.responses[name].odds_per_mg[rows] for name in {d.release for d in doses} if name
    }
    outs = [datetime.combine(day, time(0), course.at.tzinfo) for day in course.implant_out]
    for i, dose in enumerate(doses):
        assert dose.release is not None
        unit = per_mg[dose.release]
        first = round(hours_between(begin, dose.at))
        last = min(first + unit.shape[1], hours)
        if dose.route == "implant":
            gone = [round(hours_between(begin, out)) for out in outs if out >= dose.at]
            last = min([last, *gone])
        if last > first:
            amount_mg = dose.dose_mg * taken[:, i, None]
            total[:, first:last] += amount_mg * unit[:, : last - first]
    return total


def expected(values: NDArray[np.floating] | NDArray[np.integer]) -> Expected:
    """Mean and 90 % interval of draws. values: shape (S,)."""
    low, high = np.percentile(values, (LOW, HIGH))
    return Expected(float(values.mean()), float(low), float(high))


def longest_runs(under: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Longest run of true values in each row. under: shape (S, T); returns shape (S,)."""
    rows, width = under.shape
    edge = np.zeros((rows, 1), dtype=np.int8)
    steps = np.diff(np.concatenate([edge, under.astype(np.int8), edge], axis=1), axis=1)
    starts, ends = np.nonzero(steps == 1), np.nonzero(steps == -1)
    found = np.zeros(rows, dtype=np.intp)
    # in order of row and then of time, so each start meets its own end
    np.maximum.at(found, starts[0], ends[1] - starts[1])
    assert found.max(initial=0) <= width
    return found
