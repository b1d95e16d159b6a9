"""The own model's data file: chances of evidence, tests, errors, and how it is reckoned."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from antagonist.foundation.data import near_match, read_yaml, validated
from antagonist.foundation.errors import InputError

PATH = Path(__file__).parents[1] / "data" / "own_model.yaml"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(_Data):
    """taken: chance that a dose with this evidence was taken."""

    taken: float = Field(ge=0, le=1)
    source: str
    provenance: str


class Urine(_Data):
    """oral, other: pairs of an hour and the chance that a dose at most so old shows."""

    oral: tuple[tuple[float, float], ...]
    other: tuple[tuple[float, float], ...]
    false_positive: float = Field(gt=0, lt=1)
    source: str
    provenance: str


class Counting(_Data):
    """beyond: tablets gone beyond those taken -> chance. any_other: of each other difference."""

    beyond: Mapping[int, float]
    any_other: float = Field(gt=0, lt=1)
    source: str
    provenance: str


class LevelError(_Data):
    """Of one plasma level. additive: ng/mL."""

    assay_cv: float = Field(ge=0)
    model_cv: float = Field(ge=0)
    additive: float = Field(gt=0)


class Errors(_Data):
    """Of both analytes."""

    naltrexone: LevelError
    metabolite: LevelError = Field(alias="6_beta_naltrexol")
    source: str
    provenance: str

    def of(self, analyte: str) -> LevelError:
        """The error of an analyte's levels."""
        return self.naltrexone if analyte == "naltrexone" else self.metabolite


class Reckoning(_Data):
    """How much work is done; see the file."""

    draws: int = Field(ge=1)
    proposals: tuple[int, ...] = Field(min_length=1)
    more_proposals: int = Field(ge=0)
    trusted_draws: float = Field(gt=0)
    kernels: int = Field(ge=1)
    drawn_in: float = Field(ge=0, le=1)
    kernel_width: float = Field(gt=0)
    laplace_share: float = Field(ge=0, lt=1)
    least_share: float = Field(gt=0, lt=1)
    most_enumerated: int = Field(ge=1, le=14)
    patterns: int = Field(ge=1)
    prior_share: float = Field(gt=0, lt=1)
    degrees: float = Field(gt=2)
    worst_pareto_k: float
    least_ess: float = Field(ge=0)
    misfit_tail: float = Field(gt=0, lt=1)

    @property
    def rough(self) -> Reckoning:
        """Half of the work, for what is asked of a level while it is left out."""
        half = max(1, (len(self.proposals) + 1) // 2)
        return self.model_copy(update={"proposals": self.proposals[:half], "more_proposals": 0})


class Weights(_Data):
    """The whole file."""

    version: str
    evidence: Mapping[str, Evidence]
    urine: Urine
    pill_count: Counting
    errors: Errors
    reckoning: Reckoning

    def chance(self, evidence: str, source: str = "own model") -> float:
        """Chance that a dose with this evidence was taken. Raises InputError for an unknown one."""
        if evidence not in self.evidence:
            raise InputError(source, "evidence", evidence, near_match(evidence, [*self.evidence]))
        return self.evidence[evidence].taken


@lru_cache(maxsize=1)
def weights() -> Weights:
    """The data file that comes with the package."""
    return validated(Weights, read_yaml(PATH), PATH.name)
