"""Answers without a grid: hours over a level, gaps, the weakest moment, when protection ends.

Between two jumps what is seen is a sum of exponentials, so crossings are bracketed and solved for,
and nothing but the answers is kept.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.kernel import answers_general
from antagonist.pharmacology.kernel.compiled.load import loop
from antagonist.pharmacology.kernel.limits import BLOCK, DEPTH
from antagonist.pharmacology.kernel.packed import Packed, packed
from antagonist.pharmacology.kernel.parallel import share_out
from antagonist.pharmacology.kernel.seen import Seen, seen_modes
from antagonist.pharmacology.kernel.system import Floats, Jumps, LinearSystem
from antagonist.pharmacology.kernel.window import Answers, Window

# Subjects taken at once: what they need stays in the processor's cache.
_AT_ONCE = 1_024
# Delays after a jump at which all intervals are looked at, hours: absorption first.
_DELAYS_H = np.array([0.0, 0.3, 1.0, 2.5, 6.0, 14.0, 32.0, *(80.0 * 2.5 ** np.arange(8))])
# Parts of the way between two delays at whose ends the responses are looked at.
_PIECES = 4


def answers(
    system: LinearSystem,
    jumps: Jumps,
    weights: Floats,
    level: Floats,
    window: Window,
    *,
    start_h: float = 0.0,
    initial: Floats | None = None,
    most_crossings: int = 0,
    threads: int | None = None,
) -> Answers:
    """What a weighted sum of the outputs does against a level, exactly.

    system, jumps, start_h, initial: as ``solve`` takes them.
    weights: shape (S, o) or (1, o), of the outputs. level: shape (S,) or (1,).
    most_crossings: how many crossing times to keep of each subject.
    threads: at most so many, default all cores; results do not depend on it.
    Returns Answers, each of shape (S,). A crossing is found to better than a second; two within
    11 s of each other may be taken for none.
    Raises ValueError for jumps out of order, an amount or level of nan, and a window before the
    start.
    """
    subjects = system.rates_per_h.shape[0]
    window.checked(start_h)
    given = packed(jumps, start_h=start_h)
    weights = np.broadcast_to(weights, (subjects, system.outputs.shape[2]))
    level = np.ascontiguousarray(np.broadcast_to(level, (subjects,)), dtype=np.float64)
    if np.isnan(level).any():
        raise ValueError("a level is nan")
    table, crossed_h = np.empty((subjects, 8)), np.full((subjects, most_crossings), np.nan)

    def work(part: slice) -> None:
        for at in range(part.start, part.stop, _AT_ONCE):
            some = slice(at, min(at + _AT_ONCE, part.stop))
            piece = LinearSystem(system.rates_per_h[some], system.outputs[some])
            begun = None if initial is None else initial[some]
            table[some] = _some(
                piece, given.part(some), weights[some], level[some], window, start_h, begun,
                crossed_h[some],
            )  # fmt: skip

    share_out(subjects, given.time_h.shape[1] * 100, work, threads)
    return Answers.of(table, crossed_h, window)


def _some(
    system: LinearSystem, jumps: Packed, weights: Floats, level: Floats, window: Window,
    start_h: float, initial: Floats | None, crossed_h: Floats,
) -> Floats:  # fmt: skip
    """Rows of answers of some subjects, shape (S, 8)."""
    seen = seen_modes(system, jumps, weights, initial)
    negative = _negative(system, jumps, seen.row, initial)
    result = np.empty((len(level), 8))
    skip = seen.skip | negative
    if not skip.all():
        _loops(replace(seen, skip=skip), level, jumps, window, start_h, result, crossed_h)
        skip |= result[:, 7] != 0
    for s in np.flatnonzero(skip):
        one = slice(s, s + 1)
        result[s], times = answers_general.answered(
            LinearSystem(system.rates_per_h[one], system.outputs[one]),
            jumps.part(one), weights[one], float(level[s]), window, start_h,
            None if initial is None else initial[one],
        )  # fmt: skip
        kept = times[: crossed_h.shape[1]]
        crossed_h[s, : len(kept)] = kept
    return result


def _negative(
    system: LinearSystem, jumps: Packed, row: Floats, initial: Floats | None
) -> NDArray[np.bool_]:
    """Subjects for whom amounts or what is seen may be negative, which the bounds exclude.

    A constant rate is taken back by a negative jump of its own state: that leaves none negative.
    """
    found: NDArray[np.bool_] = np.any(row < 0, axis=(1, 2))
    if initial is not None:
        found = found | (initial < 0).any(axis=1)
    taken = (jumps.amount < 0) & np.isfinite(jumps.time_h)
    if taken.any():
        held = np.diagonal(system.rates_per_h, axis1=2, axis2=3) == 0
        subjects = len(found)
        target = np.broadcast_to(jumps.target, (subjects, jumps.target.shape[1]))
        kept = np.take_along_axis(held.all(axis=1), target, axis=1)
        # a reset has taken back what is running
        kept = kept & (jumps.reset == 0).all(axis=1, keepdims=True)
        found = found | (np.broadcast_to(taken, kept.shape) & ~kept).any(axis=1)
    return found


def _loops(
    seen: Seen, level: Floats, jumps: Packed, window: Window, start_h: float, result: Floats,
    crossed_h: Floats,
) -> None:  # fmt: skip
    subjects, regimes, size = seen.shape
    count = jumps.time_h.shape[1]
    modes = -(-size // BLOCK) * BLOCK
    # whole blocks, which begin anywhere where parameters change
    columns = -(-(count + 4) // BLOCK) * BLOCK + BLOCK
    capacity = 4 * count + 64
    longest_h = _longest_h(jumps, window, start_h)
    last = int(np.searchsorted(_DELAYS_H, longest_h))
    delays = _DELAYS_H[: max(last, 1) + 1].copy()
    if delays[-1] < longest_h:
        delays = np.append(delays, longest_h)
    way = np.tile(np.arange(_PIECES) / _PIECES, (len(delays) - 1, 1))
    way[0] **= 2  # the fastest modes are gone soon after a dose
    fine = np.append(delays[:-1, None] + np.diff(delays)[:, None] * way, delays[-1])
    loop("answered")(
        *seen.arrays, level, *jumps.arrays, delays, fine, np.empty(7 * columns),
        np.zeros(columns, dtype=np.int64), np.zeros(columns, dtype=np.int64),
        np.zeros(7 * columns), np.zeros(modes * columns), np.zeros(modes * columns),
        np.zeros(4 * len(delays) * BLOCK), np.empty(modes * columns), np.zeros(5 * modes),
        np.zeros(regimes * modes), np.zeros(regimes * modes), np.zeros(modes * modes),
        np.zeros(modes * modes), np.zeros(3 * regimes * len(delays) * modes),
        np.zeros(3 * regimes * len(fine) * modes), np.zeros(3 * (len(fine) + modes) * modes),
        np.empty(8 * DEPTH), np.empty(7 * capacity), np.empty(capacity, dtype=np.int64),
        np.empty(6 * BLOCK), np.empty(modes * BLOCK), crossed_h, result,
        subjects, regimes, size, modes, count,
        *jumps.rows, len(delays), _PIECES, columns, capacity, crossed_h.shape[1], start_h,
        window.from_h, window.as_of_h, window.weakest_from_h, window.until_h,
    )  # fmt: skip


def _longest_h(jumps: Packed, window: Window, start_h: float) -> float:
    """Longest time between two jumps, or a jump and the window's end."""
    ends = np.minimum(jumps.time_h, window.until_h)
    first, last = ends[:, 0].max() - start_h, window.until_h - ends[:, -1].min()
    return float(max(first, last, (ends[:, 1:] - ends[:, :-1]).max(initial=0.0)))
