"""Jumps in the form that the compiled loops take: in order in memory, and once where shared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.kernel.system import Floats, Ints, Jumps


@dataclass(frozen=True)
class Packed:
    """time_h, target, reset, regime: shape (1 or S, M). amount: shape (1 or S, M)."""

    time_h: Floats
    target: Ints
    amount: Floats
    reset: NDArray[np.uint8]
    regime: Ints

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """In the order in which the loops take them."""
        return self.time_h, self.target, self.amount, self.reset, self.regime

    @property
    def jumps(self) -> Jumps:
        """In the form that ``solve`` takes."""
        return Jumps(self.time_h, self.target, self.amount, self.reset.astype(bool), self.regime)

    @property
    def rows(self) -> tuple[int, int]:
        """Rows of the schedule and of the amounts."""
        return len(self.time_h), len(self.amount)

    def part(self, which: slice | Ints) -> Packed:
        """For some of the subjects."""
        return Packed(*(a if len(a) == 1 else np.ascontiguousarray(a[which]) for a in self.arrays))


def _once(array: NDArray[Any]) -> NDArray[Any]:
    """One row where all rows are the same."""
    return array[:1] if len(array) > 1 and (array == array[0]).all() else array


def packed(jumps: Jumps, *, start_h: float) -> Packed:
    """Jumps for the loops. Raises ValueError for jumps out of order or before the start,
    and for an amount of nan.
    """
    schedule = [_once(a) for a in (jumps.time_h, jumps.target, jumps.reset, jumps.regime)]
    rows, count = max(len(a) for a in schedule), jumps.time_h.shape[1]
    time_h, target, reset, regime = (np.broadcast_to(a, (rows, count)) for a in schedule)
    if not ((time_h[:, 1:] >= time_h[:, :-1]).all() and (time_h[:, :1] >= start_h).all()):
        raise ValueError("jumps are out of order, or before the start")
    if np.isnan(jumps.amount).any():
        raise ValueError("an amount is nan")
    return Packed(
        np.ascontiguousarray(time_h, dtype=np.float64),
        np.ascontiguousarray(target, dtype=np.int64),
        np.ascontiguousarray(_once(jumps.amount), dtype=np.float64),
        np.ascontiguousarray(reset, dtype=np.uint8),
        np.ascontiguousarray(regime, dtype=np.int64),
    )
