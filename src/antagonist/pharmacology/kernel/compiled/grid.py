"""What is seen on an even grid of times, for many subjects. Imported when compiling only."""

from __future__ import annotations

import math
from typing import Any

from antagonist.pharmacology.kernel.compiled.curves import shares_of
from antagonist.pharmacology.kernel.compiled.lanes import decays, joined, load, splat, store
from antagonist.pharmacology.kernel.compiled.options import Floats, carray, compiled
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
from antagonist.pharmacology.kernel.compiled.tile import rows
from antagonist.pharmacology.kernel.limits import BLOCK, STEPS


@compiled
def _written(out: Floats, decayed: Floats, shares: Floats, block: int) -> None:
    """Add one block of modes, each its share times its decay at every step, to what is seen."""
    count, row = out.shape[0], block * STEPS
    whole = count - count % BLOCK
    # taken out of the loop: the compiler cannot know that writing leaves the shares alone
    c0, c1 = splat(shares[block]), splat(shares[block + 1])
    c2, c3 = splat(shares[block + 2]), splat(shares[block + 3])
    c4, c5 = splat(shares[block + 4]), splat(shares[block + 5])
    c6, c7 = splat(shares[block + 6]), splat(shares[block + 7])
    for n in range(0, whole, BLOCK):
        x = rows(decayed, row + n, STEPS)
        even = c0 * x[0] + c2 * x[2] + c4 * x[4] + c6 * x[6]
        odd = c1 * x[1] + c3 * x[3] + c5 * x[5] + c7 * x[7]
        total = even + odd
        store(out, n, total if block == 0 else total + load(out, n))
    for n in range(whole, count):
        even, odd = 0.0, 0.0
        for i in range(0, BLOCK, 2):
            even += shares[block + i] * decayed[row + i * STEPS + n]
            odd += shares[block + i + 1] * decayed[row + (i + 1) * STEPS + n]
        total_here = even + odd
        out[n] = total_here if block == 0 else total_here + out[n]


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


@compiled
def _begun(
    table: Floats, intervals: int, grid_h: Floats, from_h: float, step_h: float, first: Floats
) -> int:  # fmt: skip
    """Put the first step of the grid that is in each interval, and in the next, into ``first``.

    Returns for how many steps from an interval's first decays are needed.
    """
    longest, times = 0.0, grid_h.shape[0]
    for k in range(intervals):
        longest = max(longest, table[LENGTH, k])
        # not begin + length: rounding would leave out a time, or take one twice
        first[k] = _step_at(table[START, k], grid_h, from_h, step_h)
    first[intervals] = times
    return min(math.ceil(longest / step_h) + 1, STEPS)


def gridded(
    values: Any, vectors: Any, inverse: Any, seen: Any, initial: Any, skip: Any, time_h: Any,
    target: Any, amount: Any, reset: Any, regime: Any, table: Any, which: Any, columns: Any,
    moved: Any, powers_: Any, small: Any, steps: Any, grid_h: Any, result: Any, s_count: int,
    regimes: int, m: int, modes: int, jumps: int, rows: int, amount_rows: int, size: int,
    times: int, start_h: float, from_h: float, step_h: float,
) -> None:  # fmt: skip
    """result[s, n] = what is seen of subject s at grid_h[n], after the jumps of that time.

    grid_h: (times,), from_h + n step_h as it was rounded by whoever asks.

    As ``answered``, with columns (4, size), small (6, modes) and steps (modes STEPS,), which
    holds the decay over 0, 1, ... STEPS - 1 steps. result: (s_count, times).
    """
    lam_, v_ = carray(values, (s_count, regimes, m)), carray(vectors, (s_count, regimes, m, m))
    w_, seen_ = carray(inverse, (s_count, regimes, m, m)), carray(seen, (s_count, regimes, m))
    initial_, skip_ = carray(initial, (s_count, m)), carray(skip, (s_count,))
    time_, target_ = carray(time_h, (rows, jumps)), carray(target, (rows, jumps))
    amount_, reset_ = carray(amount, (amount_rows, jumps)), carray(reset, (rows, jumps))
    regime_, table_ = carray(regime, (rows, jumps)), carray(table, (7, size))
    which_, columns_ = carray(which, (size,)), carray(columns, (4, size))
    moved_, e = carray(moved, (modes * size,)), carray(powers_, (modes * size,))
    small_, steps_ = carray(small, (6, modes)), carray(steps, (modes * STEPS,))
    result_, grid_ = carray(result, (s_count, times)), carray(grid_h, (times,))
    ends, distinct, doses, begins = columns_[0], columns_[1], columns_[2], columns_[3]
    kick, state, plain, rates, shares, shown = (
        small_[0], small_[1], small_[2], small_[3], small_[4], small_[5],
    )  # fmt: skip
    until_h = from_h + step_h * times
    intervals, lengths, one, needed = 0, 0, -1, 0
    ramp = joined(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
    for s in range(s_count):
        row, given = s if rows > 1 else 0, amount_[s if amount_rows > 1 else 0]
        if s == 0 or rows > 1:
            intervals = cut(time_[row], regime_[row], start_h, from_h, from_h, until_h, table_)
            lengths = delays(table_, intervals, distinct, which_)
            needed = _begun(table_, intervals, grid_, from_h, step_h, begins)
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
        ready = -1
        for k in range(intervals):
            first, end = int(begins[k]), int(begins[k + 1])
            if first >= end:
                continue
            p = int(table_[HELD, k])
            if p != ready:
                for i in range(m):
                    rates[i], shown[i] = lam_[s, p, i], seen_[s, p, i]
                    rate = splat(rates[i])
                    for n in range(0, needed, BLOCK):
                        delay = (ramp + float(n)) * step_h
                        store(steps_, i * STEPS + n, decays(rate * delay))
                ready = p
            while first < end:
                stop = min(end, first + needed)
                late = grid_[first] - table_[START, k]
                shares_of(shown, moved_, size, modes, k, shares)
                if late > 0.0:
                    for b in range(0, modes, BLOCK):
                        store(shares, b, load(shares, b) * decays(load(rates, b) * late))
                for block in range(0, modes, BLOCK):
                    _written(result_[s, first:stop], steps_, shares, block)
                first = stop
