"""Levels as arrays, what each dose gives of each, and how likely they are.

Levels are linear in doses: f_l = sum over doses of x_d u_ld, with u_ld what dose d gives at the
time of level l by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr

from antagonist.feedback.own_model.known import OUTPUT, Known, MeasuredLevel
from antagonist.feedback.own_model.prior import Prior
from antagonist.feedback.own_model.weights import Weights
from antagonist.pharmacology.assembly import assemble, jumps_of
from antagonist.pharmacology.dosing.records import EventRecord, Subject
from antagonist.pharmacology.ensemble import covariate_regimes
from antagonist.pharmacology.kernel import Solution, solve
from antagonist.pharmacology.models import Residual
from antagonist.pharmacology.subjects import definitions, values_of

Floats = NDArray[np.float64]
Bits = NDArray[np.bool_]
_HALF_LOG_2_PI = 0.9189385332046727


@dataclass(frozen=True)
class Levels:
    """L levels in order of time. value: the limit where ``below``. sd^2 = additive^2 + (cv f)^2."""

    time_h: Floats
    output: tuple[str, ...]
    value: Floats
    below: Bits
    cv: Floats
    additive: Floats

    def part(self, rows: NDArray[np.intp]) -> Levels:
        """Some of the levels."""
        return Levels(
            self.time_h[rows], tuple(self.output[i] for i in rows), self.value[rows],
            self.below[rows], self.cv[rows], self.additive[rows],
        )  # fmt: skip

    def with_values(self, value: Floats, below: Bits) -> Levels:
        """The same levels with other values, shape (L,)."""
        return replace(self, value=value, below=below)

    def sd(self, level: int, predicted: Floats) -> Floats:
        """Sd of a level's error at predictions of any shape."""
        found: Floats = np.sqrt(self.additive[level] ** 2 + (self.cv[level] * predicted) ** 2)
        return found

    def log_likelihood(self, level: int, predicted: Floats) -> Floats:
        """Log density of one level (below its limit: log chance, Beal 2001, M3), any shape."""
        sd = self.sd(level, predicted)
        off = (self.value[level] - predicted) / sd
        if self.below[level]:
            return np.asarray(log_ndtr(off))
        return np.asarray(-0.5 * off * off - np.log(sd) - _HALF_LOG_2_PI)

    def chance_below(self, level: int, predicted: Floats) -> Floats:
        """Chance of a value at most the one seen, any shape."""
        off = (self.value[level] - predicted) / self.sd(level, predicted)
        return np.asarray(ndtr(off))

    def residual(self, level: int) -> Residual:
        """A level's error as the estimator takes it."""
        cv, additive = float(self.cv[level]), float(self.additive[level])
        return Residual(
            proportional=cv, additive=additive, source="own_model.yaml", provenance="assumed"
        )


def levels_of(levels: tuple[MeasuredLevel, ...], weights: Weights) -> Levels:
    """Measured levels as arrays."""
    errors = [weights.errors.of(x.analyte) for x in levels]
    assay = [e.assay_cv if x.error_cv is None else x.error_cv
             for x, e in zip(levels, errors, strict=True)]  # fmt: skip
    return Levels(
        np.array([x.time_h for x in levels], dtype=float),
        tuple(OUTPUT[x.analyte] for x in levels),
        np.array([_stated(x) for x in levels], dtype=float),
        np.array([x.value_ng_per_ml is None for x in levels], dtype=bool),
        np.array([np.hypot(a, e.model_cv) for a, e in zip(assay, errors, strict=True)]),
        np.array([e.additive for e in errors]),
    )


def _stated(level: MeasuredLevel) -> float:
    value = level.limit_ng_per_ml if level.value_ng_per_ml is None else level.value_ng_per_ml
    return float(value or 0.0)


def subject_of(known: Known, records: tuple[EventRecord, ...] = ()) -> Subject:
    """The patient with some records and the changes of covariates, in order of time."""
    everything = sorted((*known.changes, *records), key=lambda r: r.time_h)
    return Subject("patient", tuple(everything), None, dict(known.covariates))


def contributions(prior: Prior, phi: Mapping[str, Floats], known: Known, levels: Levels) -> Floats:
    """What each dose, if taken, gives of each level, shape (N, L, D). phi: each (N,)."""
    regimes = covariate_regimes(subject_of(known))
    parameters = definitions(prior.plasma, prior.products)
    values = values_of(prior.plasma, parameters, phi, regimes)
    if len(regimes) == 1:
        return _shifted(prior, values, known, levels)
    return _one_by_one(prior, values, known, levels)


def _shifted(prior: Prior, values: Mapping[str, Floats], known: Known, levels: Levels) -> Floats:
    """One dose of each product, moved in time: the system is the same at all times."""
    count = len(next(iter(values.values())))
    found = np.zeros((count, len(levels.value), len(known.doses)))
    rows = _outputs(prior, levels)
    time_h = np.array([d.time_h for d in known.doses])
    amount = np.array([d.dose_mg for d in known.doses])
    age_h = np.round(levels.time_h[:, None] - time_h, 6)
    for product in prior.products:
        which = np.array([d.product == product for d in known.doses])
        wanted = (age_h > 0) & which
        if not wanted.any():
            continue
        seen = _alone(prior, values, [EventRecord(0.0, 1, amt_mg=1.0, product=product)])
        ages, place = np.unique(age_h[wanted], return_inverse=True)
        curve = np.maximum(seen.at(ages), 0.0)
        level, dose = np.nonzero(wanted)
        found[:, level, dose] = curve[:, rows[level], place] * amount[dose]
    return found


def _one_by_one(prior: Prior, values: Mapping[str, Floats], known: Known, levels: Levels) -> Floats:
    """Each dose by itself, between the changes of covariates."""
    count = len(next(iter(values.values())))
    found = np.zeros((count, len(levels.value), len(known.doses)))
    rows = _outputs(prior, levels)
    for d, dose in enumerate(known.doses):
        after = np.flatnonzero(levels.time_h > dose.time_h)
        if len(after):
            record = EventRecord(dose.time_h, 1, amt_mg=dose.dose_mg, product=dose.product)
            seen = _alone(prior, values, list(subject_of(known, (record,)).records))
            curve = np.maximum(seen.at(levels.time_h[after]), 0.0)
            found[:, after, d] = curve[:, rows[after], np.arange(len(after))]
    return found


def _outputs(prior: Prior, levels: Levels) -> NDArray[np.intp]:
    names = list(prior.plasma.outputs)
    return np.array([names.index(o) for o in levels.output], dtype=np.intp)


def _alone(prior: Prior, values: Mapping[str, Floats], records: list[EventRecord]) -> Solution:
    assembly = assemble(prior.plasma, prior.products, values, records)
    jumps = jumps_of(assembly, prior.plasma, [records])
    return solve(assembly.system, jumps, start_h=min(0.0, *(r.time_h for r in records)))
