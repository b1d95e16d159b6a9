"""Figures of the made-up program: a data file, checked on load."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import log
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from antagonist.feedback.contents import FEEDBACK_DATA
from antagonist.foundation.data import Lines, read_yaml, validated

FILE = FEEDBACK_DATA / "simulated_programme.yaml"
Kind = Literal["oral", "injection", "implant"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Arm(_Entry):
    """Patients on one product. Field meanings stand in data/simulated_programme.yaml."""

    id: str
    product: str
    kind: Kind
    share: float = Field(gt=0, le=1)
    indication: Literal["opioid", "alcohol"]
    in_treatment: Mapping[int, float]
    rows: tuple[str, ...]
    weekday_mg: Mapping[int, float] = {}
    doses_taken: float
    observed: float
    use_weeks: float
    after_use: float

    def hazard(self, week: int) -> float:
        """Hazard of drop-out in a week (from 0), after ``in_treatment``, of who did not use.

        The share of weeks with use is taken out, so that all together drop out as published.
        """
        before, share, found = 0, 1.0, 0.0
        for until, left in sorted(self.in_treatment.items()):
            found = log(share / left) / (until - before)
            if week < until:
                break
            before, share = until, left
        return found / (1 + self.use_weeks * (self.after_use - 1))


class Visits(_Entry):
    """What is learned at visits, as shares."""

    urine_missing: float
    calendar_missing: float
    calendar_tells: float
    missed_told: float
    stop_told: float
    rating: float
    challenge: float
    challenge_positive: float
    hospital_per_100_months: float


class Alcohol(_Entry):
    """Days with drinking and grams on them."""

    days_before: float
    days_during: float
    median_g: float
    sigma: float


class SideEffect(_Entry):
    """Share of people with a symptom over some weeks."""

    term: str
    kind: Kind
    share: float
    weeks: float
    row: str

    @property
    def weekly(self) -> float:
        """Chance in a week."""
        return 1 - float((1 - self.share) ** (1 / self.weeks))


class LiverTests(_Entry):
    """Liver tests, times the upper limit."""

    weeks: tuple[int, ...]
    median: float
    between: float
    within: float
    missing: float
    rise: float
    rise_times: tuple[float, float]
    bilirubin_with_rise: float


class Rates(_Entry):
    """The whole file."""

    provenance: Literal["own"]
    source: str
    weeks: int
    entry_weeks: int
    share_male: float
    arms: tuple[Arm, ...]
    visits: Visits
    rates: Mapping[str, float]
    alcohol: Alcohol
    effects: tuple[SideEffect, ...]
    liver: LiverTests
    ratings: Mapping[str, Mapping[Kind, tuple[float, float] | float]]


@lru_cache(maxsize=1)
def rates() -> Rates:
    """The figures that come with the package. Raises InputError naming file, line and field."""
    return validated(Rates, read_yaml(FILE), FILE.name, Lines(FILE))
