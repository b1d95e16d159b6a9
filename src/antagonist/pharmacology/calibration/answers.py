"""Published rows under one structure: predictions, sensitivities, residuals.

theta: typical parameters on their transformed scale, with cited normal priors.
u: study effects, normal with the between-study sd of their parameter.
Rows are compared on their own scale with sd^2 = assay^2 + between-subject^2 / n (delta method).
Source of the method: Gelman et al. 2013, Bayesian Data Analysis, chapters 4 and 13; the
between-subject part as in first-order mixed-effects models (Beal and Sheiner 1982).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from antagonist.pharmacology.calibration.observations import Question, transform
from antagonist.pharmacology.calibration.predict import HeroinEquivalent, Predictor
from antagonist.pharmacology.calibration.scales import on_scale
from antagonist.pharmacology.models import Formulation, Parameter, Structure
from antagonist.pharmacology.subjects import definitions, forward, subject_covariance

Floats = NDArray[np.float64]
# Finite-difference step on the transformed scale.
STEP = 1e-4


@dataclass(frozen=True)
class Problem:
    """One structure with the rows it is to meet."""

    structure: Structure
    products: Mapping[str, Formulation]
    equivalent: HeroinEquivalent
    questions: tuple[Question, ...]

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Every parameter of the structure and its products."""
        return definitions(self.structure, self.products)

    @property
    def free(self) -> tuple[str, ...]:
        """Parameters with a prior to move in."""
        return tuple(n for n, p in self.parameters.items() if p.prior_sd > 0)

    @property
    def studies(self) -> tuple[str, ...]:
        """Studies with rows, in order."""
        return tuple(dict.fromkeys(q.study for q in self.questions))

    def used(self, study: str) -> tuple[str, ...]:
        """Free parameters that a study's rows can depend on."""
        names = set(self.structure.parameters)
        for q in self.questions:
            if q.study == study:
                names |= set(self.products[q.product].parameters)
                if q.relative_to and q.relative_to.product:
                    names |= set(self.products[q.relative_to.product].parameters)
        return tuple(n for n in self.free if n in names)

    def without(self, study: str) -> Problem:
        """The same problem with one study left out."""
        return replace(self, questions=tuple(q for q in self.questions if q.study != study))

    def only(self, study: str) -> Problem:
        """The same problem with one study alone."""
        return replace(self, questions=tuple(q for q in self.questions if q.study == study))


@dataclass(frozen=True)
class Point:
    """Where the fit stands: theta and study effects by (study, parameter), and variability."""

    theta: Mapping[str, float]
    effects: Mapping[tuple[str, str], float]
    between_subject: Mapping[str, float]


@dataclass(frozen=True)
class RowAnswer:
    """A row at a point: prediction on its scale, sensitivities to phi, sds.

    spread: between-subject sd of one subject on the scale. sd: of the published figure.
    skew: what an arithmetic mean adds to the typical value on the scale.
    """

    question: Question
    typical: float
    gradient: Mapping[str, float]
    spread: float
    sd: float
    skew: float

    @property
    def predicted(self) -> float:
        """The published statistic as predicted, on the scale."""
        return self.typical + self.skew


def start(problem: Problem) -> Point:
    """The priors' centres, no study effects."""
    parameters = problem.parameters
    theta = {n: forward(parameters[n].value, parameters[n].transform) for n in problem.free}
    effects = {
        (study, name): 0.0
        for study in problem.studies
        for name in problem.used(study)
        if parameters[name].between_study > 0
    }
    between = {n: p.between_subject for n, p in parameters.items() if p.between_subject > 0}
    return Point(theta, effects, between)


def answer_study(problem: Problem, study: str, point: Point) -> list[RowAnswer]:
    """Every row of a study at a point, with sensitivities by finite differences."""
    parameters, used = problem.parameters, problem.used(study)
    base = {n: forward(p.value, p.transform) for n, p in parameters.items()} | dict(point.theta)
    for name in used:
        base[name] += point.effects.get((study, name), 0.0)
    phi = {name: np.full(len(used) + 1, value) for name, value in base.items()}
    for i, name in enumerate(used):
        phi[name][i + 1] += STEP
    predictor = Predictor(problem.structure, problem.products, parameters, phi, problem.equivalent)
    covariance = subject_covariance(problem.structure, used, point.between_subject)
    answers = []
    for q in (q for q in problem.questions if q.study == study):
        seen = on_scale(predictor.predict(q), q.scale)
        slope = (seen[1:] - seen[0]) / STEP
        spread = float(np.sqrt(max(slope @ covariance @ slope, 0.0)))
        answers.append(_row_answer(q, float(seen[0]), dict(zip(used, slope, strict=True)), spread))
    return answers


def _row_answer(q: Question, seen: float, slope: dict[str, float], spread: float) -> RowAnswer:
    # The linearisation means nothing beyond a spread of one on a log or logit scale.
    spread = min(spread, 1.0)
    shared = 0.0 if q.typical else spread / np.sqrt(q.subjects)
    # An arithmetic mean of a log-normal quantity lies above its median.
    if q.scale == "log" and q.statistic == "mean" and not q.typical:
        return RowAnswer(q, seen, slope, spread, float(np.hypot(q.sd, shared)), spread**2 / 2)
    return RowAnswer(q, seen, slope, spread, float(np.hypot(q.sd, shared)), 0.0)


def margin(answer: RowAnswer) -> tuple[float, float]:
    """How far a statement's number is on the stated side, and d margin / d prediction."""
    q = answer.question
    at = transform(q.threshold, q.scale)
    if q.statement == "within":
        distance, slope = at - abs(answer.predicted), -float(np.sign(answer.predicted))
    else:
        slope = 1.0 if q.statement == "above" else -1.0
        distance = slope * (answer.predicted - at)
    return (distance, slope) if q.value == 1.0 else (-distance, -slope)


def residual(answer: RowAnswer) -> tuple[float, float]:
    """Weighted residual of a row and its derivative by the prediction.

    A statement's residual r is such that exp(-r^2 / 2) is the probability that it holds.
    """
    q, root = answer.question, np.sqrt(answer.question.weight)
    if q.numeric:
        assert q.value is not None
        gap = (answer.predicted - transform(q.value, q.scale)) / answer.sd
        return root * gap, root / answer.sd
    distance, slope = margin(answer)
    z = distance / answer.sd
    log_p = float(norm.logcdf(z))
    r = np.sqrt(max(-2 * log_p, 1e-12))
    density = float(np.exp(norm.logpdf(z) - log_p))
    return root * r, -root * density * slope / (r * answer.sd)
