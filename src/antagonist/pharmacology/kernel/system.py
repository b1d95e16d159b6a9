"""What the kernel is given: rate matrices with outputs, and the jumps of each subject."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class LinearSystem:
    """Rate matrices and outputs of S subjects in P regimes (P > 1: parameters change at an event).

    rates_per_h: shape (S, P, m, m); column j holds what leaves and feeds from state j.
    outputs: shape (S, P, o, m); observed = outputs @ state.
    """

    rates_per_h: Floats
    outputs: Floats


@dataclass(frozen=True)
class Jumps:
    """What happens to the state at moments, in order of time for each subject.

    Every array has shape (S, M) or (1, M) when all subjects share it.
    time_h: non-decreasing along M; +inf for padding.
    target: state index that receives ``amount``.
    amount: added to the state (after the reset, if any).
    reset: the state is emptied first.
    regime: the system that holds from this moment on.
    """

    time_h: Floats
    target: Ints
    amount: Floats
    reset: NDArray[np.bool_]
    regime: Ints
