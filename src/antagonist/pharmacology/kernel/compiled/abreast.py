"""What is seen on a grid of times, draws side by side in memory. Imported when compiling only."""

from __future__ import annotations

from typing import Any

from antagonist.pharmacology.kernel.compiled.carry import knot
from antagonist.pharmacology.kernel.compiled.options import Floats, carray, compiled, decay
from antagonist.pharmacology.kernel.limits import BLOCK, LANES


@compiled
def _entered(
    lam: Floats, seen: Floats, state: Floats, delay_h: float, step_h: float, anew: bool,
    room: Floats, decayed: Floats, lane: int,
) -> None:  # fmt: skip
    """Set one draw's amounts a delay after a knot, and, where anew, its decays and shares."""
    m = lam.shape[0]
    for i in range(m):
        decayed[i] = decay(lam[i] * delay_h)
    for i in range(m):
        room[i, lane] = state[i] * decayed[i]
    if anew:
        for i in range(m):
            decayed[i] = decay(lam[i] * step_h)
        for i in range(m):
            room[m + i, lane] = decayed[i]
            room[2 * m + i, lane] = seen[0, i]
            room[3 * m + i, lane] = seen[1, i]
            room[4 * m + i, lane] = seen[2, i]


@compiled
def _summed(
    amounts: Floats, decays: Floats, one: Floats, two: Floats, three: Floats, total: Floats
) -> None:
    """Add what is seen of one block of modes by every lane, then let them decay by one step.

    one, two, three: the shares of each quantity. total: of each, LANES apart.
    """
    for n in range(LANES):
        x0 = amounts[n]
        x1 = amounts[LANES + n]
        x2 = amounts[2 * LANES + n]
        x3 = amounts[3 * LANES + n]
        x4 = amounts[4 * LANES + n]
        x5 = amounts[5 * LANES + n]
        x6 = amounts[6 * LANES + n]
        x7 = amounts[7 * LANES + n]
        total[n] += (
            one[n] * x0
            + one[LANES + n] * x1
            + one[2 * LANES + n] * x2
            + one[3 * LANES + n] * x3
            + one[4 * LANES + n] * x4
            + one[5 * LANES + n] * x5
            + one[6 * LANES + n] * x6
            + one[7 * LANES + n] * x7
        )
        total[LANES + n] += (
            two[n] * x0
            + two[LANES + n] * x1
            + two[2 * LANES + n] * x2
            + two[3 * LANES + n] * x3
            + two[4 * LANES + n] * x4
            + two[5 * LANES + n] * x5
            + two[6 * LANES + n] * x6
            + two[7 * LANES + n] * x7
        )
        total[2 * LANES + n] += (
            three[n] * x0
            + three[LANES + n] * x1
            + three[2 * LANES + n] * x2
            + three[3 * LANES + n] * x3
            + three[4 * LANES + n] * x4
            + three[5 * LANES + n] * x5
            + three[6 * LANES + n] * x6
            + three[7 * LANES + n] * x7
        )
    for n in range(BLOCK * LANES):
        amounts[n] *= decays[n]


def abreast(
    values: Any, seen: Any, skip: Any, knots_h: Any, regime: Any, states: Any, grid_h: Any,
    result: Any, work: Any, s_count: int, regimes: int, m: int, knots: int, times: int, width: int,
    column: int, step_h: float,
) -> None:  # fmt: skip
    """result[q, n, column + s] = what is seen of quantity q of draw s at grid_h[n], after jumps.

    Rounding can leave a level of -1e-13 at the moment of a dose: below nothing is nothing.

    values: (s_count, regimes, m), m a multiple of BLOCK. seen: (s_count, regimes, 3, m).
    knots_h, regime: (s_count, knots). states: (s_count, knots, m), modal. grid_h: (times,), step_h
    apart. result: (3, times, width), single precision. work: 5 m + 5 rows of LANES, and m.
    """
    lam_, seen_ = carray(values, (s_count, regimes, m)), carray(seen, (s_count, regimes, 3, m))
    skip_, knots_ = carray(skip, (s_count,)), carray(knots_h, (s_count, knots))
    regime_, states_ = carray(regime, (s_count, knots)), carray(states, (s_count, knots, m))
    grid_, result_ = carray(grid_h, (times,)), carray(result, (3, times, width))
    room = carray(work, (5 * m + 5, LANES))
    flat = carray(work, ((5 * m + 5) * LANES + m,))
    size = m * LANES
    due, held, total = flat[5 * size :][:LANES], room[5 * m + 1], flat[5 * size + 2 * LANES :]
    decayed = total[3 * LANES :]
    for s0 in range(0, s_count, LANES):
        lanes = min(LANES, s_count - s0)
        for n in range(5 * size):
            flat[n] = 0.0
        for lane in range(LANES):
            due[lane] = -1e300 if lane < lanes and skip_[s0 + lane] == 0 else 1e300
            held[lane] = -1.0
        for n in range(times):
            for lane in range(lanes):
                if due[lane] <= grid_[n]:
                    s = s0 + lane
                    k = knot(knots_[s], grid_[n], False)
                    p = regime_[s, k]
                    _entered(
                        lam_[s, p], seen_[s, p], states_[s, k], grid_[n] - knots_[s, k], step_h,
                        held[lane] != p, room, decayed, lane,
                    )  # fmt: skip
                    held[lane] = p
                    due[lane] = knots_[s, k + 1] if k + 1 < knots else 1e300
            for lane in range(3 * LANES):
                total[lane] = 0.0
            for i in range(0, size, BLOCK * LANES):
                _summed(
                    flat[i:], flat[size + i :], flat[2 * size + i :], flat[3 * size + i :],
                    flat[4 * size + i :], total,
                )  # fmt: skip
            for q in range(3):
                row, seen_now = result_[q, n, column + s0 :], total[q * LANES :]
                for lane in range(lanes):
                    row[lane] = max(seen_now[lane], 0.0)
