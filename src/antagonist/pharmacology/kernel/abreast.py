"""What is seen of many draws hour by hour, draws side by side: ready to be ranked at each hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.kernel.compiled.load import loop
from antagonist.pharmacology.kernel.limits import BLOCK, LANES
from antagonist.pharmacology.kernel.solution import Solution, by_loops
from antagonist.pharmacology.kernel.system import Floats

Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Abreast:
    """Some solved draws with what is to be seen of them.

    weights: shape (S, 3, o), of the outputs in each of three quantities. rates: (S, P, n), seen:
    (S, P, 3, n), state: (S, M + 1, n), of the modes, filled up to whole blocks with nothing.
    skip: (S,) draws that the compiled loops cannot serve.
    """

    solution: Solution
    weights: Floats
    rates: Floats
    seen: Floats
    state: Floats
    skip: NDArray[np.uint8]

    @classmethod
    def of(cls, solution: Solution, weights: Floats) -> Abreast:
        """Prepare a solution for ``fill``; weights: shape (S, 3, o)."""
        modes = solution.modes
        rows = weights[:, None] @ solution.system.outputs
        return cls(
            solution,
            weights,
            _whole_blocks(modes.values),
            _whole_blocks(rows @ modes.vectors),
            _whole_blocks(solution.state),
            (~by_loops(modes)).astype(np.uint8),
        )

    @property
    def draws(self) -> int:
        """Number of draws S."""
        return len(self.skip)

    def fill(self, grid_h: Floats, step_h: float, result: Singles, column: int) -> None:
        """Write result[q, n, column + s]: quantity q of draw s at grid_h[n], after its jumps.

        grid_h: shape (T,), at most HOURS, hours, step_h apart, not before the start.
        result: shape (3, T, any). What is below nothing is written as nothing.
        """
        solution, (draws, regimes, _, size) = self.solution, self.seen.shape
        if not self.skip.all():
            loop("abreast")(
                self.rates, self.seen, self.skip, solution.time_h, solution.regime, self.state,
                grid_h, result, np.empty((5 * size + 5) * LANES + size), draws, regimes, size,
                solution.time_h.shape[1], len(grid_h), result.shape[2], column, step_h,
            )  # fmt: skip
        for s in np.flatnonzero(self.skip):
            seen = self.weights[s] @ solution.of_draw(int(s), grid_h)
            result[:, :, column + s] = np.maximum(seen, 0.0)


def _whole_blocks(of_modes: NDArray[np.inexact]) -> Floats:
    """Real parts, the last axis filled up with zeros to a multiple of what the loops take."""
    size = of_modes.shape[-1]
    whole = np.zeros((*of_modes.shape[:-1], -(-size // BLOCK) * BLOCK))
    whole[..., :size] = of_modes.real
    return whole


def filled(parts: Sequence[Abreast], grid_h: Floats, step_h: float) -> Singles:
    """Quantities of all draws of some solutions at some hours, shape (3, T, S), as ``fill``."""
    draws = sum(part.draws for part in parts)
    result = np.empty((3, len(grid_h), draws), dtype=np.float32)
    column = 0
    for part in parts:
        part.fill(grid_h, step_h, result, column)
        column += part.draws
    return result
