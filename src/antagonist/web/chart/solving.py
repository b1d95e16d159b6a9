"""Draws of a patient's blockade for a list of doses: a typical new patient's, or their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from antagonist.feedback.acting.learned import Learned
from antagonist.feedback.acting.solving import (
    Future,
    completed,
    latest_covariates,
    with_future,
)
from antagonist.feedback.own_model.known import Dose
from antagonist.feedback.own_model.model import Drawn as OwnDrawn
from antagonist.feedback.state_file import patient_file
from antagonist.feedback.state_model import PatientState
from antagonist.foundation.clock import hours_between
from antagonist.label.facts import Facts
from antagonist.label.gathered import gathered
from antagonist.label.patient import Patient
from antagonist.pharmacology.catalogue import products_of
from antagonist.pharmacology.dosing.records import Covariate, EventRecord, Subject
from antagonist.pharmacology.ensemble import Ensemble, Group, counts, scene_of
from antagonist.pharmacology.models import Structure
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.settings import Settings
from antagonist.pharmacology.subjects import definitions
from antagonist.planning.covariates import covariates_of
from antagonist.planning.response import stated_covariates
from antagonist.web.chart.doses import Given
from antagonist.web.chart.model import Floats, Made

Phi = Mapping[str, Floats]
# A chart looks at few courses: with and without the what-if, and with nothing more.
_COURSES = 8


@dataclass(frozen=True)
class Drawn:
    """Solved draws. origin: hour 0, UTC. first: from where they are known."""

    ensemble: Ensemble
    origin: datetime
    first: datetime

    def hour(self, at: datetime) -> float:
        """Hours since the origin."""
        return hours_between(self.origin, at)

    def moment(self, time_h: float) -> datetime:
        """The moment of an hour, UTC."""
        return self.origin + timedelta(hours=time_h)


@dataclass(frozen=True)
class Solver:
    """From doses to draws. solve: doses with a model, at least one, and products drawn together.

    The same products give the same draws, so that courses can be compared.
    """

    solve: Callable[[tuple[Given, ...], frozenset[str]], Drawn]
    made: Made


@dataclass(frozen=True)
class Person:
    """What is known of the patient for model and label."""

    file: Patient
    facts: Facts
    covariates: Mapping[str, float | str | bool]


def person_of(state: PatientState, at: datetime, zone: str) -> Person:
    """The patient's file with its facts and the model's covariates, as known at a moment."""
    file = patient_file(state, zone, patient=state.patient or "patient")
    facts = gathered(file, at).facts
    return Person(file, facts, covariates_of(facts))


def _ones(products: frozenset[str]) -> tuple[EventRecord, ...]:
    """One dose of each product: enough to make their equations."""
    return tuple(EventRecord(0.0, amt_mg=1.0, product=name) for name in sorted(products))


def _fast(
    structure: Structure, phi: Phi, products: frozenset[str], covariates: Mapping[str, Covariate]
) -> NDArray[np.bool_]:
    """Which draws the fast way solves, shape (S,)."""
    scene = scene_of(structure, phi, Subject("chart", _ones(products), covariates=covariates))
    slow = np.asarray(scene.solution.modes.plain.any(axis=1), dtype=bool)
    return np.ones(len(slow), dtype=bool) if slow.all() else ~slow


@lru_cache(maxsize=64)
def _population(
    products: frozenset[str], covariates: tuple[tuple[str, Covariate], ...], quick: bool,
    draws: int, seed: int, name: str,
) -> tuple[Phi, ...]:  # fmt: skip
    """Parameters of every structure's draws, as ``ensemble`` of the pharmacology draws them."""
    parameters, found = parameter_set(name), list[Phi]()
    group = Group(counts(parameters.fitted, draws), np.random.default_rng(seed))
    formulations = products_of(_ones(products))
    for n, part in enumerate(parameters.fitted):
        phi = group.phi(n, part, definitions(part.structure, formulations))
        if quick and len(products) > 1:
            fast = _fast(part.structure, phi, products, dict(covariates))
            phi = {key: value[fast] for key, value in phi.items()}
        found.append(phi)
    return tuple(found)


