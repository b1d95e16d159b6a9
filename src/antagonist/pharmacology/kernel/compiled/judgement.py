"""Whether modes cancel each other too far to be trusted. Imported when compiling only."""

from __future__ import annotations

import math
from typing import Any

from antagonist.pharmacology.kernel.compiled.options import Floats, carray, compiled, decay
from antagonist.pharmacology.kernel.limits import (
    LONGEST_H,
    MAX_CANCELLATION,
    PEAK_POINTS,
    SHORTEST_H,
)


@compiled
def _speeds(lam: Floats, blur: Floats) -> tuple[float, float]:
    """How far the rounding of each rate adds up; returns the fastest rate and the spread of all.

    The spread is the logarithm of how far two moments at which peaks are looked for lie apart.
    """
    m = lam.shape[0]
    fastest = 0.0
    for i in range(m):
        fastest = max(fastest, abs(lam[i]))
    if fastest == 0.0:
        fastest = 1.0
    slowest = fastest
    for i in range(m):
        speed = abs(lam[i])
        if speed > 1e-9 * fastest:
            slowest = min(slowest, speed)
        blur[i] = 1.0 + (fastest * min(LONGEST_H, 1.0 / speed) if speed > 0.0 else 0.0)
    return fastest, math.log(10.0 / slowest * fastest) / (PEAK_POINTS - 1)


@compiled
def _decayed(lam: Floats, fastest: float, log_ratio: float, p: int, e: Floats) -> None:
    """What is left of each mode at the p-th moment at which peaks are looked for."""
    time_h = min(0.3 * math.exp(log_ratio * p) / fastest, SHORTEST_H)
    for i in range(lam.shape[0]):
        e[i] = decay(lam[i] * time_h)


def cancelling(
    values: Any, left: Any, right: Any, marks: Any, work: Any, n: int, m: int, rows: int,
    columns: int,
) -> None:  # fmt: skip
    """Mark the systems of which some response left[r] . exp(values t) . right[c] cancels too far.

    values: (n, m). left: (n, rows, m). right: (n, columns, m). marks: (n,), set to 1 where the
    sizes of the modes exceed MAX_CANCELLATION times the peak of their sum.
    work: at least (PEAK_POINTS + 2) m doubles.
    """
    values_, marks_ = carray(values, (n, m)), carray(marks, (n,))
    left_, right_ = carray(left, (n, rows, m)), carray(right, (n, columns, m))
    room = carray(work, ((PEAK_POINTS + 2) * m,))
    blur, share, e = room[:m], room[m : 2 * m], room[2 * m :]
    for s in range(n):
        lam = values_[s]
        fastest, log_ratio = _speeds(lam, blur)
        bad, ready = 0, 0
        for r in range(rows):
            for c in range(columns):
                sizes = 0.0
                for i in range(m):
                    share[i] = left_[s, r, i] * right_[s, c, i]
                    sizes += abs(share[i]) * blur[i]
                if sizes == 0.0:
                    continue
                passed = False
                # nearly always the first moment settles it: the others are made when needed
                for n_th in range(PEAK_POINTS):
                    at = n_th * m
                    if n_th == ready:
                        p = (n_th + PEAK_POINTS // 2) % PEAK_POINTS
                        _decayed(lam, fastest, log_ratio, p, e[at : at + m])
                        ready += 1
                    total = 0.0
                    for i in range(m):
                        total += share[i] * e[at + i]
                    if abs(total) * MAX_CANCELLATION > sizes:
                        passed = True
                        break
                if not passed:
                    bad = 1
        marks_[s] = bad
