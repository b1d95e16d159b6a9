"""What the kernel is given: rate matrices with outputs, and the jumps of each subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True)
class LinearSystem:
    """Rate matrices and outputs of S subjects in P regimes (P > 1: parameters change at an event).

    rates_per_h: shape (S, P, m, m); column j holds what leaves and feeds from state j.
    outputs: shape (S, P, o, m); observed = outputs @ state.
    """

    rates_per_h: Floats
    outputs: Floats

    def part(self, which: slice | Ints) -> LinearSystem:
        """Some of the subjects."""
        return LinearSystem(self.rates_per_h[which], self.outputs[which])


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

    def part(self, which: slice | Ints) -> Jumps:
        """Those of some of the subjects."""
        return Jumps(
            _rows(self.time_h, which),
            _rows(self.target, which),
            _rows(self.amount, which),
            _rows(self.reset, which),
            _rows(self.regime, which),
        )


def _rows(array: NDArray[Kind], which: slice | Ints) -> NDArray[Kind]:
    return array if len(array) == 1 else array[which]
