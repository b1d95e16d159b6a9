"""Draws of everything that is uncertain, solved for one dosing history.

A draw takes a structure (by its share), typical values from its posterior, a study effect and a
subject effect: structural and parameter uncertainty stay apart from variability, and each can be
switched off to see what it contributes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.assembly import assemble, jumps_of
from antagonist.pharmacology.catalogue import products_of
from antagonist.pharmacology.dosing.records import Covariate, EventRecord, Subject
from antagonist.pharmacology.kernel import solve
from antagonist.pharmacology.kernel.answers import answers
from antagonist.pharmacology.kernel.window import Answers, Window
from antagonist.pharmacology.models import Formulation, Parameter, Structure
from antagonist.pharmacology.parameter_sets import Fitted, ParameterSet
from antagonist.pharmacology.receptors import odds_weights
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

    def told(self, odds: Floats, window: Window, *, most_crossings: int = 0) -> Answers:
        """What the mu-receptor odds of every draw do against some levels, exactly.

        odds: shape (S, L). most_crossings: how many crossing times to keep of each.
        Returns Answers of shape (S L,), those of a draw next to each other.
        """
        found, at, levels = [], 0, odds.shape[1]
        for scene in self.scenes:
            solution, count = scene.solution, len(scene.solution.state)
            # every draw stands once for each level: one call costs less than one for each
            rows = np.repeat(np.arange(count), levels)
            weights = odds_weights(scene.values, scene.outputs, scene.values["K_mu"])
            found.append(
                answers(
                    solution.system.part(rows), solution.jumps.part(rows), weights[rows],
                    odds[at : at + count].ravel(), window,
                    start_h=float(solution.time_h[0, 0]), most_crossings=most_crossings,
                )
            )  # fmt: skip
            at += count
        return Answers.joined(found)

    def falls_h(self, odds: Floats, from_h: float, until_h: float) -> Floats:
        """When the mu-receptor odds of every draw first are not over some levels, shape (S, L).

        odds: shape (S, L). from_h, until_h: hours looked at. from_h where they are not over it
        then, +inf where they always are.
        """
        window = Window.between(from_h, until_h, weakest_from_h=from_h)
        return self.told(odds, window).falls_at_h.reshape(odds.shape)

    def falls_after_h(self, odds: Floats, from_h: Floats, until_h: float) -> Floats:
        """As ``falls_h`` of one level, from an hour of each draw's own on; from_h, found: (S,)."""
        first_h = float(from_h.min())
        window, most = Window.between(first_h, until_h, weakest_from_h=first_h), 8
        found = self.told(odds, window, most_crossings=most)
        if (found.crossings > most).any():
            found = self.told(odds, window, most_crossings=int(found.crossings.max()))
        own = from_h[:, None]
        begun_over = found.falls_at_h > first_h
        over = begun_over ^ ((found.crossed_h <= own).sum(axis=1) % 2 == 1)
        after = np.where(found.crossed_h > own, found.crossed_h, np.inf).min(axis=1, initial=np.inf)
        return np.where(over, after, from_h)

    @cached_property
    def held(self) -> dict[str, Floats]:
        """Parameters that every structure has, each of shape (S, 1)."""
        shared = set.intersection(*(set(scene.values) for scene in self.scenes))
        return {name: self.values(name) for name in sorted(shared)}


def counts(fitted: Sequence[Fitted], draws: int) -> list[int]:
    """Draws for each structure in proportion to its share, at least one each.

    They add up to ``draws``, or to the number of structures where that is more.
    Raises InputError for draws < 1.
    """
    if draws < 1:
        raise InputError("", "draws", draws, "at least 1")
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


@dataclass(frozen=True)
class Group:
    """Draws that are wanted of one dosing history.

    counts: how many of each structure, none or more. include: what varies among them.
    subjects: different ones in each draw, who share all but the subject effect; they stand next
    to each other.
    """

    counts: Sequence[int]
    rng: np.random.Generator
    include: Include = field(default_factory=Include)
    subjects: int = 1

    def phi(self, n: int, part: Fitted, known: Mapping[str, Parameter]) -> dict[str, Floats]:
        """Transformed parameters of those of the n-th structure."""
        if self.subjects > 1:
            return _drawn_around(part, known, self.counts[n], self.subjects, self.rng, self.include)
        return draw_phi(
            part.structure, known, part.estimates, self.counts[n], self.rng, self.include
        )


def scene_of(
    structure: Structure,
    phi: Mapping[str, Floats],
    subject: Subject,
    *,
    products: Mapping[str, Formulation] | None = None,
    start_h: float = 0.0,
) -> Scene:
    """Some draws of one structure, solved for a dosing history.

    phi: transformed parameters of the structure and of every product, each of shape (S,).
    products: default those taken. start_h: latest hour to begin at; 0 is the first planned dose,
        which may have been missed.
    Raises InputError for products that cannot be simulated.
    """
    products = products_of(subject.records) if products is None else products
    first_h = min((start_h, *(r.time_h for r in subject.records)))
    records = changes_apart(subject.records)
    known = definitions(structure, products)
    values = values_of(structure, known, phi, covariate_regimes(subject))
    assembly = assemble(structure, products, values, records)
    jumps = jumps_of(assembly, structure, [records])
    solution = solve(assembly.system, jumps, start_h=first_h)
    return Scene(solution, values, tuple(structure.outputs), 0.0)


def ensembles(
    fitted: Sequence[Fitted], subject: Subject, groups: Sequence[Group]
) -> list[Ensemble]:
    """Draw and solve groups of draws side by side, which is faster than one after another.

    fitted: structures. Raises InputError for products that cannot be simulated.
    """
    products = products_of(subject.records)
    scenes: list[list[Scene]] = [[] for _ in groups]
    for n, part in enumerate(fitted):
        known = definitions(part.structure, products)
        phi = [group.phi(n, part, known) for group in groups]
        together = {name: np.concatenate([p[name] for p in phi]) for name in known}
        whole, at = scene_of(part.structure, together, subject), 0
        for found, group in zip(scenes, groups, strict=True):
            count = group.counts[n] * group.subjects
            if count:
                found.append(whole.part(slice(at, at + count)))
            at += count
    return [Ensemble(tuple(found)) for found in scenes]


def ensemble(
    parameters: ParameterSet,
    subject: Subject,
    *,
    draws: int,
    rng: np.random.Generator,
    include: Include = Include(),  # noqa: B008 - frozen
    subjects: int = 1,
) -> Ensemble:
    """Draw and solve one subject's dosing history.

    draws: at least 1. subjects: different ones in each draw, as ``Group`` has them.
    Raises InputError for products that cannot be simulated.
    """
    if subjects < 1:
        raise InputError("", "subjects", subjects, "at least 1")
    group = Group(counts(parameters.fitted, draws), rng, include, subjects)
    return ensembles(parameters.fitted, subject, [group])[0]
