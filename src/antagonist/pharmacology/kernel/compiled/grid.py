"""What is seen on an even grid of times, for many subjects. Imported when compiling only."""

from __future__ import annotations

import math
from typing import Any

from antagonist.pharmacology.kernel.compiled.options import Floats, carray, compiled, decay
from antagonist.pharmacology.kernel.compiled.steps import (
    HELD,
    LENGTH,
    START,
    cut,
    delays,
    entering,
    powers,
    simple,
    stride,
    walk,
)
from antagonist.pharmacology.kernel.limits import BLOCK, STEPS


@compiled
def _written(out: Floats, decayed: Floats, shares: Floats, block: int) -> None:
    """Add one block of modes, each its share times its decay at every step, to what is seen."""
    c0 = shares[block]
    c1 = shares[block + 1]
    c2 = shares[block + 2]
    c3 = shares[block + 3]
    c4 = shares[block + 4]
    c5 = shares[block + 5]
    c6 = shares[block + 6]
    c7 = shares[block + 7]
    row = block * STEPS
    part = decayed[row : row + BLOCK * STEPS]
    if block == 0:
        for n in range(out.shape[0]):
            out[n] = (
                c0 * part[n]
                + c1 * part[1 * STEPS + n]
                + c2 * part[2 * STEPS + n]
                + c3 * part[3 * STEPS + n]
                + c4 * part[4 * STEPS + n]
                + c5 * part[5 * STEPS + n]
                + c6 * part[6 * STEPS + n]
                + c7 * part[7 * STEPS + n]
            )
    else:
        for n in range(out.shape[0]):
            out[n] += (
                c0 * part[n]
                + c1 * part[1 * STEPS + n]
                + c2 * part[2 * STEPS + n]
                + c3 * part[3 * STEPS + n]
                + c4 * part[4 * STEPS + n]
                + c5 * part[5 * STEPS + n]
                + c6 * part[6 * STEPS + n]
                + c7 * part[7 * STEPS + n]
            )


@compiled
def _step_at(time_h: float, grid_h: Floats, from_h: float, step_h: float) -> int:
    """The first step of the grid that is not before a time; their number where all are."""
    count = grid_h.shape[0]
    n = int(min(max(math.ceil((time_h - from_h) / step_h), 0), count))
    while n > 0 and grid_h[n - 1] >= time_h:
        n -= 1
    while n < count and grid_h[n] < time_h:
        n += 1
    return n


def gridded(
    values: Any, vectors: Any, inverse: Any, seen: Any, initial: Any, skip: Any, time_h: Any,
    target: Any, amount: Any, reset: Any, regime: Any, table: Any, which: Any, columns: Any,
    moved: Any, powers_: Any, small: Any, steps: Any, grid_h: Any, result: Any, s_count: int,
    regimes: int, m: int, modes: int, jumps: int, rows: int, amount_rows: int, size: int,
    times: int, start_h: float, from_h: float, step_h: float,
) -> None:  # fmt: skip
    """result[s, n] = what is seen of subject s at grid_h[n], after the jumps of that time.

    grid_h: (times,), from_h + n step_h as it was rounded by whoever asks.

    As ``answered``, with columns (3, size), small (5, modes) and steps (modes STEPS,), which
    holds the decay over 0, 1, ... STEPS - 1 steps. result: (s_count, times).
    """
    lam_, v_ = carray(values, (s_count, regimes, m)), carray(vectors, (s_count, regimes, m, m))
    w_, seen_ = carray(inverse, (s_count, regimes, m, m)), carray(seen, (s_count, regimes, m))
    initial_, skip_ = carray(initial, (s_count, m)), carray(skip, (s_count,))
    time_, target_ = carray(time_h, (rows, jumps)), carray(target, (rows, jumps))
    amount_, reset_ = carray(amount, (amount_rows, jumps)), carray(reset, (rows, jumps))
    regime_, table_ = carray(regime, (rows, jumps)), carray(table, (7, size))
    which_, columns_ = carray(which, (size,)), carray(columns, (3, size))
    moved_, e = carray(moved, (modes * size,)), carray(powers_, (modes * size,))
    small_, steps_ = carray(small, (5, modes)), carray(steps, (modes * STEPS,))
    result_, grid_ = carray(result, (s_count, times)), carray(grid_h, (times,))
    ends, distinct, doses = columns_[0], columns_[1], columns_[2]
    kick, state, plain, rates, shares = (
        small_[0], small_[1], small_[2], small_[3], small_[4],
    )  # fmt: skip
    until_h = from_h + step_h * times
    intervals, lengths, one = 0, 0, -1
    for s in range(s_count):
        row, given = s if rows > 1 else 0, amount_[s if amount_rows > 1 else 0]
        if s == 0 or rows > 1:
            intervals = cut(time_[row], regime_[row], start_h, from_h, from_h, until_h, table_)
            lengths = delays(table_, intervals, distinct, which_)
        if s == 0 or rows > 1 or amount_rows > 1:
            one = simple(target_[row], given, reset_[row], regimes)
            if one >= 0:
                entering(table_, intervals, given, doses)
        if skip_[s] != 0:
            continue
        for i in range(m):
            state[i] = initial_[s, i]
        if one >= 0:
            for i in range(m):
                kick[i], rates[i] = w_[s, 0, i, one], lam_[s, 0, i]
            powers(rates, distinct, lengths, e, modes)
            stride(intervals, e, which_, kick, state, doses, moved_, size, modes)
        else:
            walk(
                lam_[s], v_[s], w_[s], seen_[s], state[:m], table_, intervals, target_[row], given,
                reset_[row], regime_[row], moved_, size, ends, plain[:m],
            )  # fmt: skip
        ready, longest = -1, 0.0
        for k in range(intervals):
            longest = max(longest, table_[LENGTH, k])
        needed = min(math.ceil(longest / step_h) + 1, STEPS)
        for k in range(intervals):
            p = int(table_[HELD, k])
            if p != ready:
                for i in range(m):
                    for n in range(needed):
                        steps_[i * STEPS + n] = decay(lam_[s, p, i] * (n * step_h))
                ready = p
            begin = table_[START, k]
            # not begin + length: rounding would leave out a time, or take one twice
            due = table_[START, k + 1] if k + 1 < intervals else until_h
            if due <= from_h:
                continue
            first = _step_at(begin, grid_, from_h, step_h)
            end = _step_at(due, grid_, from_h, step_h) if k + 1 < intervals else times
            while first < end:
                stop = min(end, first + needed)
                delay = grid_[first] - begin
                for i in range(m):
                    shares[i] = seen_[s, p, i] * moved_[i * size + k]
                if delay > 0.0:
                    for i in range(m):
                        shares[i] *= decay(lam_[s, p, i] * delay)
                for block in range(0, modes, BLOCK):
                    _written(result_[s, first:stop], steps_, shares, block)
                first = stop
