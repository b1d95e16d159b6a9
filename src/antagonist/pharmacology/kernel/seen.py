"""The modes of some subjects as far as one seen quantity needs them, judged for it alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.kernel.limits import BLOCK, MOST_BLOCKS
from antagonist.pharmacology.kernel.modes import cancelling, closed_modes
from antagonist.pharmacology.kernel.packed import Packed
from antagonist.pharmacology.kernel.system import Floats, LinearSystem


@dataclass(frozen=True)
class Seen:
    """Modes of S subjects in P regimes, and what each shows.

    row: shape (S, P, m), what a unit in each state shows. values, shown: (S P, m). vectors,
    inverse: (S P, m, m). state: (S, m), modal, at the start. skip: (S,) subjects that the compiled
    loops cannot serve.
    """

    row: Floats
    values: Floats
    vectors: Floats
    inverse: Floats
    shown: Floats
    state: Floats
    skip: NDArray[np.bool_]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Subjects, regimes, modes."""
        subjects, size = self.state.shape
        return subjects, len(self.values) // subjects, size

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """In the order in which the loops take them."""
        skip = self.skip.astype(np.uint8)
        return self.values, self.vectors, self.inverse, self.shown, self.state, skip


def seen_modes(
    system: LinearSystem, jumps: Packed, weights: Floats, initial: Floats | None
) -> Seen:
    """Modes in closed form, and which subjects need the general way.

    weights: shape (S, o). initial: shape (S, m) or None.
    """
    subjects, regimes, size = system.rates_per_h.shape[:3]
    flat = np.ascontiguousarray(system.rates_per_h).reshape(-1, size, size)
    row = np.matmul(weights[:, None, None, :], system.outputs)[:, :, 0]
    values, vectors, inverse, failed = closed_modes(flat)
    shown = np.matmul(row.reshape(-1, 1, size), vectors)
    # a change of parameters, or a state to begin with, brings in every state
    whole = regimes > 1 or initial is not None
    given, target = np.broadcast_arrays(jumps.amount != 0, jumps.target)
    least, most = int(target.min()), int(target.max())
    by = {
        j: (given & (target == j) if least < most else given).any(axis=1)
        for j in range(least, most + 1)
    }
    entered = [j for j, subjects_given in by.items() if subjects_given.any()]
    right = np.swapaxes(inverse if whole else inverse[:, :, entered], 1, 2)
    if not whole and len(given) > 1:
        # each subject is judged by its own doses alone
        own = np.reshape([by[j] for j in entered], (len(entered), subjects, 1))
        right = right * own.swapaxes(0, 1)
    failed |= cancelling(values, vectors if whole else shown, right)
    # what grows has no place among decays
    failed |= (values > 1e-12).any(axis=1) | (size > BLOCK * MOST_BLOCKS)
    state = np.zeros((subjects, size))
    if initial is not None:
        first = inverse.reshape(subjects, regimes, size, size)[:, 0]
        state = (first @ initial[..., None])[..., 0]
    skip: NDArray[np.bool_] = np.any(failed.reshape(subjects, regimes), axis=1)
    return Seen(row, values, vectors, inverse, np.ascontiguousarray(shown[:, 0]), state, skip)
