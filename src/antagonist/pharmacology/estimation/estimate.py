"""The most probable random effects (MAP) of each subject, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.estimation.batch import Batch, batch_of
from antagonist.pharmacology.estimation.evaluation import Evaluation
from antagonist.pharmacology.estimation.likelihood import evaluated, evaluated_at_each
from antagonist.pharmacology.estimation.problem import Floats, History, Problem
from antagonist.pharmacology.estimation.search import Found, searched, searched_by_arrays
from antagonist.pharmacology.estimation.starts import promising
from antagonist.pharmacology.kernel import Ints

# Squared distance to the least, in units of the posterior's variance, that counts as arrived.
ARRIVED = 1e-8
# Of two searches the earlier one's answer stays unless the later one's is lower by this.
_LOWER = 1e-7
_DIFFERENCE = 1e-4  # of zeta, for the curvature
_NEAR_KINK = 1e-7
_BESIDE_KINK = 1e-5
# More starts where lag times or durations have random effects: there the objective has kinks.
_TRIED, _KEPT = 8, 1
_TRIED_KINKED, _KEPT_KINKED = 128, 32

End = Literal["least", "kink", "not_converged", "impossible"]


@dataclass(frozen=True)
class Estimates:
    """What was found for S subjects with q random effects.

    eta: shape (S, q). covariance: conditional covariance by the expected Hessian, (S, q, q).
    objective: NONMEM's individual objective of FOCE with interaction, shape (S,).
    fit: the part of it that the search makes least: levels and etas, shape (S,).
    prediction: at the levels' times, shape (S, T), padded as ``levels``.
    end: ``least`` a checked minimum; ``kink`` a minimum at the hour at which a dose arrives as a
        level is taken, where the objective has no derivative; ``not_converged``; ``impossible``
        no eta was found at which the levels have a variance.
    distance: what is left to the minimum, in posterior sds; nan at a kink. curvature: least
        eigenvalue of the objective's own Hessian in units of the prior's; both (S,).
    trials: evaluations that all searches took. starts: searches, of which ``best`` won.
    """

    eta: Floats
    covariance: Floats
    objective: Floats
    fit: Floats
    prediction: Floats
    end: tuple[End, ...]
    distance: Floats
    curvature: Floats
    trials: Ints
    starts: int
    best: Ints

    @property
    def converged(self) -> NDArray[np.bool_]:
        """Whether each ended at a checked minimum, shape (S,)."""
        return np.array([end in ("least", "kink") for end in self.end], dtype=bool)


def map_estimate(
    problem: Problem,
    data: Sequence[History] | Batch,
    *,
    start: Floats | None = None,
    starts: int | None = None,
) -> Estimates:
    """The most probable random effects of each subject given its levels.

    data: histories, or the batch made of them. start: first start, shape (S, q), of those whose
        objective is lower there than at 0; default 0.
    starts: further searches, from the most promising of points spread over the prior; default 1,
        32 where lag times or durations have random effects.
    Returns the Estimates, the same for each subject whatever other subjects are in the data.
    Raises InputError as ``batch_of``.
    Source of objective and covariance: Wang 2007, J Pharmacokinet Pharmacodyn 34:575.
    """
    batch = data if isinstance(data, Batch) else batch_of(problem, data)
    kept = (_KEPT_KINKED if batch.timed else _KEPT) if starts is None else starts
    tried = _TRIED_KINKED if batch.timed else _TRIED
    # Far out, where nothing is predicted, numbers end; what comes of that is told as such.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = searched(batch, _first(batch, start))
        best = np.zeros(batch.subjects, dtype=np.intp)
        eta, at, trials = found.eta, found.at, found.trials.copy()
        points = promising(batch, max(tried, kept), kept) if kept else []
        for n, point in enumerate(points, start=1):
            other = searched(batch, point)
            trials += other.trials
            _take_lower(eta, at, other, best, n)
        return _checked(batch, Found(eta, at, trials), kept + 1, best)


def _first(batch: Batch, start: Floats | None) -> Floats:
    """The first start: 0, or a given one where that is better."""
    zero = np.zeros((batch.subjects, len(batch.problem.names)))
    if start is None:
        return zero
    better = evaluated(batch, start).value < evaluated(batch, zero).value
    return np.where(better[:, None], start, zero)


def _take_lower(eta: Floats, at: Evaluation, other: Found, best: Ints, number: int) -> None:
    lower = other.at.value + _LOWER * (1.0 + np.abs(other.at.value)) < at.value
    rows = np.flatnonzero(lower)
    eta[rows], best[rows] = other.eta[rows], number
    at.put(rows, other.at.part(rows))


def _checked(batch: Batch, found: Found, starts: int, best: Ints) -> Estimates:
    """Judge every end: gradient, curvature, and whether it lies at a kink."""
    eta, at = found.eta, found.at
    finite = np.isfinite(at.value)
    distance, curvature = _curved(batch, eta, at)
    ends: list[End] = ["impossible" if not f else "not_converged" for f in finite]
    arrived = finite & (distance**2 < ARRIVED) & (curvature > 0)
    stuck = np.flatnonzero(finite & ~arrived)
    if len(stuck):
        at_kink = _at_kink(batch, eta, at, stuck)
        for s in stuck[at_kink]:
            ends[s], distance[s] = "kink", np.nan
        rest = stuck[~at_kink]
        if len(rest):
            again = _curved(batch.part(rest), eta[rest], at.part(rest))
            distance[rest], curvature[rest] = again
            arrived[rest] = (again[0] ** 2 < ARRIVED) & (again[1] > 0)
    for s in np.flatnonzero(arrived):
        ends[s] = "least"
    return _estimates(batch, found, tuple(ends), distance, curvature, starts, best)


def _estimates(
    batch: Batch, found: Found, ends: tuple[End, ...], distance: Floats, curvature: Floats,
    starts: int, best: Ints,
) -> Estimates:  # fmt: skip
    at, omega = found.at, batch.problem.omega
    covariance: Floats = np.linalg.inv(at.information).astype(np.float64)
    logs = np.linalg.slogdet(omega)[1] + np.linalg.slogdet(at.information)[1]
    return Estimates(
        found.eta, covariance, at.value + logs, at.value, at.prediction, ends, distance,
        curvature, found.trials, starts, best,
    )  # fmt: skip


def _curved(batch: Batch, eta: Floats, at: Evaluation) -> tuple[Floats, Floats]:
    """Distance left in posterior sds and least curvature, from differences of exact gradients."""
    root = batch.problem.root
    size = len(root)
    moves = _DIFFERENCE * np.concatenate([root.T, -root.T])
    gradient = evaluated_at_each(batch, eta + moves[:, None, :])[1] @ root
    hessian = np.swapaxes(gradient[:size] - gradient[size:], 0, 1) / (2.0 * _DIFFERENCE)
    hessian = 0.5 * (hessian + np.swapaxes(hessian, 1, 2))
    values, vectors = np.linalg.eigh(hessian)
    along = ((at.gradient @ root)[:, None, :] @ vectors)[:, 0]
    left = (along**2 / np.maximum(np.abs(values), 1e-12)).sum(axis=1)
    return np.sqrt(left), values[:, 0]


def _at_kink(batch: Batch, eta: Floats, at: Evaluation, rows: Ints) -> NDArray[np.bool_]:
    """Finish those that stopped at a kink along it; tells which of ``rows`` have their least there.

    At a kink the gradient jumps; along it the objective is smooth.
    """
    part, root = batch.part(rows), batch.problem.root
    here, now = eta[rows], at.part(rows)
    step = _unit(
        -np.linalg.solve(root.T @ now.information @ root, (now.gradient @ root)[..., None])[..., 0]
    )
    there = evaluated(part, here + _NEAR_KINK * step @ root.T)
    jump = (there.gradient - now.gradient) @ root
    normal = _unit(jump)
    along = searched_by_arrays(part, here, normal)
    lower = along.at.value <= now.value + 1e-9 * (1.0 + np.abs(now.value))
    slope = along.at.gradient @ root
    slope -= (slope * normal).sum(axis=1)[:, None] * normal
    settled = np.abs(slope).max(axis=1) < 1e-4 * (
        1.0 + np.abs(along.at.gradient @ root).max(axis=1)
    )
    sides = [
        evaluated(part, along.eta + side * _BESIDE_KINK * normal @ root.T).value
        for side in (1.0, -1.0)
    ]
    held = (sides[0] >= along.at.value) & (sides[1] >= along.at.value)
    found: NDArray[np.bool_] = lower & settled & held
    keep = np.flatnonzero(found)
    eta[rows[keep]] = along.eta[keep]
    at.put(rows[keep], along.at.part(keep))
    return found


def _unit(vectors: NDArray[np.floating]) -> Floats:
    length = np.sqrt((vectors**2).sum(axis=1))[:, None]
    unit: Floats = vectors / np.maximum(length, 1e-300)
    return unit
