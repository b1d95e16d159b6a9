"""First days by mouth: data/induction.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from antagonist.foundation.data import read_entries
from antagonist.label.facts import DATA, Both
from antagonist.label.rules import Indication, Route


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InductionDay(_Part):
    """One of the first days: ``instead_mg`` where the product cannot be split to ``dose_mg``."""

    dose_mg: float = Field(gt=0)
    instead_mg: float = Field(gt=0)


class Induction(_Part):
    """The first days of one route and indication."""

    indication: Indication
    route: Route
    days: tuple[InductionDay, ...] = Field(min_length=1)
    until_cycle_mg: float = Field(gt=0)
    rules: tuple[str, ...] = Field(min_length=1)
    note: Both


@lru_cache(maxsize=1)
def inductions() -> Mapping[str, Induction]:
    """Every induction by id. Raises InputError naming file, line and field."""
    return read_entries(Induction, DATA / "induction.yaml")


def induction(indication: str, route: str) -> Induction | None:
    """The first days of a route and indication; None where there are none."""
    for entry in inductions().values():
        if (entry.indication, entry.route) == (indication, route):
            return entry
    return None
