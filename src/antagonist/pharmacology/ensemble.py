"""Draws of everything that is uncertain, solved for one dosing history.

A draw takes a structure (by its share), typical values from its posterior, a study effect and a
subject effect: structural and parameter uncertainty stay apart from variability, and each can be
switched off to see what it contributes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.assembly import assemble, jumps_of
from antagonist.pharmacology.catalogue import products_of
from antagonist.pharmacology.dosing.records import Covariate, EventRecord, Subject
from antagonist.pharmacology.kernel import solve
from antagonist.pharmacology.kernel.answers import answers
from antagonist.pharmacology.kernel.window import Window
from antagonist.pharmacology.models import Parameter
from antagonist.pharmacology.parameter_sets import Fitted, ParameterSet
from antagonist.pharmacology.population import odds_weights
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

    def falls_h(self, odds: Floats, from_h: float, until_h: float) -> Floats:
        """When the mu-receptor odds of every draw first are not over a level, shape (S,).

        odds: shape (S, 1). from_h, until_h: hours looked at. from_h where they are not over it
        then, +inf where they always are.
        """
        window = Window.between(from_h, until_h, weakest_from_h=from_h)
        found, at = [], 0
        for scene in self.scenes:
            solution = scene.solution
            level = odds[at : at + len(solution.state), 0]
            weights = odds_weights(scene.values, scene.outputs, scene.values["K_mu"])
            start_h = float(solution.time_h[0, 0])
            told = answers(solution.system, solution.jumps, weights, level, window, start_h=start_h)
            found.append(told.falls_at_h)
            at += len(level)
        return np.concatenate(found)

    @cached_property
    def held(self) -> dict[str, Floats]:
        """Parameters that every structure has, each of shape (S, 1)."""
        shared = set.intersection(*(set(scene.values) for scene in self.scenes))
        return {name: self.values(name) for name in sorted(shared)}


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
    """Covariates of each regime: at the start and after every record that states a change."""
    regimes: list[Mapping[str, Covariate]] = [dict(subject.covariates)]
    for record in subject.records:
        if record.covariates:
            regimes.append({**regimes[-1], **record.covariates})
    return regimes


def changes_apart(records: Sequence[EventRecord]) -> list[EventRecord]:
    """Records in which only EVID 2 rows state covariates: the one form that jumps are made of.

    A change that stands on another row becomes an EVID 2 record just before it: a record's
    covariates hold from this row on, so a dose takes its fraction and lag from them.
    """
    found: list[EventRecord] = []
    for record in records:
        if record.covariates and record.evid != 2:
            change = EventRecord(record.time_h, 2, covariates=record.covariates)
            found += [change, replace(record, covariates={})]
        else:
            found.append(record)
    return found


def _drawn_around(
    part: Fitted,
    known: Mapping[str, Parameter],
    count: int,
    subjects: int,
    rng: np.random.Generator,
    include: Include,
) -> dict[str, Floats]:
    """Subjects around each drawn typical one, each parameter of shape (count * subjects,).

    The spread of subjects is at its centre: its own uncertainty is left out.
    """

    def of(rows: int, what: Include) -> dict[str, Floats]:
        return draw_phi(part.structure, known, part.estimates, rows, rng, what)

    typical = of(count, replace(include, subjects=False))
    around = of(count * subjects, Include(False, False, include.subjects))
    centre = of(1, Include(False, False, False))
    return {n: np.repeat(typical[n], subjects) + around[n] - centre[n] for n in known}


def ensemble(
    parameters: ParameterSet,
    subject: Subject,
    *,
    draws: int,
    rng: np.random.Generator,
    include: Include = Include(),  # noqa: B008 - frozen
    fitted: Sequence[Fitted] | None = None,
    subjects: int = 1,
) -> Ensemble:
    """Draw and solve one subject's dosing history.

    draws: at least 1. fitted: structures to use, default all of the set. subjects: different
    ones in each draw, who share all but the subject effect; they stand next to each other.
    Raises InputError for products that cannot be simulated.
    """
    for field, count in (("draws", draws), ("subjects", subjects)):
        if count < 1:
            raise InputError("", field, count, "at least 1")
    products = products_of(subject.records)
    # Hour 0 is the first planned dose, which may have been missed.
    first_h = min((0.0, *(r.time_h for r in subject.records)))
    chosen = fitted if fitted is not None else parameters.fitted
    records, regimes = changes_apart(subject.records), covariate_regimes(subject)
    scenes = []
    for part, count in zip(chosen, counts(chosen, draws), strict=True):
        known = definitions(part.structure, products)
        if subjects == 1:
            phi = draw_phi(part.structure, known, part.estimates, count, rng, include)
        else:
            phi = _drawn_around(part, known, count, subjects, rng, include)
        values = values_of(part.structure, known, phi, regimes)
        assembly = assemble(part.structure, products, values, records)
        jumps = jumps_of(assembly, part.structure, [records])
        solution = solve(assembly.system, jumps, start_h=first_h)
        scenes.append(Scene(solution, values, tuple(part.structure.outputs), 0.0))
    return Ensemble(tuple(scenes))
