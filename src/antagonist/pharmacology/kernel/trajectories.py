"""What is seen hour by hour of many subjects, in blocks: memory does not grow with their number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.kernel.compiled.load import loop
from antagonist.pharmacology.kernel.limits import BLOCK, STEPS
from antagonist.pharmacology.kernel.packed import Packed, packed
from antagonist.pharmacology.kernel.parallel import share_out
from antagonist.pharmacology.kernel.seen import Seen, seen_modes
from antagonist.pharmacology.kernel.solution import solve
from antagonist.pharmacology.kernel.system import Floats, Jumps, LinearSystem

_AT_ONCE = 512


@dataclass(frozen=True)
class Steps:
    """An even grid of times: from_h, from_h + step_h, ... count of them."""

    from_h: float
    step_h: float
    count: int

    @property
    def time_h(self) -> Floats:
        """The times, shape (T,)."""
        return self.from_h + self.step_h * np.arange(self.count, dtype=np.float64)


def trajectories(
    system: LinearSystem,
    jumps: Jumps,
    weights: Floats,
    steps: Steps,
    *,
    start_h: float = 0.0,
    initial: Floats | None = None,
    out: NDArray[np.floating] | None = None,
    threads: int | None = None,
) -> NDArray[np.floating]:
    """A weighted sum of the outputs on an even grid, after the jumps of each time.

    system, jumps, start_h, initial: as ``solve`` takes them. weights: shape (S, o) or (1, o).
    out: array to write to, shape (S, T), of double or single precision. threads: at most so many.
    Returns shape (S, T). Single precision keeps 7 digits of each value: what is written is
    rounded, what is worked out is not.
    Raises ValueError for jumps out of order and a grid before the start.
    """
    subjects = system.rates_per_h.shape[0]
    if not (steps.from_h >= start_h and steps.step_h > 0 and steps.count > 0):
        raise ValueError(f"{steps}: not a grid of times at or after the start {start_h}")
    given = packed(jumps, start_h=start_h)
    weights = np.broadcast_to(weights, (subjects, system.outputs.shape[2]))
    result: NDArray[np.floating] = np.empty((subjects, steps.count)) if out is None else out

    def work(part: slice) -> None:
        room = np.empty((_AT_ONCE, steps.count))
        for at in range(part.start, part.stop, _AT_ONCE):
            some = slice(at, min(at + _AT_ONCE, part.stop))
            whole = result[some]
            plain = whole.dtype == np.float64
            into = np.asarray(whole, dtype=np.float64) if plain else room[: len(whole)]
            _some(
                LinearSystem(system.rates_per_h[some], system.outputs[some]), given.part(some),
                weights[some], steps, start_h, None if initial is None else initial[some], into,
            )  # fmt: skip
            if not plain:
                whole[...] = into

    share_out(subjects, steps.count, work, threads)
    return result


def _some(
    system: LinearSystem, jumps: Packed, weights: Floats, steps: Steps, start_h: float,
    initial: Floats | None, result: Floats,
) -> None:  # fmt: skip
    seen = seen_modes(system, jumps, weights, initial)
    if not seen.skip.all():
        _loops(seen, jumps, steps, start_h, result)
    for s in np.flatnonzero(seen.skip):
        one = slice(s, s + 1)
        solution = solve(
            LinearSystem(system.rates_per_h[one], system.outputs[one]), jumps.part(one).jumps,
            start_h=start_h, initial=None if initial is None else initial[one],
        )  # fmt: skip
        result[s] = weights[s] @ solution.at(steps.time_h)[0]


def _loops(
    seen: Seen, jumps: Packed, steps: Steps, start_h: float, result: NDArray[np.float64]
) -> None:
    subjects, regimes, size = seen.shape
    count = jumps.time_h.shape[1]
    modes = -(-size // BLOCK) * BLOCK
    columns = -(-(count + 4) // BLOCK) * BLOCK + BLOCK
    loop("gridded")(
        *seen.arrays, *jumps.arrays, np.empty(7 * columns), np.zeros(columns, dtype=np.int64),
        np.zeros(4 * columns), np.zeros(modes * columns), np.empty(modes * columns),
        np.zeros(6 * modes), np.zeros(modes * STEPS), steps.time_h, result,
        subjects, regimes, size, modes,
        count, *jumps.rows, columns, steps.count, start_h, steps.from_h, steps.step_h,
    )  # fmt: skip
