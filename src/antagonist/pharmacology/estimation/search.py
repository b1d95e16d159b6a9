"""The least of each subject's objective, all subjects side by side.

Steps in a trust region (Moré and Sorensen 1983, SIAM J Sci Stat Comput 4:553) with the expected
Hessian and a correction learnt from the gradients met (Dennis, Gay and Welsch 1981, ACM Trans Math
Softw 7:348, with the symmetric rank one update). The gradient is exact, the dependence of the
variance on the prediction included. All is in units of the prior: eta = root @ zeta, so that the
prior's part of the Hessian is 1. A subject that has converged leaves the batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.estimation.batch import Batch
from antagonist.pharmacology.estimation.evaluation import Evaluation
from antagonist.pharmacology.estimation.likelihood import by_arrays
from antagonist.pharmacology.estimation.problem import Floats
from antagonist.pharmacology.kernel import Ints
from antagonist.pharmacology.kernel.limits import (
    CLOSE,
    FAR,
    FIRST_RADIUS,
    HALVINGS,
    LARGEST_RADIUS,
    MOST_TRIALS,
    SMALLEST_RADIUS,
)

Marks = NDArray[np.bool_]


@dataclass(frozen=True)
class Found:
    """Where the search of S subjects ended. trials: evaluations that each took, shape (S,)."""

    eta: Floats
    at: Evaluation
    trials: Ints


@dataclass
class _State:
    """A search under way: where it is, what it has learnt, how far it dares to go."""

    zeta: Floats
    at: Evaluation
    gradient: Floats  # (S, q), of half the objective by zeta
    information: Floats  # (S, q, q)
    learnt: Floats  # (S, q, q)
    radius: Floats  # (S,)
    normal: Floats | None  # (S, q)

    def part(self, rows: Ints) -> _State:
        return _State(
            self.zeta[rows],
            self.at.part(rows),
            self.gradient[rows],
            self.information[rows],
            self.learnt[rows],
            self.radius[rows],
            None if self.normal is None else self.normal[rows],
        )

    def within(self, gradient: Floats, information: Floats) -> tuple[Floats, Floats]:
        """Derivatives along what may be moved in; across it the Hessian is 1."""
        if self.normal is None:
            return gradient, information
        across = self.normal[:, :, None] * self.normal[:, None, :]
        along = np.eye(gradient.shape[1]) - across
        kept: Floats = (along @ gradient[..., None])[..., 0]
        return kept, along @ information @ along + across


def searched(batch: Batch, start: Floats) -> Found:
    """Search from a start for each subject, shape (S, q); a start without variance is drawn in.

    By compiled loops; by arrays for whom these cannot serve or may lose digits at the end.
    The value found is never above that of the start.
    """
    if batch.loops is None:
        return searched_by_arrays(batch, start)
    eta = np.array(start, dtype=np.float64, order="C")
    at, trials, doubts = batch.loops.call(batch.rows, eta, search=True)
    rows = np.flatnonzero(doubts)
    if len(rows):
        again = searched_by_arrays(batch.part(rows), start[rows])
        eta[rows], trials[rows] = again.eta, again.trials
        at.put(rows, again.at)
    return Found(eta, at, trials)


def searched_by_arrays(batch: Batch, start: Floats, normal: Floats | None = None) -> Found:
    """As ``searched``, all by arrays.

    normal: one direction of zeta for each subject that is not moved in, shape (S, q), of length 1.
    """
    root = batch.problem.root
    eta, at = _usable(batch, start)
    trials = np.ones(batch.subjects, dtype=np.intp)
    held = np.flatnonzero(np.isfinite(at.value))
    if not len(held):
        return Found(eta, at, trials)
    state = _begun(eta, at, root, normal).part(held)
    inside = batch.part(held)
    for _ in range(MOST_TRIALS):
        with np.errstate(over="ignore"):
            step, expected, left = _steps(state)
        going = (left > CLOSE) & (state.radius > SMALLEST_RADIUS)
        if not going.all():
            done, keep = np.flatnonzero(~going), np.flatnonzero(going)
            _keep(eta, at, held[done], state.part(done), root)
            if not len(keep):
                return Found(eta, at, trials)
            state, step, expected = state.part(keep), step[keep], expected[keep]
            held, inside = held[keep], inside.part(keep)
        trials[held] += 1
        _advance(state, inside, step, expected, root)
    _keep(eta, at, held, state, root)
    return Found(eta, at, trials)


def _keep(eta: Floats, at: Evaluation, rows: Ints, state: _State, root: Floats) -> None:
    eta[rows] = state.zeta @ root.T
    at.put(rows, state.at)


def _usable(batch: Batch, start: Floats) -> tuple[Floats, Evaluation]:
    """Starts with a finite objective, halved towards 0 until it is; and their evaluation."""
    eta = start.copy()
    at = by_arrays(batch, eta)
    for _ in range(HALVINGS):
        rows = np.flatnonzero(~np.isfinite(at.value) & (eta != 0).any(axis=1))
        if not len(rows):
            break
        eta[rows] = np.where(np.abs(eta[rows]) < 2e-3, 0.0, 0.5 * eta[rows])
        at.put(rows, by_arrays(batch.part(rows), eta[rows]))
    return eta, at


def _begun(eta: Floats, at: Evaluation, root: Floats, normal: Floats | None) -> _State:
    zeta: Floats = np.linalg.solve(root, eta.T).T.astype(np.float64)
    nothing = np.zeros_like(at.information)
    radius = np.full(len(eta), FIRST_RADIUS)
    state = _State(zeta, at, at.gradient, nothing, nothing.copy(), radius, normal)
    there = state.within(at.gradient @ root, root.T @ at.information @ root)
    state.gradient, state.information = there
    return state


def _steps(state: _State) -> tuple[Floats, Floats, Floats]:
    """The best step of each model within its radius, the gain expected, and how far is left.

    Shapes (S, q), (S,) and (S,). The last is infinite where the model curves downwards.
    """
    values, vectors = np.linalg.eigh(state.information + state.learnt)
    along = (state.gradient[:, None, :] @ vectors)[:, 0]
    positive = values[:, 0] > 0
    safe = np.where(positive[:, None], values, 1.0)
    left = np.where(positive, (along**2 / safe).sum(axis=1), np.inf)
    shift = _shift(values, along, state.radius)
    part = -along / np.maximum(values + shift[:, None], 1e-300)
    part = np.clip(part, -1e100, 1e100)
    length = np.sqrt((part**2).sum(axis=1))
    part *= np.minimum(1.0, state.radius / np.maximum(length, 1e-300))[:, None]
    expected = -(along * part).sum(axis=1) - 0.5 * (values * part**2).sum(axis=1)
    step: Floats = (vectors @ part[..., None])[..., 0]
    return step, expected, left


def _shift(values: Floats, along: Floats, radius: Floats) -> Floats:
    """What must be added to the eigenvalues for a step of the radius; 0 where none is needed."""
    size = np.sqrt((along**2).sum(axis=1))
    low = np.maximum(0.0, -values[:, 0] + 1e-10 * (1.0 + np.abs(values[:, -1])))
    high = np.maximum(low, size / radius - values[:, 0])
    short = np.sqrt(((along / np.maximum(values + low[:, None], 1e-300)) ** 2).sum(axis=1))
    needed = short > radius
    shift = np.where(needed, high, low)
    for _ in range(30):
        if not needed.any():
            break
        parts = along / np.maximum(values + shift[:, None], 1e-300)
        length = np.sqrt((parts**2).sum(axis=1))
        slope = (parts**2 / np.maximum(values + shift[:, None], 1e-300)).sum(axis=1)
        # Newton's method on 1 / length, which is nearly straight.
        move = (length / np.maximum(slope, 1e-300)) * length * (length - radius) / radius
        after = np.clip(shift + move, low, high)
        near = np.abs(length - radius) <= 0.05 * radius
        shift = np.where(needed & ~near, after, shift)
        needed = needed & ~near & (after != low)
    return shift


def _advance(state: _State, batch: Batch, step: Floats, expected: Floats, root: Floats) -> None:
    """One trial for each subject; changes the state."""
    before = state.at
    trial = state.zeta + step
    found = by_arrays(batch, trial @ root.T)
    there = found.gradient @ root, root.T @ found.information @ root
    gradient, information = state.within(*there)
    finite = np.isfinite(found.value)
    gained = 0.5 * (before.value - np.where(finite, found.value, np.inf))
    ratio = gained / np.maximum(expected, 1e-300)
    # So near the least the values are equal to rounding; the gradient says which is nearer.
    blurred = finite & (np.abs(gained) < 1e-12 * (1.0 + np.abs(before.value)))
    better = np.abs(gradient).max(axis=1) < np.abs(state.gradient).max(axis=1)
    taken = np.where(blurred, better & (gained > -1e-12 * (1.0 + np.abs(before.value))), gained > 0)
    length = np.sqrt((step**2).sum(axis=1))
    radius = state.radius
    wider = np.minimum(np.maximum(radius, 2.0 * length), LARGEST_RADIUS)
    narrower = np.where(taken, 0.5, 0.25) * np.minimum(length, radius)
    good = taken & (blurred | (ratio > 0.7))
    state.radius = np.where(good, wider, np.where(taken & (ratio > 0.2), radius, narrower))
    # What lies far beyond the model, as behind a wall, says nothing of the slope here.
    _learn(state, gradient, information, step, taken | (finite & (ratio > -FAR)))
    rows = np.flatnonzero(taken)
    state.zeta[rows], state.gradient[rows] = trial[rows], gradient[rows]
    state.information[rows] = information[rows]
    state.at.put(rows, found.part(rows))


def _learn(state: _State, gradient: Floats, information: Floats, step: Floats, near: Marks) -> None:
    """Correct what was learnt so that it explains the change of the gradient along the step."""
    change = gradient - state.gradient - (information @ step[..., None])[..., 0]
    miss = change - (state.learnt @ step[..., None])[..., 0]
    along = (miss * step).sum(axis=1)
    norm = np.sqrt((miss**2).sum(axis=1) * (step**2).sum(axis=1))
    rows = np.flatnonzero(near & (np.abs(along) > 1e-6 * norm) & (norm > 0))
    update = miss[rows, :, None] * miss[rows, None, :] / along[rows, None, None]
    state.learnt[rows] += update
