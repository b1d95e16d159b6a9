"""Crossings and lowest points of a sum of exponentials. Imported when compiling only."""

from __future__ import annotations

from antagonist.pharmacology.kernel.compiled.curves import halley, seen_at
from antagonist.pharmacology.kernel.compiled.options import ZERO, Floats, Ints, compiled, inlined
from antagonist.pharmacology.kernel.compiled.tile import (
    MODE,
    ROOT_A,
    ROOT_B,
    ROOT_T,
    ROOT_UP,
)
from antagonist.pharmacology.kernel.limits import WIDE

# Brackets narrower than this, hours (11 s), are not searched for two crossings.
FLOOR_H = 0.003
# Halley's method stops when no root moves further than this, hours; the error is then its cube.
SETTLED_H = 1e-4
MOST_STEPS = 60
# So few brackets are solved one by one.
FEW = 6
# Rows of a table of brackets: interval, begin, end, direction, values at begin and end, root.
WHERE, BEGIN, STOP, RISES, VALUE_A, VALUE_B, ROOT = range(7)


@inlined
def least_between(
    fa: float, fb: float, steepest_fall: float, steepest_rise: float, h: float
) -> float:
    """No value between fa and fb, h apart, is lower; slopes are within (-fall, rise), both > 0."""
    s = (fa - fb + steepest_rise * h) / (steepest_rise + steepest_fall)
    return fa - steepest_fall * s


@inlined
def note(
    entries: Floats, at: int, k: int, a: float, b: float, rises: bool, va: float, vb: float
) -> None:
    """Write a bracket down."""
    entries[WHERE, at], entries[BEGIN, at], entries[STOP, at] = k, a, b
    entries[RISES, at] = 1.0 if rises else -1.0
    entries[VALUE_A, at], entries[VALUE_B, at] = va, vb


@inlined
def slopes_between(
    slope_a: float, bend_a: float, slope_b: float, bend_b: float, h: float
) -> tuple[float, float]:
    """How steeply a curve may fall and rise between two moments h apart, from slope and bend there.

    The slope leaves its chord by h / 8 times what the bend changes by; that counts twice.
    """
    slack = 0.25 * h * abs(bend_b - bend_a)
    return slack - min(slope_a, slope_b), slack + max(slope_a, slope_b)


@compiled
def crossings(
    buf: Floats, lam: Floats, seen: Floats, moved: Floats, size: int, modes: int, k: int, a: float,
    b: float, fa: float, fb: float,
    level: float, stack: Floats, entries: Floats, count: int,
) -> int:  # fmt: skip
    """Brackets with one crossing each within (a, b) of interval k, in order of time.

    stack: (8, depth). Returns the new count, or -1 where there is no room. No crossing is left
    out but for two within FLOOR_H.
    """
    top = 0
    stack[0, 0], stack[1, 0] = a, b
    stack[2, 0], stack[3, 0], stack[4, 0] = seen_at(buf, lam, seen, moved, size, modes, k, a)
    stack[5, 0], stack[6, 0], stack[7, 0] = seen_at(buf, lam, seen, moved, size, modes, k, b)
    # the survey's own values: which side of the level they are on has been decided
    stack[2, 0], stack[5, 0] = fa, fb
    while top >= 0:
        a, b, fa, fb = stack[0, top], stack[1, top], stack[2, top], stack[5, top]
        da, ca, db, cb = stack[3, top], stack[4, top], stack[6, top], stack[7, top]
        top -= 1
        h = b - a
        fall, rise = slopes_between(da, ca, db, cb, h)
        one_way = fall <= 0.0 or rise <= 0.0
        rising = fb > level
        differ = rising != (fa > level)
        if not differ:
            if one_way or h < FLOOR_H:
                continue
            if rising:
                if least_between(fa, fb, fall, rise, h) > level:
                    continue
            elif -least_between(-fa, -fb, rise, fall, h) <= level:
                continue
        elif one_way or h < FLOOR_H:
            if count >= entries.shape[1]:
                return -1
            note(entries, count, k, a, b, rising, fa - level, fb - level)
            count += 1
            continue
        middle = 0.5 * (a + b)
        fm, dm, cm = seen_at(buf, lam, seen, moved, size, modes, k, middle)
        top += 1
        stack[0, top], stack[1, top] = middle, b
        stack[2, top], stack[3, top], stack[4, top] = fm, dm, cm
        stack[5, top], stack[6, top], stack[7, top] = fb, db, cb
        top += 1
        stack[0, top], stack[1, top] = a, middle
        stack[2, top], stack[3, top], stack[4, top] = fa, da, ca
        stack[5, top], stack[6, top], stack[7, top] = fm, dm, cm
    return count


