"""What a forecast says: plain frozen data that every face renders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from antagonist.pharmacology.dosing.records import Course

Floats = NDArray[np.float64]
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Spread(BaseModel):
    """5th, 50th and 95th percentile over patients and everything that is uncertain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Band:
    """Quantiles over time of one quantity, for one new patient.

    quantity: key such as ``conc_ntx``, ``mu_occupancy``, ``blocked_subjective``.
    time_h: shape (T,), hours since the course's origin.
    quantiles: shape (5, T), rows as QUANTILES.
    """

    quantity: str
    unit: str
    time_h: Floats
    quantiles: Floats


@dataclass(frozen=True)
class StatedTime:
    """One time the answer states, on the safe side of its interval.

    name: ``protected_until_at_least`` (5th percentile of the crossing),
        ``opioids_may_be_blunted_until`` (95th) or ``overdose_danger_from``
        (5th percentile on the physiological endpoint).
    at_h: hours since origin; None where ``state`` says why.
    state: ``at`` a moment within the horizon; ``never`` (not reached at as_of:
        not protected now, or danger now); ``beyond`` the horizon.
    median_h: median crossing or None. share_over_now: share of draws over the line at as_of.
    endpoint, blocked_fraction, percentile: the line, and which percentile of its crossing.
    """

    name: str
    at_h: float | None
    state: Literal["at", "never", "beyond"]
    median_h: float | None
    share_over_now: float
    endpoint: str
    blocked_fraction: float
    percentile: float


@dataclass(frozen=True)
class ChallengePoint:
    """What an agonist dose would still do at one hour.

    endpoint: ``subjective`` or ``physiological``.
    remaining: 5th, 50th, 95th percentile of the effect left, fraction of the effect the
        same dose has without naltrexone.
    breakthrough_low_mg: professional output only: low end of the 90 % interval of the
        dose that restores the unblocked effect of the reference dose; None elsewhere.
    extrapolated: no published challenge fitted this opioid on this endpoint; the effect follows
        from competition alone.
    """

    time_h: float
    agonist: str
    route: str
    dose_mg: float
    endpoint: Literal["subjective", "physiological"]
    remaining: tuple[float, float, float]
    breakthrough_low_mg: float | None
    extrapolated: bool


@dataclass(frozen=True)
class Note:
    """One thing assumed, missing or extrapolated: a text key and its values, worded at the edge."""

    key: str
    values: Mapping[str, str | float]


@dataclass(frozen=True)
class Threshold:
    """The line a protection time refers to, stored with every figure."""

    endpoint: str
    blocked_fraction: float
    agonist: str
    route: str
    dose_mg: float


@dataclass(frozen=True)
class Provenance:
    """Which numbers made the answer.

    structures: structure id -> weight in the mixture.
    sha256: content hash over every data file used.
    """

    parameter_set: str
    version: str
    sha256: str
    structures: Mapping[str, float]
    draws: int
    seed: int


@dataclass(frozen=True)
class Now:
    """Levels and blockade at as_of: quantity -> (5th, 50th, 95th percentile), unit."""

    values: Mapping[str, tuple[float, float, float]]
    units: Mapping[str, str]


@dataclass(frozen=True)
class Forecast:
    """The answer of the main job for one course.

    width_shares: quantity of interest (blocked now) -> share of the 90 % width that
        parameter uncertainty, structure and between-subject variability alone give.
    notes: what is assumed, missing or extrapolated.
    """

    course: Course
    bands: Mapping[str, Band]
    now: Now
    stated: tuple[StatedTime, ...]
    challenges: tuple[ChallengePoint, ...]
    threshold: Threshold
    provenance: Provenance
    width_shares: Mapping[str, float]
    notes: tuple[Note, ...]
