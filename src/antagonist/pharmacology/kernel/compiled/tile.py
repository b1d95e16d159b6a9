"""Many intervals at once, in a buffer of fixed rows. Imported when compiling only.

A row is ``WIDE`` doubles, one for each interval. Every offset in the buffer is a constant, so the
compiler knows that rows do not overlap and turns each loop over a row into vector instructions.

What is seen a delay after a moment is a sum over states: f = sum_j x_j rho_j(delay), with rho_j the
response to one unit in state j. Amounts x_j and responses are never negative, so the slope of f
within two delays lies between the sums of x_j times the least and the most slope of rho_j there;
those are worked out once for a subject (``curves.respond``). Modes are not used for bounds: where
rates nearly meet, modes cancel each other, and amounts do not.
"""

from __future__ import annotations

from antagonist.pharmacology.kernel.compiled.options import Floats, compiled, inlined
from antagonist.pharmacology.kernel.limits import BLOCK, MOST_BLOCKS, WIDE

# Rows: modes, and states.
MODE, STATE = 0, MOST_BLOCKS * BLOCK
_ROWS = 2 * MOST_BLOCKS * BLOCK
# Value at the last delay and at this one, least and most slope between; value at the end.
OLD_F, NEW_F, FALL, RISE, END_F, LENGTH, DOUBT = range(_ROWS, _ROWS + 7)
# For roots: delay, value, slope, bend, bracket, direction and last move.
ROOT_T, ROOT_F, ROOT_D, ROOT_C, ROOT_A, ROOT_B, ROOT_UP, ROOT_MOVE = range(_ROWS, _ROWS + 8)
# For responses: delay, value, slope and third derivative.
ONE_T, ONE_F, ONE_D, ONE_J = range(_ROWS, _ROWS + 4)
# For one moment: rates and shares.
RATE, PART = _ROWS + 9, _ROWS + 10


@inlined
def put_in(buf: Floats, row: int, values: Floats, k0: int) -> None:
    """Copy WIDE values from k0 on into a row."""
    part = values[k0 : k0 + WIDE]
    for k in range(WIDE):
        buf[row * WIDE + k] = part[k]


@inlined
def take_out(buf: Floats, row: int, into: Floats, k0: int) -> None:
    """Copy a row to WIDE places from k0 on."""
    part = into[k0 : k0 + WIDE]
    for k in range(WIDE):
        part[k] = buf[row * WIDE + k]


@inlined
def weigh(buf: Floats, row: int, first: int, factors: Floats, at: int) -> None:
    """Add the eight rows from ``first`` on, times factors[at:], to a row."""
    c0 = factors[at]
    c1 = factors[at + 1]
    c2 = factors[at + 2]
    c3 = factors[at + 3]
    c4 = factors[at + 4]
    c5 = factors[at + 5]
    c6 = factors[at + 6]
    c7 = factors[at + 7]
    r = first * WIDE
    for k in range(WIDE):
        x = buf[row * WIDE + k]
        x += c0 * buf[r + k]
        x += c1 * buf[r + WIDE + k]
        x += c2 * buf[r + 2 * WIDE + k]
        x += c3 * buf[r + 3 * WIDE + k]
        x += c4 * buf[r + 4 * WIDE + k]
        x += c5 * buf[r + 5 * WIDE + k]
        x += c6 * buf[r + 6 * WIDE + k]
        x += c7 * buf[r + 7 * WIDE + k]
        buf[row * WIDE + k] = x


@inlined
def _clear(buf: Floats, row: int) -> None:
    for k in range(WIDE):
        buf[row * WIDE + k] = 0.0


@inlined
def _sum(buf: Floats, row: int, blocks: int, factors: Floats, at: int) -> None:
    """Put the sum of all states' rows times factors[at:] into a row."""
    _clear(buf, row)
    weigh(buf, row, STATE, factors, at)
    if blocks > 1:
        weigh(buf, row, STATE + BLOCK, factors, at + BLOCK)
    if blocks > 2:
        weigh(buf, row, STATE + 2 * BLOCK, factors, at + 2 * BLOCK)


