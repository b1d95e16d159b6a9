"""What an opioid dose would still do on the blockade of now and later: for prescribers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from antagonist.foundation.clock import hours_between
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.challenge import challenge_points
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.results import ChallengePoint
from antagonist.pharmacology.settings import settings
from antagonist.planning.response import drawn_for
from antagonist.planning.treatment import DRAWS
from antagonist.web.actions.told import Told
from antagonist.web.chart.doses import Given, taken_doses
from antagonist.web.chart.solving import person_of

AHEAD_H = (0, 24, 48, 72, 168, 336)  # hours from now at which the dose is tried
Spread = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Tried:
    """An opioid dose at one moment, if no naltrexone is added.

    subjective, physiological: effect left, as a share of the effect without naltrexone; 5, 50 and
    95 % of patients. low_mg: low end of the 90 % interval of the dose that does what the dose tried
    does without naltrexone.
    """

    at: datetime
    subjective: Spread
    physiological: Spread
    low_mg: float


@dataclass(frozen=True, slots=True)
class Breakthrough:
    """The threshold's opioid dose, tried at several moments. extrapolated: endpoints not fitted."""

    agonist: str
    route: str
    dose_mg: float
    tried: tuple[Tried, ...]
    extrapolated: tuple[str, ...]
    draws: int
    seed: int
    parameter_set: str


def breakthrough(told: Told) -> Breakthrough:
    """The threshold's dose against doses of naltrexone really taken, for a typical new patient.

    Implants taken out count no longer.
    Raises InputError without a dose that counts, and for a product without published levels.
    """
    doses = _counting(told)
    first = doses[0].at
    records = tuple(
        EventRecord(hours_between(first, dose.at), amt_mg=dose.dose_mg, product=dose.release)
        for dose in doses
    )
    chosen = settings(draws=DRAWS)
    person = person_of(told.state, told.at, str(told.at.tzinfo))
    drawn = drawn_for("course", records, person.covariates, chosen)
    now_h, line = hours_between(first, told.at), chosen.threshold
    hours = [now_h + ahead for ahead in AHEAD_H]
    points = challenge_points(drawn, line.agonist, line.route, line.dose_mg, hours)
    return Breakthrough(
        line.agonist, line.route, line.dose_mg,
        tuple(_tried(points, hour, told.at + timedelta(hours=ahead))
              for hour, ahead in zip(hours, AHEAD_H, strict=True)),
        tuple(sorted({point.endpoint for point in points if point.extrapolated})),
        chosen.draws, chosen.seed, chosen.parameter_set,
    )  # fmt: skip


def _counting(told: Told) -> Sequence[Given]:
    doses = [
        dose
        for dose in taken_doses(told.state, told.at)
        if dose.until is None or dose.until > told.at
    ]
    if not doses:
        raise InputError("", "doses", None, "a dose of naltrexone on record that still counts")
    for dose in doses:
        if dose.release is None:
            product = dose.product or dose.route
            raise InputError("", "product", product, "a product with published levels")
    return doses


def _tried(points: Sequence[ChallengePoint], hour: float, at: datetime) -> Tried:
    here = {point.endpoint: point for point in points if point.time_h == float(hour)}
    low_mg = here["physiological"].breakthrough_low_mg
    assert low_mg is not None
    return Tried(at, here["subjective"].remaining, here["physiological"].remaining, low_mg)
