"""One curve at many moments, and many curves at one each. Imported when compiling only."""

from __future__ import annotations

from antagonist.pharmacology.kernel.compiled.options import Floats, compiled, decay, inlined
from antagonist.pharmacology.kernel.compiled.tile import (
    MODE,
    ONE_D,
    ONE_F,
    ONE_J,
    ONE_T,
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
    put_in,
    take_out,
)
from antagonist.pharmacology.kernel.limits import BLOCK, WIDE


@inlined
def _three(buf: Floats, block: int, seen: Floats, inverse: Floats, j: int, lam: Floats) -> None:
    """Add one block of modes to the value, slope and third derivative of state j's response."""
    r = (MODE + block) * WIDE
    a0, l0 = seen[block + 0] * inverse[(block + 0), j], lam[block + 0]
    a1, l1 = seen[block + 1] * inverse[(block + 1), j], lam[block + 1]
    a2, l2 = seen[block + 2] * inverse[(block + 2), j], lam[block + 2]
    a3, l3 = seen[block + 3] * inverse[(block + 3), j], lam[block + 3]
    a4, l4 = seen[block + 4] * inverse[(block + 4), j], lam[block + 4]
    a5, l5 = seen[block + 5] * inverse[(block + 5), j], lam[block + 5]
    a6, l6 = seen[block + 6] * inverse[(block + 6), j], lam[block + 6]
    a7, l7 = seen[block + 7] * inverse[(block + 7), j], lam[block + 7]
    b0 = a0 * l0
    b1 = a1 * l1
    b2 = a2 * l2
    b3 = a3 * l3
    b4 = a4 * l4
    b5 = a5 * l5
    b6 = a6 * l6
    b7 = a7 * l7
    c0 = b0 * l0 * l0
    c1 = b1 * l1 * l1
    c2 = b2 * l2 * l2
    c3 = b3 * l3 * l3
    c4 = b4 * l4 * l4
    c5 = b5 * l5 * l5
    c6 = b6 * l6 * l6
    c7 = b7 * l7 * l7
    for k in range(WIDE):
        x0 = buf[r + k]
        x1 = buf[r + WIDE + k]
        x2 = buf[r + 2 * WIDE + k]
        x3 = buf[r + 3 * WIDE + k]
        x4 = buf[r + 4 * WIDE + k]
        x5 = buf[r + 5 * WIDE + k]
        x6 = buf[r + 6 * WIDE + k]
        x7 = buf[r + 7 * WIDE + k]
        buf[ONE_F * WIDE + k] += (
            a0 * x0 + a1 * x1 + a2 * x2 + a3 * x3 + a4 * x4 + a5 * x5 + a6 * x6 + a7 * x7
        )
        buf[ONE_D * WIDE + k] += (
            b0 * x0 + b1 * x1 + b2 * x2 + b3 * x3 + b4 * x4 + b5 * x5 + b6 * x6 + b7 * x7
        )
        buf[ONE_J * WIDE + k] += (
            c0 * x0 + c1 * x1 + c2 * x2 + c3 * x3 + c4 * x4 + c5 * x5 + c6 * x6 + c7 * x7
        )


@compiled
def respond(
    buf: Floats, lam: Floats, seen: Floats, inverse: Floats, m: int, modes: int, fine: Floats,
    pieces: int, count: int, response: Floats, least: Floats, most: Floats, rows: Floats,
) -> None:  # fmt: skip
    """A unit's response from every state at each delay, and the range of its slope in between.

    lam, seen: (modes,). inverse: (modes, modes). fine: (pieces + 1) runs of count moments: the
    delays, then what lies 1 / pieces of the way to the next delay, and so on, last the next delay
    itself; padded by WIDE. response, least, most: (count, modes) flat. rows: (5, padded).
    Between two moments h apart the slope leaves its chord by less than h^2 / 8 times its bend;
    the larger bend at both ends counts twice.
    """
    points = (pieces + 1) * count
    for j in range(m):
        value, slope, bend = rows[0], rows[1], rows[2]
        low, high = rows[3], rows[4]
        for k0 in range(0, points, WIDE):
            if j == 0 or points > WIDE:
                put_in(buf, ONE_T, fine, k0)
                for i in range(modes):
                    rate, row = lam[i], (MODE + i) * WIDE
                    for k in range(WIDE):
                        buf[row + k] = decay(rate * buf[ONE_T * WIDE + k])
            for k in range(WIDE):
                buf[ONE_F * WIDE + k] = 0.0
                buf[ONE_D * WIDE + k] = 0.0
                buf[ONE_J * WIDE + k] = 0.0
            for b in range(0, modes, BLOCK):
                _three(buf, b, seen, inverse, j, lam)
            take_out(buf, ONE_F, value, k0)
            take_out(buf, ONE_D, slope, k0)
            take_out(buf, ONE_J, bend, k0)
        for d in range(count):
            low[d], high[d] = slope[d], slope[d]
        for q in range(pieces):
            early, late = q * count, (q + 1) * count
            for d in range(count):
                h = fine[late + d] - fine[early + d]
                x, y = slope[early + d], slope[late + d]
                cx, cy = abs(bend[early + d]), abs(bend[late + d])
                slack = 0.25 * h * h * (cx if cx > cy else cy)
                least_here = (x if x < y else y) - slack
                most_here = (y if x < y else x) + slack
                low[d] = least_here if least_here < low[d] else low[d]
                high[d] = most_here if most_here > high[d] else high[d]
        for d in range(count):
            response[d * modes + j] = value[d]
            least[d * modes + j], most[d * modes + j] = low[d], high[d]


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
