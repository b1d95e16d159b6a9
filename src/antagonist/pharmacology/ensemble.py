"""Draws of everything that is uncertain, solved for one dosing history.

A draw takes a structure (by its share), typical values from its posterior, a study effect and a
subject effect: structural and parameter uncertainty stay apart from variability, and each can be
switched off to see what it contributes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.data import near_match
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.assembly import assemble, jumps_of
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.dosing.records import Covariate, EventRecord, Subject
from antagonist.pharmacology.kernel import solve
from antagonist.pharmacology.models import Formulation
from antagonist.pharmacology.parameter_sets import Fitted, ParameterSet
from antagonist.pharmacology.signals import Scene
from antagonist.pharmacology.subjects import Include, definitions, draw_phi, values_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ensemble:
    """Solved draws, one scene for each structure; scenes are read in this order."""

    scenes: tuple[Scene, ...]

    def signal(self, formula: str, time_h: Floats) -> Floats:
        """A signal of every draw, shape (S, T)."""
        return self.signals((formula,), time_h)[formula]

    def signals(self, formulas: Sequence[str], time_h: Floats) -> dict[str, Floats]:
        """Several signals of every draw at the same times, each of shape (S, T)."""
        parts = [scene.signals(formulas, time_h) for scene in self.scenes]
        return {f: np.concatenate([part[f] for part in parts]) for f in formulas}

    def values(self, name: str) -> Floats:
        """A parameter of every draw, shape (S, 1)."""
        return np.concatenate([scene.held[name] for scene in self.scenes])

    @property
    def held(self) -> dict[str, Floats]:
        """Parameters that every structure has, each of shape (S, 1)."""
        shared = set.intersection(*(set(scene.values) for scene in self.scenes))
        return {name: self.values(name) for name in sorted(shared)}


def products_of(records: Sequence[EventRecord]) -> dict[str, Formulation]:
    """Formulations that the records use.

    Raises InputError for an unknown product or one without published levels.
    """
    known = formulations()
    found: dict[str, Formulation] = {}
    for record in records:
        name = record.product
        if name is None:
            continue
        if name not in known:
            raise InputError("", "product", name, near_match(name, known))
        if known[name].status == "no_data":
            reason = known[name].note or "no published levels"
            raise InputError("", "product", name, f"no data: {reason}")
        found[name] = known[name]
    return found


def counts(fitted: Sequence[Fitted], draws: int) -> list[int]:
    """Draws for each structure in proportion to its share, at least one each.

    They add up to ``draws``, or to the number of structures where that is more.
    """
    weights = np.array([f.weight for f in fitted])
    exact = weights / weights.sum() * draws
    whole = np.maximum(np.floor(exact).astype(int), 1)
    for _ in range(int(whole.sum()) - max(draws, len(whole))):
        whole[np.argmax(np.where(whole > 1, whole - exact, -np.inf))] -= 1
    for i in np.argsort(whole - exact)[: max(draws - int(whole.sum()), 0)]:
        whole[i] += 1
    return [int(n) for n in whole]


def covariate_regimes(subject: Subject) -> list[Mapping[str, Covariate]]:
    """Covariates of each regime: at the start and after every change."""
    regimes: list[Mapping[str, Covariate]] = [dict(subject.covariates)]
    for record in subject.records:
        if record.evid == 2 and record.covariates:
            regimes.append({**regimes[-1], **record.covariates})
    return regimes


def ensemble(
    parameters: ParameterSet,
    subject: Subject,
    *,
    draws: int,
    rng: np.random.Generator,
    include: Include = Include(),  # noqa: B008 - frozen
    fitted: Sequence[Fitted] | None = None,
) -> Ensemble:
    """Draw and solve one subject's dosing history.

    draws: at least 1. fitted: structures to use, default all of the set.
    Raises InputError for products that cannot be simulated.
    """
    if draws < 1:
        raise InputError("", "draws", draws, "at least 1")
    products = products_of(subject.records)
    # Hour 0 is the first planned dose, which may have been missed.
    first_h = min((0.0, *(r.time_h for r in subject.records)))
    chosen = fitted if fitted is not None else parameters.fitted
    scenes = []
    for part, count in zip(chosen, counts(chosen, draws), strict=True):
        known = definitions(part.structure, products)
        phi = draw_phi(part.structure, known, part.estimates, count, rng, include)
        values = values_of(part.structure, known, phi, covariate_regimes(subject))
        assembly = assemble(part.structure, products, values, subject.records)
        jumps = jumps_of(assembly, part.structure, [subject.records])
        solution = solve(assembly.system, jumps, start_h=first_h)
        scenes.append(Scene(solution, values, tuple(part.structure.outputs), 0.0))
    return Ensemble(tuple(scenes))
