"""The order of states in which nothing flows back, and whether its blocks have closed forms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.kernel.compiled.load import loop
from antagonist.pharmacology.kernel.system import Floats, Ints


@dataclass(frozen=True)
class Blocks:
    """States in block order. starts: first place of each block, and the number of states."""

    order: Ints
    starts: Ints


def reached(flows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether state i ever gets anything from state j; flows, result: shape (..., m, m)."""
    size = flows.shape[-1]
    found: NDArray[np.bool_] = flows | np.eye(size, dtype=bool)
    for _ in range(size.bit_length()):
        paths = found.astype(np.float32)
        found = paths @ paths > 0
    return found


def blocks_of(rates_per_h: Floats) -> Blocks | None:
    """Blocks of matrices of one pattern, shape (N, m, m); None where some block has no closed form.

    A closed form have one state, two that exchange, and three of which one exchanges with the
    other two, with flows that are not negative.
    """
    size = rates_per_h.shape[-1]
    apart = ~np.eye(size, dtype=bool)
    most, least = np.zeros((2, size, size))
    rates = np.ascontiguousarray(rates_per_h, dtype=np.float64)
    loop("flowing")(rates, most, least, len(rates), size)
    if (least < 0)[apart].any():
        return None
    flows = (most > 0) & apart
    found = reached(flows)
    together = found & found.T
    # What feeds a state is fed by less than it; states of a block are fed by the same.
    fed_by = found.sum(axis=1)
    left = list(np.argsort(fed_by, kind="stable"))
    order: list[int] = []
    starts = [0]
    while left:
        block = [i for i in left if together[i, left[0]]]
        left = [i for i in left if i not in block]
        if len(block) > 3:
            return None
        if len(block) == 3:
            block.sort(key=lambda i: -int((flows[i] | flows[:, i])[block].sum()))
            ends = flows[np.ix_(block[1:], block[1:])]
            if ends.any():
                return None
        order += [int(i) for i in block]
        starts.append(len(order))
    return Blocks(np.array(order, dtype=np.intp), np.array(starts, dtype=np.intp))
