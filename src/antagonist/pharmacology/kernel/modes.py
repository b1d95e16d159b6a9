"""Modes of rate matrices, and the judgement whether they can be trusted.

Block-triangular systems have theirs in closed form, from compiled loops; all others, and those of
which the closed form loses digits, take a general decomposition. Where rate constants repeat or
nearly repeat, the modes of K cancel each other and digits are lost; such a system is marked
``plain`` and the kernel takes the matrix exponential of K itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.kernel.blocks import blocks_of, reached
from antagonist.pharmacology.kernel.compiled.load import loop
from antagonist.pharmacology.kernel.limits import (
    BLOCK,
    LONGEST_H,
    MAX_CANCELLATION,
    MAX_CONDITION,
    PEAK_POINTS,
    SHORTEST_H,
)
from antagonist.pharmacology.kernel.system import Floats

# Real where all modes are real, complex where a system oscillates.
Modal = NDArray[Any]
Marks = NDArray[np.bool_]


@dataclass(frozen=True)
class Modes:
    """Modes of each subject and regime; ``plain`` marks those that use K itself."""

    values: Modal
    vectors: Modal
    inverse: Modal
    plain: Marks
    rates_per_h: Floats

    def part(self, which: slice | NDArray[np.intp]) -> Modes:
        """The modes of some of the subjects."""
        return Modes(
            self.values[which],
            self.vectors[which],
            self.inverse[which],
            self.plain[which],
            self.rates_per_h[which],
        )


def _cancellation(values: Modal, vectors: Modal, inverse: Modal, rates_per_h: Floats) -> Floats:
    """Modes' sizes over the peak of what they add up to, the worst of all states; shape (N,).

    A slow mode counts for more: its rate is known to rounding of the fastest only.
    """
    speeds = np.abs(values)
    fastest = speeds.max(axis=-1, keepdims=True)
    fastest = np.where(fastest > 0, fastest, 1.0)
    slowest = np.where(speeds > 1e-9 * fastest, speeds, fastest).min(axis=-1, keepdims=True)
    peak = np.zeros(rates_per_h.shape)
    for step in np.linspace(0.0, 1.0, PEAK_POINTS):
        time_h = np.minimum(0.3 * (10 / slowest * fastest) ** step / fastest, SHORTEST_H)
        moved = (vectors * np.exp(values * time_h)[..., None, :]) @ inverse
        peak = np.maximum(peak, np.abs(moved))
    longest = np.minimum(LONGEST_H, 1 / np.where(speeds > 0, speeds, np.inf))
    blurred = 1 + np.where(speeds > 0, fastest * longest, 0.0)
    sizes = (np.abs(vectors) * blurred[..., None, :]) @ np.abs(inverse)
    ratio = np.divide(sizes, peak, out=np.full(peak.shape, np.inf), where=peak > 0)
    worst: Floats = np.where(reached(rates_per_h != 0), ratio, 0.0).max(axis=(-2, -1))
    return worst


def _general(rates_per_h: Floats) -> Modes:
    """Modes by a general decomposition, rates (N, m, m), with those that use K itself marked."""
    values, vectors = np.linalg.eig(rates_per_h)
    identity = np.eye(rates_per_h.shape[-1])
    plain = ~(np.linalg.cond(vectors) < MAX_CONDITION)
    vectors = np.where(plain[..., None, None], identity, vectors)
    inverse = np.linalg.inv(vectors)
    plain |= ~(_cancellation(values, vectors, inverse, rates_per_h) < MAX_CANCELLATION)
    values = np.where(plain[..., None], 0.0, values)
    vectors = np.where(plain[..., None, None], identity, vectors)
    inverse = np.where(plain[..., None, None], identity, inverse)
    if not values.imag.any():
        values, vectors, inverse = values.real, vectors.real, inverse.real
    return Modes(values, vectors, inverse, plain, rates_per_h)


def cancelling(values: Floats, left: Floats, right: Floats) -> Marks:
    """Systems of which some response left[r] . exp(values t) . right[c] cancels too far.

    values: shape (N, m). left: (N, r, m). right: (N, c, m). Returns shape (N,).
    """
    count, size = values.shape
    marks = np.zeros(count, dtype=np.uint8)
    work = np.empty((PEAK_POINTS + 2) * size)
    left, right = np.ascontiguousarray(left), np.ascontiguousarray(right)
    loop("cancelling")(values, left, right, marks, work, count, size, left.shape[1], right.shape[1])
    return marks.astype(bool)


def closed_modes(rates_per_h: Floats) -> tuple[Floats, Floats, Floats, Marks]:
    """Values, vectors and inverse of (N, m, m) matrices in closed form, and where that fails.

    Nothing is judged: that is for whoever knows which responses matter (``cancelling``).
    """
    count, size = rates_per_h.shape[:2]
    values, failed = np.zeros((count, size)), np.ones(count, dtype=np.uint8)
    vectors, inverse = np.zeros((2, count, size, size))
    found = blocks_of(rates_per_h)
    if found is not None:
        room = np.empty((3 * size * size + size + 25) * BLOCK)
        loop("closed_modes")(
            np.ascontiguousarray(rates_per_h), found.order, found.starts, values, vectors, inverse,
            failed, room, count, size, len(found.starts) - 1,
        )  # fmt: skip
        return values, vectors, inverse, failed.astype(bool)
    # one matrix without a closed form must not send the others the general way
    patterns, which = np.unique(rates_per_h != 0, axis=0, return_inverse=True)
    marks = failed.astype(bool)
    for n in range(len(patterns) if len(patterns) > 1 else 0):
        rows = np.flatnonzero(which.ravel() == n)
        values[rows], vectors[rows], inverse[rows], marks[rows] = closed_modes(rates_per_h[rows])
    return values, vectors, inverse, marks


def mended(
    rates_per_h: Floats, values: Modal, vectors: Modal, inverse: Modal, failed: Marks
) -> Modes:
    """Closed modes with the general decomposition where those failed; leading shape (N,)."""
    plain = np.zeros(len(values), dtype=bool)
    if failed.any():
        general = _general(rates_per_h[failed])
        kind = general.values.dtype
        values, vectors, inverse = (a.astype(kind) for a in (values, vectors, inverse))
        values[failed], vectors[failed] = general.values, general.vectors
        inverse[failed], plain[failed] = general.inverse, general.plain
    return Modes(values, vectors, inverse, plain, rates_per_h)


def modes_of(rates_per_h: Floats) -> Modes:
    """Modes of every system, shape (S, P, m, m); those not to be trusted are marked ``plain``."""
    shape = rates_per_h.shape
    flat = rates_per_h.reshape(-1, *shape[2:])
    values, vectors, inverse, failed = closed_modes(flat)
    good = ~failed
    if good.any():
        failed[good] = cancelling(values[good], vectors[good], np.swapaxes(inverse[good], 1, 2))
    found = mended(flat, values, vectors, inverse, failed)
    return Modes(
        found.values.reshape(shape[:3]),
        found.vectors.reshape(shape),
        found.inverse.reshape(shape),
        found.plain.reshape(shape[:2]),
        rates_per_h,
    )


def exponential(matrix: Floats) -> Floats:
    """Exp of each matrix, shape (..., n, n).

    SciPy has a shortcut for triangular matrices that loses up to 12 digits where neighbours on
    the diagonal are nearly equal. A coupling too small to count keeps it on the general way.
    """
    # SciPy takes longer to load than most answers take to work out, and few need it.
    from scipy.linalg import expm

    coupled = matrix.copy()
    for corner in ((..., 0, -1), (..., -1, 0)):
        coupled[corner] = np.where(matrix[corner] == 0, 1e-300, matrix[corner])
    result: Floats = expm(coupled)
    return result
