"""Where crossings and dips may hide among surveyed intervals. Imported when compiling only."""

from __future__ import annotations

import math

from antagonist.pharmacology.kernel.compiled.curves import seen_at
from antagonist.pharmacology.kernel.compiled.dominance import (
    LOOKED_AT,
    MANY,
    NONE,
    OPEN,
    dot,
    lowest_open,
    spread,
)
from antagonist.pharmacology.kernel.compiled.options import ZERO, Floats, Ints, compiled
from antagonist.pharmacology.kernel.compiled.roots import (
    FLOOR_H,
    ROOT,
    WHERE,
    crossings,
    least_between,
    note,
    slopes_between,
    solved,
)
from antagonist.pharmacology.kernel.compiled.steps import COUNTED, LENGTH, WEAK


@compiled
def brackets(
    buf: Floats, lam: Floats, delay: Floats, count: int, table: Floats, k0: int, k1: int, f: Floats,
    falls: Floats, rises: Floats, ends: Floats, level: float, seen: Floats, moved: Floats,
    size: int, modes: int, doubt: Floats, stack: Floats, entries: Floats, found: int, above: int,
) -> tuple[int, int]:  # fmt: skip
    """Add the brackets of all crossings in intervals k0..k1, in order of time.

    above: 1 or 0 as the last counted value was over the level or not, -1 before the first.
    Returns the number of brackets, -1 without room, and the new ``above``.
    """
    for k in range(k0, k1):
        length, c = table[LENGTH, k], k - k0
        if table[COUNTED, k] == 0.0 or not length > 0.0:
            continue
        now = 1 if f[0, c] > level else 0
        if above >= 0 and now != above:
            if found >= entries.shape[1]:
                return -1, above
            note(entries, found, k, 0.0, 0.0, now == 1, 0.0, 0.0)
            found += 1
        above = 1 if ends[k] > level else 0
        if doubt[c] == 0.0:
            continue
        for j in range(count - 1):
            if delay[j] >= length:
                break
            inner = delay[j + 1] < length
            stop = delay[j + 1] if inner else length
            fa, fb = f[j, c], f[j + 1, c] if inner else ends[k]
            fall, rise = -falls[j, c], rises[j, c]
            one_way = fall <= 0.0 or rise <= 0.0
            if (fa > level) != (fb > level):
                if one_way:
                    if found >= entries.shape[1]:
                        return -1, above
                    note(entries, found, k, delay[j], stop, fb > level, fa - level, fb - level)
                    found += 1
                    continue
            elif one_way:
                continue
            elif fb > level:
                if least_between(fa, fb, fall, rise, stop - delay[j]) > level:
                    continue
            elif -least_between(-fa, -fb, rise, fall, stop - delay[j]) <= level:
                continue
            found = crossings(
                buf, lam, seen, moved, size, modes, k, delay[j], stop, fa, fb, level,
                stack, entries, found,
            )  # fmt: skip
            if found < 0:
                return -1, above
    return found, above


@compiled
def _halve(
    buf: Floats, lam: Floats, seen: Floats, moved: Floats, size: int, modes: int, k: int, a: float,
    b: float, best: float, place: Floats, stack: Floats, entries: Floats, found: int,
) -> tuple[float, int]:  # fmt: skip
    """Look for a lower point than the best in (a, b) of interval k.

    Brackets whose slope rises through zero go to the entries; all else is halved until nothing
    lower can hide. place: (2,) interval and delay of the best. Returns best and the new count.
    """
    top = 0
    stack[0, 0], stack[1, 0] = a, b
    while top >= 0:
        a, b = stack[0, top], stack[1, top]
        top -= 1
        fa, da, ca = seen_at(buf, lam, seen, moved, size, modes, k, a)
        fb, db, cb = seen_at(buf, lam, seen, moved, size, modes, k, b)
        if min(fa, fb) < best:
            best = min(fa, fb)
            place[0], place[1] = k, a if fa < fb else b
        h = b - a
        fall, rise = slopes_between(da, ca, db, cb, h)
        if fall <= 0.0 or rise <= 0.0 or h < FLOOR_H:
            continue
        if least_between(fa, fb, fall, rise, h) >= best:
            continue
        if da < 0.0 and db > 0.0:
            if found >= entries.shape[1]:
                return best, -1
            note(entries, found, k, a, b, True, da, db)
            found += 1
            continue
        stack[0, top + 1], stack[1, top + 1] = 0.5 * (a + b), b
        stack[0, top + 2], stack[1, top + 2] = a, 0.5 * (a + b)
        top += 2
    return best, found