@inlined
def _bounds(buf: Floats, start: float, stop: float, level: float) -> None:
    """Note which intervals may cross the level between two delays.

    The slope lies within FALL and RISE, so the curve lies between lines from both ends. Those meet
    fall rise h / (fall + rise) under the lower end at most, which is less than the smaller of fall
    and rise times h.
    """
    for k in range(WIDE):
        # every value is loaded whatever is chosen: a loop without branches becomes vectors
        length, doubt = buf[LENGTH * WIDE + k], buf[DOUBT * WIDE + k]
        fa, fi, fe = buf[OLD_F * WIDE + k], buf[NEW_F * WIDE + k], buf[END_F * WIDE + k]
        fall, rise = -buf[FALL * WIDE + k], buf[RISE * WIDE + k]
        fb = fi if stop < length else fe
        h = (stop if stop < length else length) - start
        steep = fall if fall < rise else rise
        slack = h * (steep if steep > 0.0 else 0.0)
        least = fa if fa < fb else fb
        most = fb if fa < fb else fa
        deep, top = least - slack, most + slack
        crosses = 1.0 if deep <= level else 0.0
        crosses = crosses if top > level else 0.0
        crosses = crosses if h > 0.0 else 0.0
        buf[DOUBT * WIDE + k] = crosses if crosses > doubt else doubt


@compiled
def states_of(
    buf: Floats, modes: int, vectors: Floats, moved: Floats, size: int, k0: int, states: Floats
) -> None:
    """Amounts in every state at the begin of WIDE intervals from k0 on.

    modes: padded to a multiple of BLOCK. vectors: (modes, modes) flat. moved, states:
    (modes, size) flat, in modes and in states.
    """
    blocks = modes // BLOCK
    for i in range(modes):
        put_in(buf, MODE + i, moved, i * size + k0)
    for j in range(modes):
        _clear(buf, STATE)
        weigh(buf, STATE, MODE, vectors, j * modes)
        if blocks > 1:
            weigh(buf, STATE, MODE + BLOCK, vectors, j * modes + BLOCK)
        if blocks > 2:
            weigh(buf, STATE, MODE + 2 * BLOCK, vectors, j * modes + 2 * BLOCK)
        take_out(buf, STATE, states, j * size + k0)


@compiled
def survey(
    buf: Floats, modes: int, delay: Floats, count: int, response: Floats,
    least: Floats, most: Floats, states: Floats, size: int, lengths: Floats, k0: int, level: float,
    f: Floats, falls: Floats, rises: Floats, ends: Floats, doubt: Floats,
) -> None:  # fmt: skip
    """Value of WIDE intervals from k0 on at every delay, and what may hide between.

    modes: padded to a multiple of BLOCK. delay: (count,), the last not before any interval's
    end. response, least, most: (count, modes) flat, a unit's value at each delay, and its least
    and most slope from there to the next. states: (modes, size) flat, amounts at the begins.
    lengths, ends: (size,), ends the value at the end; what is no interval has length 0. f, falls,
    rises: (count, WIDE), value and least and most slope up to the next delay. doubt: (WIDE,), 1
    where a crossing cannot be excluded.
    """
    blocks = modes // BLOCK
    for i in range(modes):
        put_in(buf, STATE + i, states, i * size + k0)
    put_in(buf, LENGTH, lengths, k0)
    put_in(buf, END_F, ends, k0)
    for k in range(WIDE):
        buf[DOUBT * WIDE + k] = 0.0
    for j in range(count):
        for k in range(WIDE):
            buf[OLD_F * WIDE + k] = buf[NEW_F * WIDE + k]
        _sum(buf, NEW_F, blocks, response, j * modes)
        take_out(buf, NEW_F, f[j], 0)
        if j > 0:
            _sum(buf, FALL, blocks, least, (j - 1) * modes)
            _sum(buf, RISE, blocks, most, (j - 1) * modes)
            take_out(buf, FALL, falls[j - 1], 0)
            take_out(buf, RISE, rises[j - 1], 0)
            _bounds(buf, delay[j - 1], delay[j], level)
    take_out(buf, DOUBT, doubt, 0)
