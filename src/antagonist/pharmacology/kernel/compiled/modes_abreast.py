"""Modes in closed form of eight matrices side by side, one in each lane. Imported when compiling.

The same formulas as in ``modes``, which says where they come from; a lane takes what its own
values ask for, so that no result depends on what stands beside it. Place (i, j) of eight matrices
of m states stands in a flat array at (i m + j) BLOCK.
"""

from __future__ import annotations

from typing import Any

from antagonist.pharmacology.kernel.compiled.lanes import (
    joined,
    lane,
    less,
    load,
    root_of,
    size_of,
    splat,
    store,
    where_less,
)
from antagonist.pharmacology.kernel.compiled.modes import TOO_CLOSE, cubic_roots
from antagonist.pharmacology.kernel.compiled.options import Floats, Ints, carray, compiled, inlined
from antagonist.pharmacology.kernel.limits import BLOCK


@inlined
def _where_apart(gap: Any, scale: Any, good: Any) -> Any:
    """``good`` in lanes whose gap is not too small for its scale, else 0."""
    return where_less(scale * TOO_CLOSE, size_of(gap), good, splat(0.0))


@compiled
def _pair(k: Floats, at: int, m: int, lam: Floats, right: Floats, left: Floats) -> None:
    """Roots and vectors, not yet scaled, of two states that exchange."""
    a, b = load(k, (at * m + at) * BLOCK), load(k, (at * m + at + 1) * BLOCK)
    c, d = load(k, ((at + 1) * m + at) * BLOCK), load(k, ((at + 1) * m + at + 1) * BLOCK)
    mean, gap = (a + d) * 0.5, (a - d) * 0.5
    root = root_of(gap * gap + b * c)
    fast = mean - root
    slow = where_less(mean, splat(0.0), (a * d - b * c) / fast, mean + root)
    store(lam, at * BLOCK, fast)
    store(lam, (at + 1) * BLOCK, slow)
    for n in range(2):
        x = load(lam, (at + n) * BLOCK)
        to_a, to_d = size_of(x - a), size_of(x - d)
        store(right, n * BLOCK, where_less(to_a, to_d, x - d, b))
        store(right, (3 + n) * BLOCK, where_less(to_a, to_d, c, x - a))
        store(left, 3 * n * BLOCK, where_less(to_a, to_d, x - d, c))
        store(left, (3 * n + 1) * BLOCK, where_less(to_a, to_d, b, x - a))


@compiled
def _star(
    k: Floats, at: int, m: int, lam: Floats, right: Floats, left: Floats, three: Floats, good: Any
) -> Any:
    """Roots and vectors, not yet scaled, of three states of which the first exchanges with two."""
    a0, a1 = load(k, (at * m + at) * BLOCK), load(k, ((at + 1) * m + at + 1) * BLOCK)
    a2 = load(k, ((at + 2) * m + at + 2) * BLOCK)
    b1, b2 = load(k, (at * m + at + 1) * BLOCK), load(k, (at * m + at + 2) * BLOCK)
    c1, c2 = load(k, ((at + 1) * m + at) * BLOCK), load(k, ((at + 2) * m + at) * BLOCK)
    p1, p2 = b1 * c1, b2 * c2
    for s in range(BLOCK):
        cubic_roots((lane(a0, s), lane(a1, s), lane(a2, s)), lane(p1, s), lane(p2, s), three, 0)
        for n in range(3):
            lam[(at + n) * BLOCK + s] = three[n]
    scale = size_of(a0) + size_of(a1) + size_of(a2)
    for n in range(3):
        x = load(lam, (at + n) * BLOCK)
        g1, g2 = x - a1, x - a2
        good = _where_apart(g2, scale, _where_apart(g1, scale, good))
        store(right, n * BLOCK, g1 * g2)
        store(right, (3 + n) * BLOCK, c1 * g2)
        store(right, (6 + n) * BLOCK, c2 * g1)
        store(left, 3 * n * BLOCK, g1 * g2)
        store(left, (3 * n + 1) * BLOCK, b1 * g2)
        store(left, (3 * n + 2) * BLOCK, b2 * g1)
    return good