def population_solver(
    covariates: Mapping[str, float | str | bool], chosen: Settings, *, quick: bool = False
) -> Solver:
    """One typical new patient with these covariates, everything uncertain drawn.

    quick: without the few slow draws in a course of several products, as ``own_solver``.
    """
    known = stated_covariates(covariates)
    key = tuple(sorted(known.items()))

    @lru_cache(maxsize=_COURSES)
    def solve(doses: tuple[Given, ...], products: frozenset[str]) -> Drawn:
        given = sorted(doses, key=lambda dose: dose.at)
        origin = given[0].at.astimezone(UTC)
        records = tuple(
            EventRecord(hours_between(origin, d.at), amt_mg=d.dose_mg, product=d.release)
            for d in given
        )
        together = products | frozenset(d.release for d in given if d.release is not None)
        drawn = _population(together, key, quick, chosen.draws, chosen.seed, chosen.parameter_set)
        subject = Subject("chart", records, covariates=known)
        fitted = parameter_set(chosen.parameter_set).fitted
        scenes = (scene_of(p.structure, phi, subject) for p, phi in zip(fitted, drawn, strict=True))
        return Drawn(Ensemble(tuple(scenes)), origin, origin)

    made = Made("population", chosen.draws, chosen.seed, chosen.parameter_set)
    return Solver(solve, made)


def own_solver(found: Learned, chosen: Settings) -> Solver:
    """The patient's own draws: who took which dose as learnt, doses to come as planned.

    Doses on record that were not learnt from, older or newer ones, count as taken. In a course of
    several products draws whose rates lie so near each other that only the slow way solves them, 1
    or 2 in a hundred, are left out: a course of tablets with an injection took a second with them.
    """
    own, origin = found.own, found.read.origin.astimezone(UTC)
    learnt = {dose.id for dose in own.known.doses}
    begins = origin + timedelta(hours=own.known.doses[0].time_h)
    past = frozenset(dose.product for dose in own.known.doses)

    @lru_cache(maxsize=_COURSES)
    def drawn_for(products: frozenset[str]) -> tuple[tuple[OwnDrawn, ...], NDArray[np.bool_]]:
        parts, kept = list[OwnDrawn](), list[NDArray[np.bool_]]()
        formulations = products_of(_ones(products))
        for n, part in enumerate(own.drawn_after):
            phi = completed(part, formulations, [chosen.seed, n])
            fast = np.ones(len(next(iter(phi.values()))), dtype=bool)
            if len(products) > 1:
                now = latest_covariates(own.known)
                fast = _fast(part.prior.structure, phi, products, now)
            kept.append(fast)
            parts.append(replace(part, phi={key: value[fast] for key, value in phi.items()}))
        return tuple(parts), own.taken[np.concatenate(kept)]

    @lru_cache(maxsize=_COURSES)
    def solve(doses: tuple[Given, ...], products: frozenset[str]) -> Drawn:
        more = sorted((d for d in doses if d.id not in learnt), key=lambda dose: dose.at)
        future = tuple(
            Dose(hours_between(origin, d.at), d.dose_mg, d.release, d.status)
            for d in more
            if d.release is not None
        )
        parts, taken = drawn_for(products | past | {dose.product for dose in future})
        course = Future(future, np.ones(len(future)))
        drawn = with_future(parts, own.known, taken, course, chosen.seed)
        return Drawn(drawn, origin, min([begins, *(d.at for d in more)]).astimezone(UTC))

    levels = tuple(level.id for level in own.known.levels if level.id is not None)
    made = Made(
        "own", len(own.taken), chosen.seed, chosen.parameter_set, levels, own.diagnostics.warnings
    )
    return Solver(solve, made)
