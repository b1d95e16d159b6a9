"""Intervals of shares, rates and means, and how they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from statistics import fmean, median, stdev
from typing import Literal

from antagonist.foundation.errors import InputError

CONFIDENCE = 0.95
PER_MONTHS = 100


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its interval; ``method`` says which. low, high: None where there is none."""

    value: float
    low: float | None
    high: float | None
    method: str
    confidence: float = CONFIDENCE


@dataclass(frozen=True, slots=True)
class Share:
    """A share of people or tests: k of n with its interval; value None where n is 0."""

    k: int
    n: int
    interval: Interval | None

    @property
    def value(self) -> float | None:
        """The share itself: k over n."""
        return None if self.interval is None else self.interval.value


@dataclass(frozen=True, slots=True)
class Rate:
    """Events per 100 patient-months with its exact interval. months: of follow-up, all patients."""

    events: int
    months: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Band:
    """How many values lie from low to high, both included."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Values in short. bands: how many of each, in order. mean: with Student's interval."""

    n: int
    mean: Interval | None
    median: float | None
    bands: tuple[Band, ...]


def wilson(k: int, n: int, confidence: float = CONFIDENCE) -> Interval | None:
    """Share with Wilson's score interval; None of nothing. Source: Wilson 1927.

    Raises InputError where k is not from 0 to n.
    """
    return _share(k, n, confidence, "wilson", "wilson")


def clopper_pearson(k: int, n: int, confidence: float = CONFIDENCE) -> Interval | None:
    """Share with the exact interval; None of nothing. Source: Clopper and Pearson 1934.

    Raises InputError where k is not from 0 to n.
    """
    return _share(k, n, confidence, "exact", "clopper_pearson")


def _share(
    k: int, n: int, confidence: float, method: Literal["wilson", "exact"], name: str
) -> Interval | None:
    from scipy.stats import binomtest

    if not 0 <= k <= n:
        raise InputError("outcomes", "k", k, f"a count from 0 to {n}")
    if n == 0:
        return None
    found = binomtest(k, n).proportion_ci(confidence, method=method)
    return Interval(k / n, float(found.low), float(found.high), name, confidence)


def share(k: int, n: int) -> Share:
    """A share with Wilson's interval."""
    return Share(k, n, wilson(k, n))


def rate(events: int, months: float, confidence: float = CONFIDENCE) -> Rate:
    """Events per 100 patient-months, exact Poisson interval. Source: Garwood 1936.

    Raises InputError for fewer than no events or months.
    """
    from scipy.stats import chi2

    if events < 0 or months < 0:
        raise InputError("outcomes", "events", events, "0 or more, over 0 months or more")
    if months == 0:
        return Rate(events, months, None)
    tail, scale = (1 - confidence) / 2, PER_MONTHS / months
    low = float(chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    high = float(chi2.ppf(1 - tail, 2 * events + 2)) / 2
    found = Interval(events * scale, low * scale, high * scale, "garwood", confidence)
    return Rate(events, months, found)


def summary(values: Sequence[float]) -> Summary:
    """Number, mean with Student's 95 % interval, median and distribution of values."""
    if not values:
        return Summary(0, None, None, ())
    bands = tuple(Band(value, value, values.count(value)) for value in sorted(set(values)))
    return Summary(len(values), mean_interval(values), float(median(values)), bands)


def mean_interval(
    values: Sequence[float],
    confidence: float = CONFIDENCE,
    within: tuple[float, float] = (-inf, inf),
) -> Interval | None:
    """Mean with Student's interval; no ends below two values. Source: Student 1908.

    within: what a value can be; ends beyond it are cut there, as a share has none over 1.
    """
    from scipy.stats import t

    if not values:
        return None
    middle = fmean(values)
    if len(values) < 2:
        return Interval(middle, None, None, "student", confidence)
    half = float(t.ppf((1 + confidence) / 2, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    low, high = max(middle - half, within[0]), min(middle + half, within[1])
    return Interval(middle, low, high, "student", confidence)
