"""One curve at many moments, and many curves at one each. Imported when compiling only."""

from __future__ import annotations

from typing import Any

from antagonist.pharmacology.kernel.compiled.lanes import (
    decays,
    least,
    load,
    most,
    size_of,
    splat,
    store,
)
from antagonist.pharmacology.kernel.compiled.options import Floats, compiled, decay, inlined
from antagonist.pharmacology.kernel.compiled.tile import (
    MODE,
    PART,
    RATE,
    ROOT_A,
    ROOT_B,
    ROOT_C,
    ROOT_D,
    ROOT_F,
    ROOT_MOVE,
    ROOT_T,
    ROOT_UP,
)
from antagonist.pharmacology.kernel.limits import BLOCK, WIDE


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


@inlined
def _rows(shares: Floats, at: int, modes: int) -> Any:
    """Eight lanes of states from eight modes' rows."""
    return (
        load(shares, at),
        load(shares, at + modes),
        load(shares, at + 2 * modes),
        load(shares, at + 3 * modes),
        load(shares, at + 4 * modes),
        load(shares, at + 5 * modes),
        load(shares, at + 6 * modes),
        load(shares, at + 7 * modes),
    )


@compiled
def _add(
    decayed: Floats, shares: Floats, at: int, block: int, column: int, modes: int, points: int,
    first: bool, into: Floats,
) -> None:  # fmt: skip
    """Add a block of modes to what a unit in each of eight states shows at every moment."""
    a0, a1, a2, a3, a4, a5, a6, a7 = _rows(shares, (at + block) * modes + column, modes)
    for p in range(points):
        e, place = p * modes + block, p * modes + column
        even = a0 * decayed[e] + a2 * decayed[e + 2]
        odd = a1 * decayed[e + 1] + a3 * decayed[e + 3]
        even = even + a4 * decayed[e + 4] + a6 * decayed[e + 6]
        odd = odd + a5 * decayed[e + 5] + a7 * decayed[e + 7]
        total = even + odd
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
def seen_at(
    buf: Floats, lam: Floats, seen: Floats, moved: Floats, size: int, modes: int, k: int,
    delay_h: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Value a delay after the begin of interval k, its slope and its bend."""
    value, slope, bend = 0.0, 0.0, 0.0
    for b in range(0, modes, BLOCK):
        for i in range(BLOCK):
            buf[RATE * WIDE + i] = lam[b + i]
        for i in range(BLOCK):
            buf[PART * WIDE + i] = seen[b + i] * moved[(b + i) * size + k]
        for i in range(BLOCK):
            buf[PART * WIDE + i] *= decay(buf[RATE * WIDE + i] * delay_h)
        for i in range(BLOCK):
            x, rate = buf[PART * WIDE + i], buf[RATE * WIDE + i]
            value += x
            slope += rate * x
            bend += rate * rate * x
    return value, slope, bend


@inlined
def _decayed(buf: Floats, block: int, lam: Floats) -> None:
    """Add one block of modes to the value, slope and bend at every root's delay."""
    r = (MODE + block) * WIDE
    l0 = lam[block]
    l1 = lam[block + 1]
    l2 = lam[block + 2]
    l3 = lam[block + 3]
    l4 = lam[block + 4]
    l5 = lam[block + 5]
    l6 = lam[block + 6]
    l7 = lam[block + 7]
    for k in range(WIDE):
        t = buf[ROOT_T * WIDE + k]
        x0 = buf[r + k] * decay(l0 * t)
        x1 = buf[r + WIDE + k] * decay(l1 * t)
        x2 = buf[r + 2 * WIDE + k] * decay(l2 * t)
        x3 = buf[r + 3 * WIDE + k] * decay(l3 * t)
        x4 = buf[r + 4 * WIDE + k] * decay(l4 * t)
        x5 = buf[r + 5 * WIDE + k] * decay(l5 * t)
        x6 = buf[r + 6 * WIDE + k] * decay(l6 * t)
        x7 = buf[r + 7 * WIDE + k] * decay(l7 * t)
        y0 = l0 * x0
        y1 = l1 * x1
        y2 = l2 * x2
        y3 = l3 * x3
        y4 = l4 * x4
        y5 = l5 * x5
        y6 = l6 * x6
        y7 = l7 * x7
        buf[ROOT_F * WIDE + k] += x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7
        buf[ROOT_D * WIDE + k] += y0 + y1 + y2 + y3 + y4 + y5 + y6 + y7
        bend = l0 * y0 + l1 * y1 + l2 * y2 + l3 * y3 + l4 * y4 + l5 * y5 + l6 * y6 + l7 * y7
        buf[ROOT_C * WIDE + k] += bend


@compiled
def halley(
    buf: Floats, lam: Floats, modes: int, most_steps: int, settled_h: float, level: float
) -> None:
    """Halley's method for WIDE roots at once, each kept in its bracket.

    Source: Halley 1694; the step is f / (f' - f f'' / (2 f')), its error the cube of the last.
    """
    for _ in range(most_steps):
        for k in range(WIDE):
            buf[ROOT_F * WIDE + k] = -level
            buf[ROOT_D * WIDE + k] = 0.0
            buf[ROOT_C * WIDE + k] = 0.0
        for block in range(0, modes, BLOCK):
            _decayed(buf, block, lam)
        for k in range(WIDE):
            f, d, c = buf[ROOT_F * WIDE + k], buf[ROOT_D * WIDE + k], buf[ROOT_C * WIDE + k]
            t, up = buf[ROOT_T * WIDE + k], buf[ROOT_UP * WIDE + k]
            low, high = buf[ROOT_A * WIDE + k], buf[ROOT_B * WIDE + k]
            new = t - 2.0 * f * d / (2.0 * d * d - f * c)
            a = low if f * up > 0.0 else t
            b = t if f * up > 0.0 else high
            middle = 0.5 * (a + b)
            new = new if new >= a else middle
            new = new if new <= b else middle
            buf[ROOT_A * WIDE + k] = a
            buf[ROOT_B * WIDE + k] = b
            buf[ROOT_T * WIDE + k] = new
            buf[ROOT_MOVE * WIDE + k] = abs(new - t)
        moved = 0.0
        for k in range(WIDE):
            moved = max(moved, buf[ROOT_MOVE * WIDE + k])
        if moved < settled_h:
            break
