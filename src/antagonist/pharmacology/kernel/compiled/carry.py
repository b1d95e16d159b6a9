"""States carried from jump to jump, and outputs seen at times. Imported when compiling only."""

from __future__ import annotations

import math
from typing import Any

from antagonist.pharmacology.kernel.compiled.options import Floats, carray, compiled, decay


@compiled
def _growth(lam: float, dt: float) -> float:
    """Integral of exp(lam s) over s in (0, dt)."""
    product = lam * dt
    if abs(product) < 1e-8:
        return dt * (1.0 + 0.5 * product)
    return math.expm1(product) / lam


def carried(
    values: Any, vectors: Any, inverse: Any, seen: Any, skip: Any, time_h: Any, target: Any,
    amount: Any, reset: Any, regime: Any, states: Any, totals: Any, work: Any, s_count: int,
    regimes: int, m: int, outputs: int, jumps: int, rows: int, amount_rows: int, start_h: float,
) -> None:  # fmt: skip
    """Modal states after the start and after every jump, and integrals of the outputs.

    values: (s_count, regimes, m). vectors, inverse: (..., m, m). seen: outputs @ vectors.
    skip: (s_count,) subjects left alone. time_h, target, reset, regime: (rows, jumps)
    and amount: (amount_rows, jumps), rows 1 (shared) or s_count. states: (s_count, jumps + 1, m),
    the first one given.
    totals: (s_count, jumps + 1, outputs), with outputs 0 where none are wanted. work: 2 m.
    """
    lam_, v_ = (
        carray(values, (s_count, regimes, m)),
        carray(vectors, (s_count, regimes, m, m)),
    )
    w_, seen_ = (
        carray(inverse, (s_count, regimes, m, m)),
        carray(seen, (s_count, regimes, outputs, m)),
    )
    skip_, time_ = carray(skip, (s_count,)), carray(time_h, (rows, jumps))
    target_, amount_ = carray(target, (rows, jumps)), carray(amount, (amount_rows, jumps))
    reset_, regime_ = carray(reset, (rows, jumps)), carray(regime, (rows, jumps))
    states_ = carray(states, (s_count, jumps + 1, m))
    totals_ = carray(totals, (s_count, jumps + 1, outputs))
    room = carray(work, (2 * m,))
    e, plain = room[:m], room[m:]
    for s in range(s_count):
        if skip_[s] != 0:
            continue
        row, given = s if rows > 1 else 0, amount_[s if amount_rows > 1 else 0]
        held, now_h, last_dt = 0, start_h, -1.0
        for j in range(jumps):
            live = math.isfinite(time_[row, j])
            dt = time_[row, j] - now_h if live else 0.0
            lam = lam_[s, held]
            if dt != last_dt:
                for i in range(m):
                    e[i] = decay(lam[i] * dt)
                last_dt = dt
            for o in range(outputs):
                total = 0.0
                for i in range(m):
                    total += seen_[s, held, o, i] * _growth(lam[i], dt) * states_[s, j, i]
                totals_[s, j + 1, o] = totals_[s, j, o] + total
            for i in range(m):
                states_[s, j + 1, i] = e[i] * states_[s, j, i]
            new = regime_[row, j]
            if new != held:
                for i in range(m):
                    plain[i] = 0.0
                    for k in range(m):
                        plain[i] += v_[s, held, i, k] * states_[s, j + 1, k]
                for i in range(m):
                    total = 0.0
                    for k in range(m):
                        total += w_[s, new, i, k] * plain[k]
                    states_[s, j + 1, i] = total
                held, last_dt = new, -1.0
            if reset_[row, j] != 0:
                for i in range(m):
                    states_[s, j + 1, i] = 0.0
            if given[j] != 0.0:
                for i in range(m):
                    states_[s, j + 1, i] += w_[s, new, i, target_[row, j]] * given[j]
            if live:
                now_h = time_[row, j]


@compiled
def knot(times: Floats, at_h: float, before: bool) -> int:
    """Index of the last knot at (or, with ``before``, strictly before) a time; at least 0."""
    low, high = 0, times.shape[0]
    while low < high:
        middle = (low + high) // 2
        if times[middle] < at_h or (times[middle] == at_h and not before):
            low = middle + 1
        else:
            high = middle
    return max(low - 1, 0)


def viewed(
    values: Any, seen: Any, skip: Any, knots_h: Any, regime: Any, states: Any, totals: Any,
    times_h: Any, table_h: Any, place: Any, result: Any, work: Any, s_count: int, regimes: int,
    m: int, outputs: int, knots: int, times: int, time_rows: int, table: int, cumulative: int,
    before: int,
) -> None:  # fmt: skip
    """Outputs (or their integrals) at times.

    knots_h, regime: (s_count, knots). states: (s_count, knots, m). times_h: (time_rows, times).
    table_h: (table,) delays whose exponentials are made once for a subject with one regime;
    place: (times,) where a shared time's delay stands in it, or -1. result: (s_count, outputs,
    times). work: (table + 1) m + 2 times.
    """
    lam_, seen_ = (
        carray(values, (s_count, regimes, m)),
        carray(seen, (s_count, regimes, outputs, m)),
    )
    skip_, knots_ = carray(skip, (s_count,)), carray(knots_h, (s_count, knots))
    regime_, states_ = carray(regime, (s_count, knots)), carray(states, (s_count, knots, m))
    totals_ = carray(totals, (s_count, knots, outputs))
    times_, result_ = carray(times_h, (time_rows, times)), carray(result, (s_count, outputs, times))
    table_, place_ = carray(table_h, (table,)), carray(place, (times,))
    room = carray(work, ((table + 1) * m + 2 * times,))
    e = room[: table * m]
    delay, factor = room[(table + 1) * m :][:times], room[(table + 1) * m + times :][:times]
    for s in range(s_count):
        if skip_[s] != 0:
            continue
        at = times_[s if time_rows > 1 else 0]
        for i in range(m):
            for u in range(table):
                e[i * table + u] = decay(lam_[s, 0, i] * table_[u])
        first = 0
        while first < times:
            k = knot(knots_[s], at[first], before != 0)
            end = first + 1
            while (
                end < times
                and at[end] >= at[first]
                and (
                    k + 1 >= knots
                    or at[end] < knots_[s, k + 1]
                    or (at[end] == knots_[s, k + 1] and before != 0)
                )
            ):
                end += 1
            p = regime_[s, k]
            from_table = table > 0 and place_[first] >= 0 and cumulative == 0
            for t in range(first, end):
                delay[t] = at[t] - knots_[s, k]
            for o in range(outputs):
                for t in range(first, end):
                    result_[s, o, t] = totals_[s, k, o] if cumulative != 0 else 0.0
            for i in range(m):
                lam, start = lam_[s, p, i], place_[first] + i * table
                if cumulative != 0:
                    for t in range(first, end):
                        factor[t] = _growth(lam, delay[t])
                elif from_table:
                    for t in range(first, end):
                        factor[t] = e[start + t - first]
                else:
                    for t in range(first, end):
                        factor[t] = decay(lam * delay[t])
                for o in range(outputs):
                    share = seen_[s, p, o, i] * states_[s, k, i]
                    if share != 0.0:
                        for t in range(first, end):
                            result_[s, o, t] += share * factor[t]
            first = end