@compiled
def _block(
    k: Floats, at: int, size: int, m: int, lam: Floats, v: Floats, w: Floats, small: Floats,
    good: Any,
) -> Any:  # fmt: skip
    """Roots and vectors of one diagonal block into lam, v and w; returns where all is well.

    small: (21 BLOCK,) to work in.
    """
    if size == 1:
        store(lam, at * BLOCK, load(k, (at * m + at) * BLOCK))
        store(v, (at * m + at) * BLOCK, splat(1.0))
        store(w, (at * m + at) * BLOCK, splat(1.0))
        return good
    right, left, three = small, small[9 * BLOCK :], small[18 * BLOCK :]
    if size == 2:
        _pair(k, at, m, lam, right, left)
    else:
        good = _star(k, at, m, lam, right, left, three, good)
    for n in range(size):
        product = splat(0.0)
        for i in range(size):
            product = product + load(left, (3 * n + i) * BLOCK) * load(right, (3 * i + n) * BLOCK)
        good = where_less(splat(0.0), size_of(product), good, splat(0.0))
        for i in range(size):
            store(v, ((at + i) * m + at + n) * BLOCK, load(right, (3 * i + n) * BLOCK))
            scaled = load(left, (3 * n + i) * BLOCK) / product
            store(w, ((at + n) * m + at + i) * BLOCK, scaled)
    return good


@compiled
def _follow(
    k: Floats, at: int, size: int, m: int, root: Any, rhs: Floats, v: Floats, n: int, good: Any
) -> Any:
    """Solve (K_block - root) x = rhs into column n of v, where rhs is not 0 throughout.

    Returns where all is well: the block is well away from the root, or nothing feeds it.
    """
    none, one = splat(0.0), splat(1.0)
    a, r0 = load(k, (at * m + at) * BLOCK), load(rhs, 0)
    fed, safe, place = where_less(none, size_of(r0), one, none), one, (at * m + n) * BLOCK
    if size == 1:
        gap = a - root
        safe = _where_apart(gap, size_of(a) + size_of(root), one)
        store(v, place, where_less(none, fed, r0 / gap, none))
        return where_less(none, fed, good * safe, good)
    r1, next_row = load(rhs, BLOCK), m * BLOCK
    fed = where_less(none, size_of(r1), one, fed)
    a0, b1 = a - root, load(k, (at * m + at + 1) * BLOCK)
    c1, a1 = load(k, ((at + 1) * m + at) * BLOCK), load(k, ((at + 1) * m + at + 1) * BLOCK) - root
    if size == 2:
        p, q = a0 * a1, b1 * c1
        det = p - q
        safe = _where_apart(det, size_of(p) + size_of(q), one)
        store(v, place, where_less(none, fed, (r0 * a1 - b1 * r1) / det, none))
        store(v, place + next_row, where_less(none, fed, (a0 * r1 - c1 * r0) / det, none))
        return where_less(none, fed, good * safe, good)
    r2, b2 = load(rhs, 2 * BLOCK), load(k, (at * m + at + 2) * BLOCK)
    fed = where_less(none, size_of(r2), one, fed)
    c2, a2 = load(k, ((at + 2) * m + at) * BLOCK), load(k, ((at + 2) * m + at + 2) * BLOCK) - root
    whole, first, second = a0 * a1 * a2, b1 * c1 * a2, b2 * c2 * a1
    det = whole - first - second
    safe = _where_apart(det, size_of(whole) + size_of(first) + size_of(second), one)
    safe = where_less(none, size_of(a1), where_less(none, size_of(a2), safe, none), none)
    x0 = (r0 * a1 * a2 - b1 * r1 * a2 - b2 * r2 * a1) / det
    store(v, place, where_less(none, fed, x0, none))
    store(v, place + next_row, where_less(none, fed, (r1 - c1 * x0) / a1, none))
    store(v, place + 2 * next_row, where_less(none, fed, (r2 - c2 * x0) / a2, none))
    return where_less(none, fed, good * safe, good)


@compiled
def _fed(
    k: Floats, starts: Ints, b: int, m: int, lam: Floats, v: Floats, rhs: Floats, good: Any
) -> Any:
    """What the modes of block b show in the blocks after it; returns where all is well."""
    for n in range(starts[b], starts[b + 1]):
        root = load(lam, n * BLOCK)
        for c in range(b + 1, starts.shape[0] - 1):
            at, size = starts[c], starts[c + 1] - starts[c]
            known = 0
            for i in range(size):
                total = splat(0.0)
                for j in range(starts[b], at):
                    rate = load(k, ((at + i) * m + j) * BLOCK)
                    total = total - rate * load(v, (j * m + n) * BLOCK)
                store(rhs, i * BLOCK, total)
                known = known | less(splat(0.0), size_of(total))
            if known != 0:
                good = _follow(k, at, size, m, root, rhs, v, n, good)
            else:
                for i in range(size):
                    store(v, ((at + i) * m + n) * BLOCK, splat(0.0))
    return good


