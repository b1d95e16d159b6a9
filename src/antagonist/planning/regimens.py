"""Regimens of the label on the pharmacology's clock: the dosing history each one means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import ceil

from antagonist.foundation.data import near_match
from antagonist.foundation.errors import InputError
from antagonist.label.regimens import Regimen, regimens
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.dosing.records import EventRecord

DAY_H = 24.0
WEEK_H = 168.0


def checked(found: Mapping[str, Regimen]) -> Mapping[str, Regimen]:
    """Regimens whose release model is a known formulation. Raises InputError for another."""
    known = formulations()
    for name, regimen in found.items():
        model = regimen.release_model
        if model not in known:
            source = f"regimens.yaml: {name}"
            raise InputError(source, "release_model", model, near_match(model, known))
    return found


@lru_cache(maxsize=1)
def known_regimens() -> Mapping[str, Regimen]:
    """Every regimen of the label by id, in the label's order, its release model checked."""
    return checked(regimens())


def has_data(regimen: Regimen) -> bool:
    """Whether levels of its product are published: else it is listed, never simulated."""
    return formulations()[regimen.release_model].status == "data"


def chosen_regimens(names: Sequence[str] | None) -> dict[str, Regimen]:
    """Regimens by id, each once; all of them for none.

    Raises InputError for an unknown id, with the nearest known one.
    """
    known = known_regimens()
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
            product=regimen.release_model,
        )
        for n in range(cycles)
        for dose in regimen.doses
    )