@compiled
def _dips_of(
    buf: Floats, lam: Floats, delay: Floats, count: int, length: float, response: Floats,
    least: Floats, most: Floats, states: Floats, ends: Floats, seen: Floats, moved: Floats,
    size: int, modes: int, k: int, best: float, place: Floats, stack: Floats, entries: Floats,
    found: int,
) -> tuple[float, int]:  # fmt: skip
    """Brackets in which a point of interval k lower than the best known may lie."""
    fa = dot(states, size, modes, k, response, 0)
    for j in range(count - 1):
        if delay[j] >= length:
            break
        inner = delay[j + 1] < length
        stop = delay[j + 1] if inner else length
        fb = dot(states, size, modes, k, response, (j + 1) * modes) if inner else ends[k]
        begin = fa
        fa = fb
        if min(begin, fb) < best:
            best, place[0], place[1] = min(begin, fb), k, delay[j] if begin < fb else stop
        fall = -dot(states, size, modes, k, least, j * modes)
        rise = dot(states, size, modes, k, most, j * modes)
        if fall <= 0.0 or rise <= 0.0:
            continue
        if least_between(begin, fb, fall, rise, stop - delay[j]) >= best:
            continue
        best, found = _halve(
            buf, lam, seen, moved, size, modes, k, delay[j], stop, best, place, stack, entries,
            found,
        )  # fmt: skip
        if found < 0:
            break
    return best, found


@compiled
def _tried(
    buf: Floats, lam: Floats, held: Ints, seen: Floats, moved: Floats, size: int, modes: int,
    entries: Floats, found: int, best: float, place: Floats,
) -> float:  # fmt: skip
    """Solve brackets of turning points; returns the best value then."""
    solved(buf, lam, held, seen, moved, size, modes, entries, found, 0.0, True)
    for n in range(found):
        k = int(entries[WHERE, n])
        p = held[k]
        value = seen_at(buf, lam[p], seen[p], moved, size, modes, k, entries[ROOT, n])[0]
        if value < best:
            best, place[0], place[1] = value, k, entries[ROOT, n]
    return best


@compiled
def weakest(
    buf: Floats, lam: Floats, held: Ints, delay: Floats, count: int, table: Floats, intervals: int,
    response: Floats, least: Floats, most: Floats, states: Floats, ends: Floats, seen: Floats,
    moved: Floats, size: int, modes: int, lack: Floats, fate: Floats, place: Floats,
    stack: Floats, entries: Floats,
) -> tuple[float, bool]:  # fmt: skip
    """Lowest value from the weak moment on; its interval and delay go to place.

    response, least, most: (regimes, count modes). lack, fate: (size,) to work in. Returns it, and
    whether there was room for all brackets.
    """
    for k in range(intervals):
        fate[k] = OPEN if table[WEAK, k] != 0.0 and table[LENGTH, k] > 0.0 else NONE
    best, looked, following = math.inf, 0, -1
    while True:
        # a dip lies after a low end, at the begin of the next interval
        low = following
        if low < 0 or low >= intervals or fate[low] != OPEN:
            low = lowest_open(fate, ends, intervals)
        if low < 0:
            if looked == 0:
                # the search begins at the window's end: what is seen there
                last = intervals - 1
                best, place[0], place[1] = ends[last], last, table[LENGTH, last]
            return best, True
        following = low + 1 if looked == 0 else -1
        p = held[low]
        fate[low] = LOOKED_AT
        best, found = _dips_of(
            buf, lam[p], delay, count, table[LENGTH, low], response[p], least[p], most[p], states,
            ends, seen[p], moved, size, modes, low, best, place, stack, entries, ZERO,
        )  # fmt: skip
        if found < 0:
            return best, False
        best = _tried(buf, lam, held, seen, moved, size, modes, entries, found, best, place)
        looked += 1
        if looked <= MANY:
            spread(states, size, modes, table, held, low, intervals, lack, fate)