@compiled
def _inverted(starts: Ints, b: int, m: int, v: Floats, w: Floats, rhs: Floats) -> None:
    """Columns of block b of the inverse: W_CB = -W_CC (sum over B <= D < C of V_CD W_DB)."""
    for j in range(starts[b], starts[b + 1]):
        for c in range(b + 1, starts.shape[0] - 1):
            at, end = starts[c], starts[c + 1]
            for i in range(at, end):
                total = splat(0.0)
                for d in range(starts[b], at):
                    total = total + load(v, (i * m + d) * BLOCK) * load(w, (d * m + j) * BLOCK)
                store(rhs, (i - at) * BLOCK, total)
            for i in range(at, end):
                total = splat(0.0)
                for d in range(at, end):
                    total = total + load(w, (i * m + d) * BLOCK) * load(rhs, (d - at) * BLOCK)
                store(w, (i * m + j) * BLOCK, splat(0.0) - total)


@inlined
def _shared_out(x: Any, into: Floats, at: int, step: int, wide: int, spare: Floats) -> None:
    """Write the first lanes to places ``step`` apart."""
    store(spare, 0, x)
    for s in range(wide):
        into[at + s * step] = spare[s]


def closed_modes(
    rates: Any, order: Any, starts: Any, values: Any, vectors: Any, inverse: Any, failed: Any,
    room: Any, n: int, m: int, blocks: int,
) -> None:  # fmt: skip
    """Modes of n matrices (n, m, m) into values (n, m), vectors, inverse (n, m, m).

    order: states in block order (m,). starts: first place of each block and m (blocks + 1,).
    failed: (n,) 1 where the general way is needed; nothing is written there. values, vectors,
    inverse: 0 to begin with. room: (3 m m + m + 25) BLOCK doubles to work in.
    """
    rates_, order_ = carray(rates, (n * m * m,)), carray(order, (m,))
    starts_, failed_ = carray(starts, (blocks + 1,)), carray(failed, (n,))
    values_, vectors_ = carray(values, (n * m,)), carray(vectors, (n * m * m,))
    inverse_ = carray(inverse, (n * m * m,))
    room_ = carray(room, ((3 * m * m + m + 25) * BLOCK,))
    square = m * m * BLOCK
    k, v, w, rest = room_[:square], room_[square:], room_[2 * square :], room_[3 * square :]
    lam, rhs, spare = rest, rest[m * BLOCK :], rest[(m + 3) * BLOCK :]
    small = rest[(m + 4) * BLOCK :]
    none = splat(0.0)
    for e in range(m * m):
        store(v, e * BLOCK, none)
        store(w, e * BLOCK, none)
    for s in range(0, n, BLOCK):
        wide, last = min(BLOCK, n - s), (n - 1) * m * m
        p0, p1 = s * m * m, min((s + 1) * m * m, last)
        p2, p3 = min((s + 2) * m * m, last), min((s + 3) * m * m, last)
        p4, p5 = min((s + 4) * m * m, last), min((s + 5) * m * m, last)
        p6, p7 = min((s + 6) * m * m, last), min((s + 7) * m * m, last)
        for i in range(m):
            for j in range(m):
                e = order_[i] * m + order_[j]
                x = joined(
                    rates_[p0 + e], rates_[p1 + e], rates_[p2 + e], rates_[p3 + e],
                    rates_[p4 + e], rates_[p5 + e], rates_[p6 + e], rates_[p7 + e],
                )  # fmt: skip
                store(k, (i * m + j) * BLOCK, x)
        good = splat(1.0)
        for b in range(blocks):
            good = _block(k, starts_[b], starts_[b + 1] - starts_[b], m, lam, v, w, small, good)
        for b in range(blocks):
            good = _fed(k, starts_, b, m, lam, v, rhs, good)
        for b in range(blocks):
            _inverted(starts_, b, m, v, w, rhs)
        # what is not finite is not 0 when it is multiplied by 0
        finite = none
        for e in range(m * m):
            finite = finite + load(k, e * BLOCK) * 0.0
            finite = finite + load(v, e * BLOCK) * 0.0 + load(w, e * BLOCK) * 0.0
        good = where_less(splat(-1.0), finite, good, none)
        for i in range(m):
            x = where_less(none, good, load(lam, i * BLOCK), none)
            _shared_out(x, values_, s * m + i, m, wide, spare)
            for j in range(m):
                x = where_less(none, good, load(v, (i * m + j) * BLOCK), none)
                _shared_out(x, vectors_, s * m * m + order_[i] * m + j, m * m, wide, spare)
                x = where_less(none, good, load(w, (i * m + j) * BLOCK), none)
                _shared_out(x, inverse_, s * m * m + i * m + order_[j], m * m, wide, spare)
        for t in range(wide):
            failed_[s + t] = 0 if lane(good, t) > 0.0 else 1
