"""Modes of block-triangular rate matrices in closed form. Imported when compiling only.

States are taken in an order in which nothing flows back between blocks. A block is one state, two
states that exchange, or three of which one (the first) exchanges with the other two: the roots of
such a block are real and have closed forms.
"""

from __future__ import annotations

import math
from typing import Any

from antagonist.pharmacology.kernel.compiled.options import Floats, Ints, carray, compiled

# Rates closer than this, relative to their sum, are left to the general way.
_TOO_CLOSE = 1e-9


@compiled
def _cubic_roots(a: tuple[float, float, float], p1: float, p2: float, lam: Floats, at: int) -> None:
    """Roots of a star block [[a0, b1, b2], [c1, a1, 0], [c2, 0, a2]], p1 = b1 c1, p2 = b2 c2.

    Source: Smith 1961, eigenvalues of a symmetric 3x3 matrix (the star is similar to one).
    """
    a0, a1, a2 = a
    mean = (a0 + a1 + a2) / 3.0
    d0, d1, d2 = a0 - mean, a1 - mean, a2 - mean
    spread = math.sqrt((d0 * d0 + d1 * d1 + d2 * d2 + 2.0 * (p1 + p2)) / 6.0)
    if spread == 0.0:
        for i in range(3):
            lam[at + i] = mean
        return
    half = (d0 * d1 * d2 - p1 * d2 - p2 * d1) / (2.0 * spread * spread * spread)
    angle = math.acos(min(max(half, -1.0), 1.0)) / 3.0
    lam[at] = mean + 2.0 * spread * math.cos(angle + 2.0943951023931953)
    lam[at + 2] = mean + 2.0 * spread * math.cos(angle)
    lam[at + 1] = 3.0 * mean - lam[at] - lam[at + 2]
    # One step of Newton's method on the block's own polynomial mends the last digits.
    for i in range(3):
        x = lam[at + i]
        e0, e1, e2 = a0 - x, a1 - x, a2 - x
        value = e0 * e1 * e2 - p1 * e2 - p2 * e1
        slope = p1 + p2 - e0 * e1 - e0 * e2 - e1 * e2
        if slope != 0.0:
            step = value / slope
            if abs(step) < 1e-7 * spread:
                lam[at + i] = x - step


@compiled
def _block(k: Floats, at: int, size: int, lam: Floats, right: Floats, left: Floats) -> bool:
    """Roots and vectors of one diagonal block; right[:, n] and left[n, :] belong to lam[at + n].

    Returns whether the vectors can be trusted.
    """
    if size == 1:
        lam[at] = k[at, at]
        right[0, 0] = 1.0
        left[0, 0] = 1.0
        return True
    if size == 2:
        a, b, c, d = k[at, at], k[at, at + 1], k[at + 1, at], k[at + 1, at + 1]
        mean, gap = 0.5 * (a + d), 0.5 * (a - d)
        root = math.sqrt(gap * gap + b * c)
        fast = mean - root
        lam[at] = fast
        lam[at + 1] = (a * d - b * c) / fast if mean < 0.0 else mean + root
        for n in range(2):
            x = lam[at + n]
            if abs(x - d) > abs(x - a):
                right[0, n], right[1, n], left[n, 0], left[n, 1] = x - d, c, x - d, b
            else:
                right[0, n], right[1, n], left[n, 0], left[n, 1] = b, x - a, c, x - a
    else:
        a0, a1, a2 = k[at, at], k[at + 1, at + 1], k[at + 2, at + 2]
        b1, b2, c1, c2 = k[at, at + 1], k[at, at + 2], k[at + 1, at], k[at + 2, at]
        _cubic_roots((a0, a1, a2), b1 * c1, b2 * c2, lam, at)
        least = _TOO_CLOSE * (abs(a0) + abs(a1) + abs(a2))
        for n in range(3):
            g1, g2 = lam[at + n] - a1, lam[at + n] - a2
            if not (abs(g1) > least and abs(g2) > least):
                return False
            right[0, n], right[1, n], right[2, n] = g1 * g2, c1 * g2, c2 * g1
            left[n, 0], left[n, 1], left[n, 2] = g1 * g2, b1 * g2, b2 * g1
    for n in range(size):
        product = 0.0
        for i in range(size):
            product += left[n, i] * right[i, n]
        if not abs(product) > 0.0:
            return False
        for i in range(size):
            left[n, i] /= product
    return True


