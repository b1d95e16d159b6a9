"""How a forecast is made: draws, seed, threshold; defaults from data/defaults.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from antagonist.foundation.data import read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.catalogue import DATA
from antagonist.pharmacology.parameter_sets import DEFAULT_SET
from antagonist.pharmacology.responses import Endpoint
from antagonist.pharmacology.results import Threshold


class ThresholdDefault(BaseModel):
    """The threshold used when the user names none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: Endpoint
    blocked_fraction: float = Field(gt=0, lt=1)
    agonist: str
    route: str
    dose_mg: float = Field(gt=0)


class Line(BaseModel):
    """A line that a stated time refers to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: Endpoint
    blocked_fraction: float = Field(gt=0, lt=1)


class Defaults(BaseModel):
    """Choices an answer makes when the user makes none (data/defaults.yaml)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: ThresholdDefault
    blunted: Line
    danger: Line
    draws: int = Field(gt=0)
    seed: int
    step_h: float = Field(gt=0)
    challenge_after_h: tuple[float, ...]


@lru_cache(maxsize=1)
def defaults() -> Defaults:
    """The package's defaults."""
    return validated(Defaults, read_yaml(DATA / "defaults.yaml"), "defaults.yaml")


@dataclass(frozen=True)
class Settings:
    """How a forecast is made. step_h: hours between points."""

    draws: int
    seed: int
    threshold: Threshold
    step_h: float = 1.0
    parameter_set: str = DEFAULT_SET


def settings(
    *,
    draws: int | None = None,
    seed: int | None = None,
    threshold_blocked_fraction: float | None = None,
) -> Settings:
    """Settings with the package's defaults for what is not given.

    Raises InputError for draws below 1 or a threshold outside (0, 1).
    """
    base = defaults()
    share = base.threshold.blocked_fraction
    if threshold_blocked_fraction is not None:
        share = threshold_blocked_fraction
    if not 0 < share < 1:
        raise InputError("", "threshold", share, "between 0 and 1, as 0.9 for 90 %")
    if draws is not None and draws < 1:
        raise InputError("", "draws", draws, "at least 1")
    t = base.threshold
    return Settings(
        draws or base.draws,
        base.seed if seed is None else seed,
        Threshold(t.endpoint, share, t.agonist, t.route, t.dose_mg),
        base.step_h,
    )
