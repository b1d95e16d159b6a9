"""What is known of one patient: doses with how each is evidenced, levels, urine, pill counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import Covariate, EventRecord

Analyte = Literal["naltrexone", "6_beta_naltrexol"]
# Output of every structure that a plasma level is of.
OUTPUT: Mapping[str, str] = {"naltrexone": "conc_ntx", "6_beta_naltrexol": "conc_6bn"}
SOURCE = "own model"


@dataclass(frozen=True)
class Dose:
    """One dose that may have been taken.

    evidence: how it is known, a name of data/own_model.yaml. chance: of having been taken before
    anything else is known, where it is not the evidence's.
    """

    time_h: float
    dose_mg: float
    product: str
    evidence: str
    chance: float | None = None
    id: str | None = None


@dataclass(frozen=True)
class MeasuredLevel:
    """A plasma level.

    value_ng_per_ml: None = below ``limit_ng_per_ml``. error_cv: of the assay, where it is stated.
    """

    time_h: float
    analyte: Analyte
    value_ng_per_ml: float | None
    limit_ng_per_ml: float | None = None
    error_cv: float | None = None
    id: str | None = None


@dataclass(frozen=True)
class UrineResult:
    """Whether 6-beta-naltrexol was found in a urine sample."""

    time_h: float
    positive: bool
    id: str | None = None


@dataclass(frozen=True)
class PillCount:
    """Tablets gone between two counts: of the doses with from_h <= time < until_h."""

    from_h: float
    until_h: float
    gone: int
    id: str | None = None


@dataclass(frozen=True)
class Known:
    """All that the own model is learnt from; hours are since one origin.

    covariates: values at the start; absent: unknown. changes: EVID 2 records with later values.
    """

    doses: tuple[Dose, ...]
    levels: tuple[MeasuredLevel, ...] = ()
    urine: tuple[UrineResult, ...] = ()
    pill_counts: tuple[PillCount, ...] = ()
    covariates: Mapping[str, Covariate] = field(default_factory=dict)
    changes: tuple[EventRecord, ...] = ()


def checked(known: Known) -> Known:
    """The same with doses, levels and counts in order of time.

    Raises InputError for no dose, a number out of its range, and counts whose spans overlap.
    """
    if not known.doses:
        raise InputError(SOURCE, "doses", None, "at least one dose")
    for n, dose in enumerate(known.doses):
        _number(f"doses[{n}].time_h", dose.time_h, -math.inf, math.inf)
        _number(f"doses[{n}].dose_mg", dose.dose_mg, 0, 20_000)
        if dose.chance is not None:
            _number(f"doses[{n}].chance", dose.chance, 0, 1)
    for n, level in enumerate(known.levels):
        _check_level(f"levels[{n}]", level)
    counts = sorted(known.pill_counts, key=lambda c: c.from_h)
    for before, after in pairwise(counts):
        if after.from_h < before.until_h:
            allowed = f"not before the count before it ends, {before.until_h:g}"
            raise InputError(SOURCE, "pill_counts.from_h", after.from_h, allowed)
    return Known(
        tuple(sorted(known.doses, key=lambda d: d.time_h)),
        tuple(sorted(known.levels, key=lambda x: x.time_h)),
        tuple(sorted(known.urine, key=lambda x: x.time_h)),
        tuple(counts),
        known.covariates,
        tuple(sorted(known.changes, key=lambda r: r.time_h)),
    )


def _check_level(where: str, level: MeasuredLevel) -> None:
    _number(f"{where}.time_h", level.time_h, -math.inf, math.inf)
    if level.analyte not in OUTPUT:
        raise InputError(SOURCE, f"{where}.analyte", level.analyte, " or ".join(OUTPUT))
    if level.value_ng_per_ml is None:
        limit = level.limit_ng_per_ml
        if limit is None or not 0 < limit < math.inf:
            allowed = "more than 0 for a level below the limit"
            raise InputError(SOURCE, f"{where}.limit_ng_per_ml", limit, allowed)
    else:
        _number(f"{where}.value_ng_per_ml", level.value_ng_per_ml, 0, 1e6)
    if level.error_cv is not None:
        _number(f"{where}.error_cv", level.error_cv, 0, 2)


def _number(where: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(SOURCE, where, value, f"a number from {low:g} to {high:g}")