@compiled
def _follow(k: Floats, at: int, size: int, root: float, rhs: Floats) -> bool:
    """Solve (K_block - root) x = rhs in place; returns whether the block is well away from root."""
    if size == 1:
        gap = k[at, at] - root
        if not abs(gap) > _TOO_CLOSE * (abs(k[at, at]) + abs(root)):
            return False
        rhs[0] /= gap
        return True
    if size == 2:
        a, b = k[at, at] - root, k[at, at + 1]
        c, d = k[at + 1, at], k[at + 1, at + 1] - root
        det = a * d - b * c
        if not abs(det) > _TOO_CLOSE * (abs(a * d) + abs(b * c)):
            return False
        rhs[0], rhs[1] = (rhs[0] * d - b * rhs[1]) / det, (a * rhs[1] - c * rhs[0]) / det
        return True
    a0, a1, a2 = k[at, at] - root, k[at + 1, at + 1] - root, k[at + 2, at + 2] - root
    b1, b2, c1, c2 = k[at, at + 1], k[at, at + 2], k[at + 1, at], k[at + 2, at]
    det = a0 * a1 * a2 - b1 * c1 * a2 - b2 * c2 * a1
    scale = abs(a0 * a1 * a2) + abs(b1 * c1 * a2) + abs(b2 * c2 * a1)
    if not abs(det) > _TOO_CLOSE * scale or a1 == 0.0 or a2 == 0.0:
        return False
    r0, r1, r2 = rhs[0], rhs[1], rhs[2]
    x0 = (r0 * a1 * a2 - b1 * r1 * a2 - b2 * r2 * a1) / det
    rhs[0], rhs[1], rhs[2] = x0, (r1 - c1 * x0) / a1, (r2 - c2 * x0) / a2
    return True


@compiled
def modes_in_order(
    k: Floats, starts: Ints, lam: Floats, v: Floats, w: Floats, right: Floats, left: Floats,
    rhs: Floats,
) -> bool:  # fmt: skip
    """Modes of one matrix whose states stand in block order; v columns, w rows.

    Returns whether all could be found this way.
    """
    m, blocks = k.shape[0], starts.shape[0] - 1
    for i in range(m):
        for j in range(m):
            v[i, j] = 0.0
            w[i, j] = 0.0
    for b in range(blocks):
        at, size = starts[b], starts[b + 1] - starts[b]
        if not _block(k, at, size, lam, right, left):
            return False
        for i in range(size):
            for j in range(size):
                v[at + i, at + j] = right[i, j]
                w[at + i, at + j] = left[i, j]
    for b in range(blocks):
        for n in range(starts[b], starts[b + 1]):
            for c in range(b + 1, blocks):
                at, size = starts[c], starts[c + 1] - starts[c]
                fed = False
                for i in range(size):
                    total = 0.0
                    for j in range(starts[b], at):
                        total -= k[at + i, j] * v[j, n]
                    rhs[i] = total
                    fed = fed or total != 0.0
                if fed:
                    if not _follow(k, at, size, lam[n], rhs):
                        return False
                    for i in range(size):
                        v[at + i, n] = rhs[i]
    # The inverse of a block-triangular matrix: W_CB = -W_CC (sum over B <= D < C of V_CD W_DB).
    for b in range(blocks):
        for j in range(starts[b], starts[b + 1]):
            for c in range(b + 1, blocks):
                at, end = starts[c], starts[c + 1]
                for i in range(at, end):
                    total = 0.0
                    for d in range(starts[b], at):
                        total += v[i, d] * w[d, j]
                    rhs[i - at] = total
                for i in range(at, end):
                    total = 0.0
                    for d in range(at, end):
                        total += w[i, d] * rhs[d - at]
                    w[i, j] = -total
    return True


def closed_modes(
    rates: Any, order: Any, starts: Any, values: Any, vectors: Any, inverse: Any, failed: Any,
    squares: Any, small: Any, line: Any, n: int, m: int, blocks: int,
) -> None:  # fmt: skip
    """Modes of n matrices (n, m, m) into values (n, m), vectors, inverse (n, m, m).

    order: states in block order (m,). starts: first place of each block and m (blocks + 1,).
    failed: (n,) 1 where the general way is needed. Room to work in: squares (3, m, m),
    small (2, 3, 3), line (2, m + 3).
    """
    rates_, order_ = carray(rates, (n, m, m)), carray(order, (m,))
    starts_, failed_ = carray(starts, (blocks + 1,)), carray(failed, (n,))
    values_, vectors_ = carray(values, (n, m)), carray(vectors, (n, m, m))
    inverse_ = carray(inverse, (n, m, m))
    squares_, small_ = carray(squares, (3, m, m)), carray(small, (2, 3, 3))
    line_ = carray(line, (2, m + 3))
    k, v, w = squares_[0], squares_[1], squares_[2]
    for s in range(n):
        for i in range(m):
            for j in range(m):
                k[i, j] = rates_[s, order_[i], order_[j]]
        good = modes_in_order(k, starts_, line_[0], v, w, small_[0], small_[1], line_[1])
        if good:
            for i in range(m):
                values_[s, i] = line_[0, i]
                for j in range(m):
                    vectors_[s, order_[i], j] = v[i, j]
                    inverse_[s, i, order_[j]] = w[i, j]
                    good = good and math.isfinite(v[i, j]) and math.isfinite(w[i, j])
        failed_[s] = 0 if good else 1


def flowing(rates: Any, most: Any, least: Any, n: int, m: int) -> None:
    """The largest and the least of each rate over n matrices (n, m, m).

    most, least: (m m,), 0 to begin with. A rate that is nan counts as none.
    """
    rates_ = carray(rates, (n, m * m))
    most_, least_ = carray(most, (m * m,)), carray(least, (m * m,))
    for s in range(n):
        for i in range(m * m):
            rate = rates_[s, i]
            most_[i] = rate if rate > most_[i] else most_[i]
            least_[i] = rate if rate < least_[i] else least_[i]
