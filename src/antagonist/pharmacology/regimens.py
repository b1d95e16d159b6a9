"""Regimens as data: doses by day of a cycle, and the dosing history each one means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import ceil
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.catalogue import DATA, formulations, near_match, read_yaml, validated
from antagonist.pharmacology.dosing.records import EventRecord

DAY_H = 24.0
WEEK_H = 168.0


class RegimenDose(BaseModel):
    """One dose of a cycle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: int = Field(ge=1, description="Day of the cycle, 1 is the first")
    dose_mg: float = Field(gt=0, description="Dose as stated on the product, mg")


class Regimen(BaseModel):
    """How a product is given; field meanings stand in data/regimens.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Mapping[Literal["en", "ru"], str]
    product: str
    cycle_days: int | None = Field(default=None, ge=1)
    doses: tuple[RegimenDose, ...]
    run_in_weeks: int = Field(default=0, ge=0)
    view_weeks: int | None = Field(default=None, ge=2)
    follow_weeks: int = Field(ge=1)
    source: str

    @model_validator(mode="after")
    def _whole(self) -> Regimen:
        days = [dose.day for dose in self.doses]
        if days != sorted(set(days)):
            raise ValueError("doses are not allowed on one day twice or out of order")
        if self.cycle_days is None and (self.view_weeks is None or len(days) > 1):
            raise ValueError("a single dose needs view_weeks and has one dose at most")
        if self.cycle_days is not None and (not days or days[-1] > self.cycle_days):
            raise ValueError(f"doses are not allowed beyond day {self.cycle_days} of the cycle")
        return self

    @property
    def has_data(self) -> bool:
        """Whether levels of the product are published: else it is listed, never simulated."""
        return formulations()[self.product].status == "data"

    @property
    def period_mg(self) -> float:
        """Stated mg of one cycle, or of the single dose."""
        return sum(dose.dose_mg for dose in self.doses)


@lru_cache(maxsize=1)
def regimens() -> Mapping[str, Regimen]:
    """Every regimen that comes with the package, by id, in the order they are listed."""
    found = {}
    for name, content in read_yaml(DATA / "regimens.yaml")["regimens"].items():
        regimen = validated(Regimen, content, f"regimens.yaml: {name}")
        if regimen.product not in formulations():
            allowed = near_match(regimen.product, formulations())
            raise InputError(f"regimens.yaml: {name}", "product", regimen.product, allowed)
        found[name] = regimen
    return found


def chosen_regimens(names: Sequence[str] | None) -> dict[str, Regimen]:
    """Regimens by id, each once; all of them for none.

    Raises InputError for an unknown id, with the nearest known one.
    """
    known = regimens()
    for name in names or ():
        if name not in known:
            raise InputError("", "regimen", name, near_match(name, known))
    return {name: known[name] for name in (names or known)}


def cycle_start_h(regimen: Regimen) -> float:
    """Hour at which the cycle that is looked at starts: whole cycles of run-in come before."""
    if regimen.cycle_days is None:
        return 0.0
    return ceil(regimen.run_in_weeks * 7 / regimen.cycle_days) * regimen.cycle_days * DAY_H


def dosing(regimen: Regimen) -> tuple[EventRecord, ...]:
    """The regimen's doses from hour 0 to the end of the cycle that is looked at, then none."""
    cycle_h = (regimen.cycle_days or 1) * DAY_H
    cycles = round(cycle_start_h(regimen) / cycle_h) + 1
    return tuple(
        EventRecord(
            time_h=n * cycle_h + (dose.day - 1) * DAY_H,
            amt_mg=dose.dose_mg,
            product=regimen.product,
        )
        for n in range(cycles)
        for dose in regimen.doses
    )
