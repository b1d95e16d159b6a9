"""The least of each subject's objective, all subjects side by side.

Newton's method with the expected Hessian and a correction that is learnt from the gradients met
(Dennis, Gay and Welsch 1981, ACM Trans Math Softw 7:348, with the symmetric rank one update), kept
in bounds as by Levenberg and Marquardt. The gradient is exact, the dependence of the variance on
the prediction included. A subject that has converged leaves the batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from antagonist.pharmacology.estimation.batch import Batch
from antagonist.pharmacology.estimation.likelihood import Evaluation, evaluated
from antagonist.pharmacology.estimation.problem import Floats
from antagonist.pharmacology.kernel import Ints

# Squared distance to the least that is left, in units of the posterior's variance.
CLOSE = 1e-14
# Longest step, in units of the prior's sds.
_LONGEST = 2.0
_MOST_TRIALS = 100
_MOST_DAMPING = 1e12
_HALVINGS = 60


@dataclass(frozen=True)
class Found:
    """Where the search of S subjects ended. trials: evaluations that each took, shape (S,)."""

    eta: Floats
    at: Evaluation
    trials: Ints


@dataclass
class _State:
    """A search under way: where it is, what it has learnt, how far it dares to go."""

    eta: Floats
    at: Evaluation
    learnt: Floats  # (S, q, q)
    damping: Floats  # (S,)

    def part(self, rows: Ints) -> _State:
        at = self.at
        kept = Evaluation(
            at.value[rows], at.gradient[rows], at.information[rows], at.prediction[rows]
        )
        return _State(self.eta[rows], kept, self.learnt[rows], self.damping[rows])


def searched(batch: Batch, start: Floats, precision: Floats) -> Found:
    """Search from a start for each subject, shape (S, q); a start without variance is drawn in.

    precision: inverse of omega. The value found is never above that of the start.
    """
    subjects = batch.subjects
    eta, at = _usable(batch, start, precision)
    trials = np.ones(subjects, dtype=np.intp)
    rows = np.flatnonzero(np.isfinite(at.value))
    state = _State(eta, at, np.zeros_like(at.information), np.zeros(subjects)).part(rows)
    inside, held = batch.part(rows), rows
    for _ in range(_MOST_TRIALS):
        hessian = _trusted(state)
        going = _left(state.at.gradient, hessian) > CLOSE
        going &= state.damping < _MOST_DAMPING
        if not going.all():
            done = np.flatnonzero(~going)
            eta[held[done]] = state.eta[done]
            at.put(held[done], state.part(done).at)
            keep = np.flatnonzero(going)
            if not len(keep):
                break
            state, hessian, held = state.part(keep), hessian[keep], held[keep]
            inside = inside.part(keep)
        trials[held] += 1
        _advance(state, inside, hessian, precision)
    else:
        eta[held] = state.eta
        at.put(held, state.at)
    return Found(eta, at, trials)


def _usable(batch: Batch, start: Floats, precision: Floats) -> tuple[Floats, Evaluation]:
    """Starts with a finite objective, halved towards 0 until it is; and their evaluation."""
    eta = start.copy()
    at = evaluated(batch, eta, precision)
    for _ in range(_HALVINGS):
        rows = np.flatnonzero(~np.isfinite(at.value) & (eta != 0).any(axis=1))
        if not len(rows):
            break
        eta[rows] *= 0.5
        eta[rows] = np.where(np.abs(eta[rows]) < 1e-3, 0.0, eta[rows])
        at.put(rows, evaluated(batch.part(rows), eta[rows], precision))
    return eta, at


def _trusted(state: _State) -> Floats:
    """The expected Hessian with what was learnt, where that curves upwards; else without."""
    information = state.at.information
    total: Floats = information + state.learnt
    floor = np.linalg.eigvalsh(information)[:, 0]
    bad = ~(np.linalg.eigvalsh(total)[:, 0] > 1e-3 * floor)
    total[bad] = information[bad]
    return total


def solved(matrix: Floats, vector: Floats) -> Floats:
    """Solve for one vector each; shapes (S, q, q) and (S, q)."""
    result: Floats = np.linalg.solve(matrix, vector[..., None])[..., 0]
    return result


def _left(gradient: Floats, hessian: Floats) -> Floats:
    """Squared distance to the least in units of the posterior's variance, shape (S,)."""
    total: Floats = (gradient * solved(hessian, gradient)).sum(axis=1)
    return total


def _advance(state: _State, batch: Batch, hessian: Floats, precision: Floats) -> None:
    """One trial for each subject; changes the state."""
    before = state.at
    size = np.diagonal(hessian, axis1=1, axis2=2)
    damped = hessian + state.damping[:, None, None] * (size[:, :, None] * np.eye(size.shape[1]))
    step = -solved(damped, before.gradient)
    far = np.sqrt(np.abs((step @ precision * step).sum(axis=1)))
    step *= np.minimum(1.0, _LONGEST / np.maximum(far, 1e-300))[:, None]
    trial = state.eta + step
    found = evaluated(batch, trial, precision)
    finite = np.isfinite(found.value)
    expected = -(before.gradient * step).sum(axis=1)
    expected -= 0.5 * ((hessian @ step[..., None])[..., 0] * step).sum(axis=1)
    gained = 0.5 * (before.value - np.where(finite, found.value, np.inf))
    ratio = gained / np.maximum(expected, 1e-300)
    # So near the least the values are equal to rounding; the gradient says which is nearer.
    blurred = finite & (np.abs(gained) < 1e-12 * (1.0 + np.abs(before.value)))
    better = np.abs(found.gradient).max(axis=1) < np.abs(before.gradient).max(axis=1)
    taken = np.where(blurred, better, gained > 0)
    _learn(state, found, step, finite)
    damping = state.damping
    good = taken & (blurred | (ratio > 0.5))
    poor = ~taken | (~blurred & (ratio < 0.1))
    eased = np.where(damping < 1e-4, 0.0, damping * 0.1)
    raised = np.maximum(1e-2, damping * np.where(taken, 3.0, 10.0))
    state.damping = np.where(good, eased, np.where(poor, raised, damping))
    rows = np.flatnonzero(taken)
    state.eta[rows] = trial[rows]
    chosen = Evaluation(
        found.value[rows], found.gradient[rows], found.information[rows], found.prediction[rows]
    )
    state.at.put(rows, chosen)


def _learn(state: _State, found: Evaluation, step: Floats, finite: np.ndarray) -> None:
    """Correct what was learnt so that it explains the change of the gradient along the step."""
    change = found.gradient - state.at.gradient - (found.information @ step[..., None])[..., 0]
    miss = change - (state.learnt @ step[..., None])[..., 0]
    along = (miss * step).sum(axis=1)
    norm = np.sqrt((miss**2).sum(axis=1) * (step**2).sum(axis=1))
    rows = np.flatnonzero(finite & (np.abs(along) > 1e-6 * norm) & (norm > 0))
    update = miss[rows, :, None] * miss[rows, None, :] / along[rows, None, None]
    state.learnt[rows] += update
