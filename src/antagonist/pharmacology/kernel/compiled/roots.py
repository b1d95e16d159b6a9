"""Crossings and lowest points of a sum of exponentials. Imported when compiling only."""

from __future__ import annotations

from antagonist.pharmacology.kernel.compiled.curves import householder, seen_at
from antagonist.pharmacology.kernel.compiled.lanes import joined, load, store
from antagonist.pharmacology.kernel.compiled.options import ZERO, Floats, Ints, compiled, inlined
from antagonist.pharmacology.kernel.limits import BLOCK

# Brackets narrower than this, hours (11 s), are not searched for two crossings.
FLOOR_H = 0.003
# Roots are found when none moves further than this, hours; the error is then a power of it.
SETTLED_H = 1e-4
MOST_STEPS = 60
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


# What is known of a stretch: that nothing crosses, that something does once, or neither.
NOTHING, ONCE, UNKNOWN = range(3)


@inlined
def verdict(fa: float, fb: float, fall: float, rise: float, h: float, level: float) -> int:
    """Whether a curve crosses the level within a stretch; slopes are within (-fall, rise)."""
    one_way = fall <= 0.0 or rise <= 0.0
    found = UNKNOWN
    if (fa > level) != (fb > level):
        if one_way:
            found = ONCE
    elif (
        one_way
        or (fb > level and least_between(fa, fb, fall, rise, h) > level)
        or (not fb > level and -least_between(-fa, -fb, rise, fall, h) <= level)
    ):
        found = NOTHING
    return found


@compiled
def crossings(
    lam: Floats, shares: Floats, modes: int, k: int, a: float, b: float, fa: float, fb: float,
    level: float, stack: Floats, entries: Floats, count: int,
) -> int:  # fmt: skip
    """Brackets with one crossing each within (a, b) of interval k, in order of time.

    shares: (modes,), of the interval. stack: (8, depth). Returns the new count, or -1 where there
    is no room. No crossing is left out but for two within FLOOR_H.
    """
    top = 0
    stack[0, 0], stack[1, 0] = a, b
    stack[2, 0], stack[3, 0], stack[4, 0] = seen_at(lam, shares, modes, a)
    stack[5, 0], stack[6, 0], stack[7, 0] = seen_at(lam, shares, modes, b)
    # the survey's own values: which side of the level they are on has been decided
    stack[2, 0], stack[5, 0] = fa, fb
    while top >= 0:
        a, b, fa, fb = stack[0, top], stack[1, top], stack[2, top], stack[5, top]
        da, ca, db, cb = stack[3, top], stack[4, top], stack[6, top], stack[7, top]
        top -= 1
        h = b - a
        fall, rise = slopes_between(da, ca, db, cb, h)
        found = verdict(fa, fb, fall, rise, h, level)
        if found == UNKNOWN and h < FLOOR_H:
            found = ONCE if (fa > level) != (fb > level) else NOTHING
        if found == NOTHING:
            continue
        if found == ONCE:
            if count >= entries.shape[1]:
                return -1
            note(entries, count, k, a, b, fb > level, fa - level, fb - level)
            count += 1
            continue
        middle = 0.5 * (a + b)
        fm, dm, cm = seen_at(lam, shares, modes, middle)
        top += 1
        stack[0, top], stack[1, top] = middle, b
        stack[2, top], stack[3, top], stack[4, top] = fm, dm, cm
        stack[5, top], stack[6, top], stack[7, top] = fb, db, cb
        top += 1
        stack[0, top], stack[1, top] = a, middle
        stack[2, top], stack[3, top], stack[4, top] = fa, da, ca
        stack[5, top], stack[6, top], stack[7, top] = fm, dm, cm
    return count


@compiled
def turned(lam: Floats, shares: Floats, modes: int, entries: Floats, e: int) -> float:
    """Newton's method for where the slope rises through zero in one bracket.

    It stops when the next step would move by its square.
    """
    a, b, da, db = entries[BEGIN, e], entries[STOP, e], entries[VALUE_A, e], entries[VALUE_B, e]
    t: float = a + (b - a) * (da / (da - db) if da != db else 0.5)
    for _ in range(MOST_STEPS):
        _, d, c = seen_at(lam, shares, modes, t)
        if d > 0.0:
            b = t
        else:
            a = t
        new = t - d / c
        if not (a <= new <= b):
            new = 0.5 * (a + b)
        step, t = abs(new - t), new
        if step < 0.1 * SETTLED_H:
            break
    return t


@compiled
def _gather(
    seen: Floats, moved: Floats, size: int, modes: int, entries: Floats, order: Ints, begin: int,
    wide: int, lines: Floats, shares: Floats,
) -> None:  # fmt: skip
    """Put brackets and their intervals' shares side by side; spare lanes repeat the last."""
    for n in range(BLOCK):
        e = order[begin + min(n, wide - 1)]
        lines[n], lines[BLOCK + n] = entries[BEGIN, e], entries[STOP, e]
        lines[2 * BLOCK + n], lines[3 * BLOCK + n] = entries[VALUE_A, e], entries[VALUE_B, e]
        lines[4 * BLOCK + n] = entries[RISES, e]
        lines[5 * BLOCK + n] = entries[WHERE, e]
    k0, k1, k2, k3 = int(lines[40]), int(lines[41]), int(lines[42]), int(lines[43])
    k4, k5, k6, k7 = int(lines[44]), int(lines[45]), int(lines[46]), int(lines[47])
    one_by_one = k1 - k0 == k2 - k1 == k3 - k2 == k4 - k3 == k5 - k4 == k6 - k5 == k7 - k6 == 1
    for i in range(modes):
        row = moved[i * size : (i + 1) * size]
        if one_by_one:
            x = load(row, k0)
        else:
            x = joined(row[k0], row[k1], row[k2], row[k3], row[k4], row[k5], row[k6], row[k7])
        store(shares, i * BLOCK, x * seen[i])


@compiled
def solved(
    lam: Floats, held: Ints, seen: Floats, moved: Floats, size: int, modes: int, entries: Floats,
    end: int, level: float, order: Ints, lines: Floats, shares: Floats,
) -> None:  # fmt: skip
    """Solve all brackets, eight of one regime at a time; roots go to their row.

    lam, seen: (regimes, modes). Room to work in: order (capacity,), lines (6 BLOCK,), shares
    (modes BLOCK,). Rises are taken together, and falls: they take as many steps.
    """
    kept = 0
    for way in (1.0, -1.0):
        for e in range(end):
            if entries[RISES, e] == way:
                entries[ROOT, e] = entries[BEGIN, e]
                order[kept] = e
                kept += 1 if entries[STOP, e] > entries[BEGIN, e] else 0
    begin = ZERO
    while begin < kept:
        p, wide = held[int(entries[WHERE, order[begin]])], 1
        while (
            wide < BLOCK
            and begin + wide < kept
            and held[int(entries[WHERE, order[begin + wide]])] == p
        ):
            wide += 1
        _gather(seen[p], moved, size, modes, entries, order, begin, wide, lines, shares)
        householder(lam[p], shares, modes, lines, level, MOST_STEPS, SETTLED_H)
        for n in range(wide):
            entries[ROOT, order[begin + n]] = lines[5 * BLOCK + n]
        begin += wide
