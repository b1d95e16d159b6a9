"""Figures, scales and items that the outcome measures rest on: data files, checked on load."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from antagonist.feedback.contents import FEEDBACK_DATA
from antagonist.foundation.data import Lines, near_match, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.facts import Both, Provenance

RULES, INTAKE = FEEDBACK_DATA / "outcome_rules.yaml", FEEDBACK_DATA / "intake.yaml"
Baseline = Literal["normal", "raised"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RuleNumber(_Entry):
    """A figure with its unit and where it comes from."""

    value: float
    unit: str
    source: str
    provenance: Provenance


class DrinkGrams(_Entry):
    """Grams of ethanol in a standard drink, by country code."""

    source: str
    provenance: Provenance
    grams: Mapping[str, float]


class WhoLevels(_Entry):
    """Lower limits of the WHO risk levels, g/d, by sex and level, lowest first."""

    source: str
    provenance: Provenance
    above_g: Mapping[Literal["male", "female"], Mapping[str, float]]


class Ctcae(_Entry):
    """Lower limits of CTCAE grades 1 to 4, by test and kind of baseline."""

    version: str
    source: str
    provenance: Provenance
    above: Mapping[str, Mapping[Baseline, tuple[float, float, float, float]]]


class OutcomeRules(_Entry):
    """All figures. Field meanings stand in data/outcome_rules.yaml."""

    numbers: Mapping[str, RuleNumber]
    drink_grams: DrinkGrams
    who_levels: WhoLevels
    ctcae: Ctcae


class Evidence(_Entry):
    """Range of the probability that a dose was taken."""

    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    title: Both

    @model_validator(mode="after")
    def _ordered(self) -> Evidence:
        if self.high < self.low:
            raise ValueError("high not below low")
        return self


class IntakeRules(_Entry):
    """How probably a dose was taken, by kind of evidence."""

    source: str
    provenance: Provenance
    evidence: Mapping[str, Evidence]


@lru_cache(maxsize=1)
def outcome_rules() -> OutcomeRules:
    """The figures that come with the package. Raises InputError naming file, line and field."""
    return validated(OutcomeRules, read_yaml(RULES), RULES.name, Lines(RULES))


@lru_cache(maxsize=1)
def intake_rules() -> IntakeRules:
    """Probabilities of intake that come with the package. Raises InputError as above."""
    return validated(IntakeRules, read_yaml(INTAKE), INTAKE.name, Lines(INTAKE))


def number(name: str) -> float:
    """A figure by name. Raises InputError for one that is not in the file."""
    found = outcome_rules().numbers
    if name not in found:
        raise InputError(RULES.name, "numbers", name, near_match(name, found))
    return found[name].value


def whole(name: str) -> int:
    """A figure that counts days, weeks or people."""
    return int(number(name))