@inlined
def _log(x: float) -> float:
    """About log(x) for x of 1 to 10, which is all a first guess needs (Pade's approximant)."""
    return 3.0 * (x * x - 1.0) / (x * x + 4.0 * x + 1.0)


@inlined
def _start(a: float, b: float, fa: float, fb: float, level: float) -> float:
    """First guess: on a line between the ends, where it falls on the line of its logarithm."""
    if fa > 0.0 and fb < 0.0 and fb + level > 0.0:
        return a + (b - a) * _log((fa + level) / level) / _log((fa + level) / (fb + level))
    return a + (b - a) * (fa / (fa - fb) if fa != fb else 0.5)


@compiled
def _gather(
    buf: Floats, seen: Floats, moved: Floats, size: int, modes: int, entries: Floats, begin: int,
    wide: int, rates: Floats, level: float, turning: bool,
) -> None:  # fmt: skip
    """Put brackets and their intervals' shares into the buffer; spare columns repeat the last."""
    for n in range(wide):
        e = begin + n
        k = int(entries[WHERE, e])
        for i in range(modes):
            buf[(MODE + i) * WIDE + n] = moved[i * size + k]
        a, b, fa, fb = entries[BEGIN, e], entries[STOP, e], entries[VALUE_A, e], entries[VALUE_B, e]
        buf[ROOT_A * WIDE + n], buf[ROOT_B * WIDE + n] = a, b
        buf[ROOT_T * WIDE + n] = _start(a, b, fa, fb, level)
        buf[ROOT_UP * WIDE + n] = entries[RISES, e]
    for n in range(wide, WIDE):
        for i in range(modes):
            buf[(MODE + i) * WIDE + n] = buf[(MODE + i) * WIDE + wide - 1]
        for row in (ROOT_A, ROOT_B, ROOT_T, ROOT_UP):
            buf[row * WIDE + n] = buf[row * WIDE + wide - 1]
    for i in range(modes):
        row, factor = (MODE + i) * WIDE, seen[i] * (rates[i] if turning else 1.0)
        for n in range(WIDE):
            buf[row + n] *= factor


@compiled
def _alone(
    buf: Floats, lam: Floats, seen: Floats, moved: Floats, size: int, modes: int, entries: Floats,
    e: int, level: float, turning: bool,
) -> None:  # fmt: skip
    """Newton's method in one bracket; it stops when the next step would move by its square."""
    k = int(entries[WHERE, e])
    a, b, fa, fb = entries[BEGIN, e], entries[STOP, e], entries[VALUE_A, e], entries[VALUE_B, e]
    t = _start(a, b, fa, fb, level)
    for _ in range(MOST_STEPS):
        f, d, c = seen_at(buf, lam, seen, moved, size, modes, k, t)
        f, d = (d, c) if turning else (f - level, d)
        if f * entries[RISES, e] > 0.0:
            b = t
        else:
            a = t
        new = t - f / d
        if not (a <= new <= b):
            new = 0.5 * (a + b)
        step, t = abs(new - t), new
        if step < 0.1 * SETTLED_H:
            break
    entries[ROOT, e] = t


@compiled
def solved(
    buf: Floats, lam: Floats, held: Ints, seen: Floats, moved: Floats, size: int, modes: int,
    entries: Floats, end: int, level: float, turning: bool,
) -> None:  # fmt: skip
    """Solve all brackets, those of one regime at a time; roots go to their row.

    lam, seen: (regimes, modes). turning: where the slope changes its sign, not where the level is
    crossed.
    """
    begin = ZERO
    while begin < end:
        p = held[int(entries[WHERE, begin])]
        wide = 1
        while wide < WIDE and begin + wide < end and held[int(entries[WHERE, begin + wide])] == p:
            wide += 1
        if wide <= FEW:
            for e in range(begin, begin + wide):
                _alone(buf, lam[p], seen[p], moved, size, modes, entries, e, level, turning)
        else:
            _gather(buf, seen[p], moved, size, modes, entries, begin, wide, lam[p], level, turning)
            halley(buf, lam[p], modes, MOST_STEPS, SETTLED_H, 0.0 if turning else level)
            for n in range(wide):
                entries[ROOT, begin + n] = buf[ROOT_T * WIDE + n]
        begin += wide
