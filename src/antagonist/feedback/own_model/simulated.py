"""Patients drawn from the prior with doses that are questionable, and their levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from antagonist.feedback.own_model.intake import intake_of
from antagonist.feedback.own_model.known import Known, MeasuredLevel, checked
from antagonist.feedback.own_model.levels import contributions, levels_of
from antagonist.feedback.own_model.model import priors_of
from antagonist.feedback.own_model.weights import Weights
from antagonist.pharmacology.parameter_sets import ParameterSet

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """A simulated patient. structure: its place. phi: of every parameter. taken: (D,)."""

    known: Known
    structure: int
    phi: dict[str, float]
    taken: NDArray[np.bool_]


def simulated(
    known: Known, parameters: ParameterSet, data: Weights, rng: np.random.Generator,
    *, structures: Sequence[int] | None = None, bias: float = 1.0,
) -> Truth:  # fmt: skip
    """A patient drawn from the prior, with values for the levels that ``known`` asks for.

    known: its levels' values do not count, their limits do: values below become censored.
    structures: places of those that it may have. bias: factor on every value.
    """
    known = checked(known)
    priors, intake = priors_of(known, parameters), intake_of(known, data)
    among = list(range(len(priors))) if structures is None else list(structures)
    share = np.array([priors[i].share for i in among])
    which = among[int(rng.choice(len(among), p=share / share.sum()))]
    prior = priors[which]
    root = prior.root
    phi = prior.phi(rng.standard_normal((1, len(root))) @ root.T, rng)
    taken = intake.drawn(1, rng)[0]
    levels = levels_of(known.levels, data)
    seen = contributions(prior, phi, known, levels)[0] @ taken
    found = []
    for n, level in enumerate(known.levels):
        sd = float(levels.sd(n, seen[n : n + 1])[0])
        value = bias * (seen[n] + sd * rng.standard_normal())
        limit = level.limit_ng_per_ml or 0.0
        below = value < limit
        found.append(replace(level, value_ng_per_ml=None if below else max(0.0, float(value))))
    return Truth(
        replace(known, levels=tuple(found)), which, {n: float(v[0]) for n, v in phi.items()}, taken
    )


def asked(time_h: float, limit_ng_per_ml: float = 0.1) -> tuple[MeasuredLevel, MeasuredLevel]:
    """Both analytes at a time, with no value yet."""
    return (
        MeasuredLevel(time_h, "naltrexone", None, limit_ng_per_ml),
        MeasuredLevel(time_h, "6_beta_naltrexol", None, limit_ng_per_ml),
    )
