"""One curve at many moments, and many curves at one each. Imported when compiling only."""

from __future__ import annotations

from typing import Any

from antagonist.pharmacology.kernel.compiled.lanes import (
    decays,
    least,
    less,
    load,
    most,
    size_of,
    splat,
    store,
    strided,
    summed,
    where_less,
)
from antagonist.pharmacology.kernel.compiled.options import Floats, compiled, inlined
from antagonist.pharmacology.kernel.compiled.tile import rows, weighed
from antagonist.pharmacology.kernel.limits import BLOCK


@compiled
def _shares(
    lam: Floats, seen: Floats, inverse: Floats, modes: int, shares: Floats
) -> None:  # fmt: skip
    """What a unit in state j shows of mode i, and its first and third derivatives' factors."""
    for i in range(modes):
        rate = splat(lam[i])
        for j in range(0, modes, BLOCK):
            first = load(inverse, i * modes + j) * seen[i]
            second = first * rate
            store(shares, i * modes + j, first)
            store(shares, (modes + i) * modes + j, second)
            store(shares, (2 * modes + i) * modes + j, second * rate * rate)


@compiled
def _add(
    decayed: Floats, shares: Floats, at: int, block: int, column: int, modes: int, points: int,
    first: bool, into: Floats,
) -> None:  # fmt: skip
    """Add a block of modes to what a unit in each of eight states shows at every moment."""
    x = rows(shares, (at + block) * modes + column, modes)
    for p in range(points):
        place, total = p * modes + column, weighed(x, decayed, p * modes + block)
        store(into, place, total if first else total + load(into, place))


@compiled
def respond(
    lam: Floats, seen: Floats, inverse: Floats, modes: int, fine: Floats, pieces: int, count: int,
    table: Floats, response: Floats, least_: Floats, most_: Floats, room: Floats,
) -> None:  # fmt: skip
    """A unit's response from every state, and the range of its slope, at and between moments.

    lam, seen: (modes,). inverse: (modes modes,), a mode's row after another. fine: the points =
    (count - 1) pieces + 1 moments: ``pieces`` from each delay on, last the last delay. table: (3,
    points modes): responses, and the least and most slope from there to the next. response, least_,
    most_: (count modes,), the same for delays alone. room: (3 points modes + 3 modes
    modes,).
    Between two moments h apart the slope leaves its chord by less than h^2 / 8 times its bend;
    the larger bend at both ends counts twice.
    """
    points = (count - 1) * pieces + 1
    decayed, slope = room[: points * modes], room[points * modes :]
    bend, shares = room[2 * points * modes :], room[3 * points * modes :]
    value, low, high = table[0], table[1], table[2]
    _shares(lam, seen, inverse, modes, shares)
    for b in range(0, modes, BLOCK):
        rates = load(lam, b)
        for p in range(points):
            store(decayed, p * modes + b, decays(rates * fine[p]))
    for b in range(0, modes, BLOCK):
        for j in range(0, modes, BLOCK):
            _add(decayed, shares, 0, b, j, modes, points, b == 0, value)
            _add(decayed, shares, modes, b, j, modes, points, b == 0, slope)
            _add(decayed, shares, 2 * modes, b, j, modes, points, b == 0, bend)
    for j in range(0, modes, BLOCK):
        x, cx = load(slope, j), size_of(load(bend, j))
        for d in range(count):
            store(response, d * modes + j, load(value, d * pieces * modes + j))
        for d in range(count - 1):
            lowest, highest = x, x
            for p in range(d * pieces, (d + 1) * pieces):
                y, cy = load(slope, (p + 1) * modes + j), size_of(load(bend, (p + 1) * modes + j))
                h = fine[p + 1] - fine[p]
                slack = most(cx, cy) * (0.25 * h * h)
                below, above = least(x, y) - slack, most(x, y) + slack
                store(low, p * modes + j, below)
                store(high, p * modes + j, above)
                lowest, highest = least(lowest, below), most(highest, above)
                x, cx = y, cy
            store(least_, d * modes + j, lowest)
            store(most_, d * modes + j, highest)


@compiled
def shares_of(
    seen: Floats, moved: Floats, size: int, modes: int, k: int, shares: Floats
) -> None:  # fmt: skip
    """What every mode shows at the begin of interval k; shares: (modes,)."""
    for b in range(0, modes, BLOCK):
        store(shares, b, load(seen, b) * strided(moved, b * size + k, size))


@compiled
def seen_at(lam: Floats, shares: Floats, modes: int, delay_h: float) -> tuple[float, float, float]:
    """Value a delay after the begin of an interval, its slope and its bend."""
    value, slope, bend = 0.0, 0.0, 0.0
    for b in range(0, modes, BLOCK):
        rate = load(lam, b)
        x = load(shares, b) * decays(rate * delay_h)
        y = rate * x
        value += summed(x)
        slope += summed(y)
        bend += summed(rate * y)
    return value, slope, bend


@inlined
def _first_guess(a: Any, b: Any, va: Any, vb: Any, level: float) -> Any:
    """On a line between the ends, where it falls on the line of its logarithm."""
    share = va / (va - vb)
    if level > 0.0:
        fa, fb = va + level, vb + level
        # about the logarithms (Pade's approximant)
        x, z = fa / level, fa / fb
        log_x = (x * x - 1.0) / (x * x + x * 4.0 + 1.0)
        log_z = (z * z - 1.0) / (z * z + z * 4.0 + 1.0)
        falls = where_less(splat(0.0), fb, where_less(vb, va, splat(1.0), splat(0.0)), splat(0.0))
        share = where_less(splat(0.5), falls, log_x / log_z, share)
    guess = a + (b - a) * share
    middle = (a + b) * 0.5
    # not a number is not less
    guess = where_less(a, guess, guess, middle)
    return where_less(guess, b, guess, middle)


@compiled
def householder(
    lam: Floats, shares: Floats, modes: int, lines: Floats, level: float, most_steps: int,
    settled_h: float,
) -> None:  # fmt: skip
    """Eight roots at once, each kept in its bracket.

    shares: (modes BLOCK,), what modes show at the begins. lines: (6 BLOCK,): begins of the
    brackets, ends, what is seen there over the level, direction; the roots are put last.
    Source: Householder 1970, the method of the third order: its error is the fourth power of
    the last, so a move of less than settled_h leaves next to nothing.
    """
    low, high = load(lines, 0), load(lines, BLOCK)
    up, tiny = load(lines, 4 * BLOCK), splat(settled_h)
    t = _first_guess(low, high, load(lines, 2 * BLOCK), load(lines, 3 * BLOCK), level)
    for _ in range(most_steps):
        f, d, c, g = splat(-level), splat(0.0), splat(0.0), splat(0.0)
        for i in range(modes):
            rate = splat(lam[i])
            x = load(shares, i * BLOCK) * decays(rate * t)
            f = f + x
            x = x * rate
            d = d + x
            x = x * rate
            c = c + x
            g = g + x * rate
        fc, dd = f * c, d * d
        new = t - f * (dd * 6.0 - fc * 3.0) / (d * (dd - fc) * 6.0 + f * f * g)
        over = f * up
        low = where_less(splat(0.0), over, low, t)
        high = where_less(splat(0.0), over, t, high)
        # a root that rounding puts just outside its bracket lies on its end
        inside = most(least(new, high), low)
        off, width = size_of(new - inside), high - low
        move = where_less(off, tiny, size_of(inside - t), width * 1e3)
        t = where_less(off, tiny, inside, low + width * 0.5)
        moving = less(tiny, move)
        if moving == 0:
            break
    store(lines, 5 * BLOCK, t)
