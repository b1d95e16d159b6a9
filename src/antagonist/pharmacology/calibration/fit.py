"""Maximum a posteriori fit of one structure to published rows, and its normal posterior.

The cost is half the sum of squared residuals of rows and priors; rows are reweighted between
rounds of Levenberg-Marquardt. The posterior is normal with the Gauss-Newton Hessian.
Source of the method: Gelman et al. 2013, Bayesian Data Analysis, chapters 4 and 13; Marquardt 1963.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.calibration.answers import (
    Point,
    Problem,
    RowAnswer,
    answer_study,
    residual,
)
from antagonist.pharmacology.calibration.observations import Question
from antagonist.pharmacology.subjects import forward

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class State:
    """A point with all its rows, its cost and the Gauss-Newton matrices."""

    point: Point
    answers: tuple[RowAnswer, ...]
    cost: float
    gradient: Floats
    hessian: Floats


def _is_variability(q: Question) -> bool:
    return q.kind in ("cv", "fold_range")


Weights = Mapping[str, tuple[float, float]]


def weights(state: State) -> Weights:
    """Sd and skew of every row at a state, to be held while the fit moves."""
    return {a.question.row_id: (a.sd, a.skew) for a in state.answers}


def evaluate(problem: Problem, point: Point, held: Weights | None = None) -> State:
    """Cost (half the sum of squares), gradient and Gauss-Newton Hessian at a point.

    held: sds and skews to use instead of those of the point itself.
    """
    parameters, names = problem.parameters, list(point.theta)
    keys = list(point.effects)
    column = {name: i for i, name in enumerate(names)}
    effect_column = {key: len(names) + i for i, key in enumerate(keys)}
    rows: list[Floats] = []
    residuals: list[float] = []
    answers: list[RowAnswer] = []
    for study in problem.studies:
        for answer in answer_study(problem, study, point):
            if held is not None:
                sd, skew = held[answer.question.row_id]
                answer = replace(answer, sd=sd, skew=skew)
            answers.append(answer)
            if _is_variability(answer.question):
                continue
            r, slope = residual(answer)
            row = np.zeros(len(names) + len(keys))
            for name, sensitivity in answer.gradient.items():
                row[column[name]] = slope * sensitivity
                if (study, name) in effect_column:
                    row[effect_column[study, name]] = slope * sensitivity
            rows.append(row)
            residuals.append(r)
    jacobian, r_rows = np.array(rows), np.array(residuals)
    prior_sd = np.array(
        [parameters[n].prior_sd for n in names]
        + [parameters[name].between_study for _, name in keys]
    )
    centre = [forward(parameters[n].value, parameters[n].transform) for n in names]
    here = np.array([*point.theta.values(), *point.effects.values()])
    r_prior = (here - np.array(centre + [0.0] * len(keys))) / prior_sd
    cost = float(r_rows @ r_rows + r_prior @ r_prior) / 2
    gradient = jacobian.T @ r_rows + r_prior / prior_sd
    hessian = jacobian.T @ jacobian + np.diag(prior_sd**-2.0)
    return State(point, tuple(answers), cost, gradient, hessian)


def _bounds(problem: Problem, names: Sequence[str]) -> tuple[Floats, Floats]:
    parameters = problem.parameters
    low, high = [], []
    for name in names:
        p = parameters[name]
        ends = p.bounds or ((0.001, 0.999) if p.transform == "logit" else (-np.inf, np.inf))
        known = p.bounds or p.transform == "logit"
        low.append(forward(ends[0], p.transform) if known else -np.inf)
        high.append(forward(ends[1], p.transform) if known else np.inf)
    return np.array(low), np.array(high)


def at_bounds(problem: Problem, point: Point) -> tuple[str, ...]:
    """Typical parameters that the fit left at a bound."""
    names = list(point.theta)
    low, high = _bounds(problem, names)
    here = np.array(list(point.theta.values()))
    stuck = (here <= low + 1e-6) | (here >= high - 1e-6)
    return tuple(n for n, s in zip(names, stuck, strict=True) if s)


def _moved(problem: Problem, state: State, damping: float) -> Point:
    names, keys = list(state.point.theta), list(state.point.effects)
    low, high = _bounds(problem, names)
    low = np.concatenate([low, np.full(len(keys), -np.inf)])
    high = np.concatenate([high, np.full(len(keys), np.inf)])
    here = np.array([*state.point.theta.values(), *state.point.effects.values()])
    pinned = ((here <= low) & (state.gradient > 0)) | ((here >= high) & (state.gradient < 0))
    move = ~pinned
    damped = state.hessian[np.ix_(move, move)]
    damped = damped + damping * np.diag(np.diag(damped))
    step = np.zeros_like(here)
    step[move] = -np.linalg.solve(damped, state.gradient[move])
    # One step never leaves the region where the linearisation means anything.
    step = np.clip(step, -0.7, 0.7)
    there = np.clip(here + step, low, high)
    theta = dict(zip(names, map(float, there[: len(names)]), strict=True))
    effects = dict(zip(keys, map(float, there[len(names) :]), strict=True))
    return replace(state.point, theta=theta, effects=effects)


def minimise(
    problem: Problem,
    point: Point,
    *,
    rounds: int = 4,
    steps: int = 15,
    tolerance: float = 0.01,
    watch: Callable[[float], None] | None = None,
) -> State:
    """Levenberg-Marquardt to the posterior mode, reweighting the rows between rounds.

    rounds: reweightings; steps: at most, in a round. tolerance: smallest fall of the cost worth
    another step. watch: told the cost after each step.
    """
    state = evaluate(problem, point)
    for _ in range(rounds):
        held = weights(state)
        state = _descend(
            problem, evaluate(problem, state.point, held), held, steps, tolerance, watch
        )
    return evaluate(problem, state.point)


def _descend(
    problem: Problem,
    state: State,
    held: Weights,
    steps: int,
    tolerance: float,
    watch: Callable[[float], None] | None,
) -> State:
    damping = 1e-2
    for _ in range(steps):
        trial = evaluate(problem, _moved(problem, state, damping), held)
        if watch:
            watch(min(trial.cost, state.cost))
        if trial.cost < state.cost:
            fall, state = state.cost - trial.cost, trial
            damping = max(damping / 5, 1e-7)
            if fall < tolerance:
                break
        else:
            damping *= 6
            if damping > 1e6:
                break
    return state
