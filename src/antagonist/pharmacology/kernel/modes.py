"""Modes of rate matrices, and the judgement whether they can be trusted.

Where rate constants repeat or nearly repeat, the modes of K cancel each other and digits are lost;
such a system is marked ``plain`` and the kernel takes the matrix exponential of K itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

Floats = NDArray[np.float64]
# Real where all modes are real, complex where a system oscillates.
Modal = NDArray[Any]

# How far modes may cancel: an answer is off by up to 1e-16 of its peak times this (measured
# against 60-digit arithmetic over random systems), so by 1e-9 of the 1e-8 that is promised.
MAX_CANCELLATION = 1e7
# No course is longer, hours: how far the rounding of a rate can add up.
_LONGEST_H = 1e4
# Hours a course lasts at least: what peaks later counts as it stands by then. And the number of
# moments at which peaks are looked for.
_SHORTEST_H = 24.0
_PEAK_POINTS = 16
# Above this the inverse of the vectors has too few digits to judge the cancellation by.
MAX_CONDITION = 1e12


@dataclass(frozen=True)
class Modes:
    """Modes of each subject and regime; ``plain`` marks those that use K itself."""

    values: Modal
    vectors: Modal
    inverse: Modal
    plain: NDArray[np.bool_]
    rates_per_h: Floats

    def part(self, which: slice) -> Modes:
        """The modes of some of the subjects."""
        return Modes(
            self.values[which],
            self.vectors[which],
            self.inverse[which],
            self.plain[which],
            self.rates_per_h[which],
        )


def _reached(rates_per_h: Floats) -> NDArray[np.bool_]:
    """Whether state i ever gets anything from state j, shape (..., m, m)."""
    size = rates_per_h.shape[-1]
    reached: NDArray[np.bool_] = (rates_per_h != 0) | np.eye(size, dtype=bool)
    for _ in range(size.bit_length()):
        paths = reached.astype(np.float32)
        reached = paths @ paths > 0
    return reached


def _cancellation(values: Modal, vectors: Modal, inverse: Modal, rates_per_h: Floats) -> Floats:
    """Modes' sizes over the peak of what they add up to, the worst of all states; shape (S, P).

    A slow mode counts for more: its rate is known to rounding of the fastest only.
    """
    speeds = np.abs(values)
    fastest = speeds.max(axis=-1, keepdims=True)
    fastest = np.where(fastest > 0, fastest, 1.0)
    slowest = np.where(speeds > 1e-9 * fastest, speeds, fastest).min(axis=-1, keepdims=True)
    peak = np.zeros(rates_per_h.shape)
    for step in np.linspace(0.0, 1.0, _PEAK_POINTS):
        time_h = np.minimum(0.3 * (10 / slowest * fastest) ** step / fastest, _SHORTEST_H)
        moved = (vectors * np.exp(values * time_h)[..., None, :]) @ inverse
        peak = np.maximum(peak, np.abs(moved))
    longest = np.minimum(_LONGEST_H, 1 / np.where(speeds > 0, speeds, np.inf))
    blurred = 1 + np.where(speeds > 0, fastest * longest, 0.0)
    sizes = (np.abs(vectors) * blurred[..., None, :]) @ np.abs(inverse)
    ratio = np.divide(sizes, peak, out=np.full(peak.shape, np.inf), where=peak > 0)
    worst: Floats = np.where(_reached(rates_per_h), ratio, 0.0).max(axis=(-2, -1))
    return worst


def modes_of(rates_per_h: Floats) -> Modes:
    """Modes of every system, shape (S, P, m, m); those not to be trusted are marked ``plain``."""
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


def exponential(matrix: Floats) -> Floats:
    """Exp of each matrix, shape (..., n, n).

    SciPy has a shortcut for triangular matrices that loses up to 12 digits where neighbours on
    the diagonal are nearly equal. A coupling too small to count keeps it on the general way.
    """
    coupled = matrix.copy()
    for corner in ((..., 0, -1), (..., -1, 0)):
        coupled[corner] = np.where(matrix[corner] == 0, 1e-300, matrix[corner])
    result: Floats = expm(coupled)
    return result
