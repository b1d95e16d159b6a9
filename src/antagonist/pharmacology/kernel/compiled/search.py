"""Where crossings and dips may hide among surveyed intervals. Imported when compiling only."""

from __future__ import annotations

import math

from antagonist.pharmacology.kernel.compiled.curves import seen_at, shares_of
from antagonist.pharmacology.kernel.compiled.dominance import (
    FEW,
    LOOKED_AT,
    MANY,
    OPEN,
    amounts_of,
    cleared_over,
    dot,
    lowest_open,
    spread,
)
from antagonist.pharmacology.kernel.compiled.options import Floats, Ints, compiled
from antagonist.pharmacology.kernel.compiled.roots import (
    FLOOR_H,
    NOTHING,
    ONCE,
    UNKNOWN,
    crossings,
    least_between,
    note,
    slopes_between,
    turned,
    verdict,
)
from antagonist.pharmacology.kernel.compiled.steps import COUNTED, LENGTH
from antagonist.pharmacology.kernel.compiled.tile import survey
from antagonist.pharmacology.kernel.limits import BLOCK


@compiled
def _within(
    lam: Floats, fine: Floats, pieces: int, table: Floats, modes: int, j: int, k: int,
    length: float, fa: float, fb: float, level: float, amounts: Floats, shares: Floats,
    stack: Floats, entries: Floats, found: int,
) -> int:  # fmt: skip
    """Add the brackets within one piece between two delays, looked at part by part.

    fa, fb: values at the piece's ends. shares: (modes,), of the interval. Returns as ``crossings``.
    """
    begin = fa
    for p in range(j * pieces, (j + 1) * pieces):
        if fine[p] >= length:
            break
        last = p + 1 == (j + 1) * pieces or fine[p + 1] >= length
        stop = min(fine[p + 1], length)
        end = fb if last else dot(amounts, modes, table[0], (p + 1) * modes)
        fall = -dot(amounts, modes, table[1], p * modes)
        rise = dot(amounts, modes, table[2], p * modes)
        told = verdict(begin, end, fall, rise, stop - fine[p], level)
        if told == ONCE:
            if found >= entries.shape[1]:
                return -1
            note(entries, found, k, fine[p], stop, end > level, begin - level, end - level)
            found += 1
        elif told == UNKNOWN:
            found = crossings(
                lam, shares, modes, k, fine[p], stop, begin, end, level, stack, entries, found
            )
            if found < 0:
                break
        begin = end
    return found


@compiled
def brackets(
    lam: Floats, delay: Floats, fine: Floats, pieces: int, responses: Floats, table: Floats,
    k0: int, k1: int, f: Floats, falls: Floats, rises: Floats, ends: Floats, level: float,
    seen: Floats, moved: Floats, states: Floats, size: int, modes: int, marks: Floats,
    amounts: Floats, shares: Floats, stack: Floats, entries: Floats, found: int, above: int,
) -> tuple[int, int]:  # fmt: skip
    """Add the brackets of all crossings in intervals k0..k1, in order of time.

    f, falls, rises: (count BLOCK,) as ``survey`` leaves them, with its marks. responses: (3,
    points modes), of ``respond``. above: 1 or 0 as the last counted value was over the level or
    not, -1 before the first. amounts, shares: (modes,) to work in.
    Returns the number of brackets, -1 without room, and the new ``above``.
    """
    for k in range(k0, k1):
        length, c = table[LENGTH, k], k - k0
        if table[COUNTED, k] == 0.0 or not length > 0.0:
            continue
        now = 1 if f[c] > level else 0
        if above >= 0 and now != above:
            if found >= entries.shape[1]:
                return -1, above
            note(entries, found, k, 0.0, 0.0, now == 1, 0.0, 0.0)
            found += 1
        above = 1 if ends[k] > level else 0
        once, doubt, ready, j = int(marks[c]), int(marks[BLOCK + c]), False, -1
        while once | doubt != 0:
            j += 1
            told = ONCE if once & 1 != 0 else UNKNOWN if doubt & 1 != 0 else NOTHING
            once, doubt = once >> 1, doubt >> 1
            if told == NOTHING:
                continue
            inner, at = delay[j + 1] < length, j * BLOCK + c
            stop = delay[j + 1] if inner else length
            fa, fb = f[at], f[at + BLOCK] if inner else ends[k]
            if told == UNKNOWN:
                told = verdict(fa, fb, -falls[at], rises[at], stop - delay[j], level)
            if told == NOTHING:
                continue
            if told == ONCE:
                if found >= entries.shape[1]:
                    return -1, above
                note(entries, found, k, delay[j], stop, fb > level, fa - level, fb - level)
                found += 1
                continue
            if not ready:
                amounts_of(states, size, modes, k, amounts)
                shares_of(seen, moved, size, modes, k, shares)
                ready = True
            found = _within(
                lam, fine, pieces, responses, modes, j, k, length, fa, fb, level, amounts, shares,
                stack, entries, found,
            )  # fmt: skip
            if found < 0:
                return -1, above
    return found, above


@compiled
def _halve(
    lam: Floats, shares: Floats, modes: int, k: int, a: float, b: float, best: float,
    place: Floats, stack: Floats, entries: Floats,
) -> float:  # fmt: skip
    """Look for a lower point than the best in (a, b) of interval k, until nothing lower can hide.

    shares: (modes,), of the interval. place: (2,) interval and delay of the best. Returns it.
    """
    top = 0
    stack[0, 0], stack[1, 0] = a, b
    stack[2, 0], stack[3, 0], stack[4, 0] = seen_at(lam, shares, modes, a)
    stack[5, 0], stack[6, 0], stack[7, 0] = seen_at(lam, shares, modes, b)
    while top >= 0:
        a, b, fa, fb = stack[0, top], stack[1, top], stack[2, top], stack[5, top]
        da, ca, db, cb = stack[3, top], stack[4, top], stack[6, top], stack[7, top]
        top -= 1
        if min(fa, fb) < best:
            best = min(fa, fb)
            place[0], place[1] = k, a if fa < fb else b
        h = b - a
        fall, rise = slopes_between(da, ca, db, cb, h)
        if fall <= 0.0 or rise <= 0.0 or h < FLOOR_H:
            continue
        if least_between(fa, fb, fall, rise, h) >= best:
            continue
        middle = 0.5 * (a + b)
        if da < 0.0 and db > 0.0:
            note(entries, 0, k, a, b, True, da, db)
            middle = turned(lam, shares, modes, entries, 0)
            value = seen_at(lam, shares, modes, middle)[0]
            if value < best:
                best, place[0], place[1] = value, k, middle
            continue
        fm, dm, cm = seen_at(lam, shares, modes, middle)
        top += 1
        stack[0, top], stack[1, top] = middle, b
        stack[2, top], stack[3, top], stack[4, top] = fm, dm, cm
        stack[5, top], stack[6, top], stack[7, top] = fb, db, cb
        top += 1
        stack[0, top], stack[1, top] = a, middle
        stack[2, top], stack[3, top], stack[4, top] = fa, da, ca
        stack[5, top], stack[6, top], stack[7, top] = fm, dm, cm
    return best


@compiled
def _dips_of(
    lam: Floats, delay: Floats, count: int, fine: Floats, pieces: int, length: float,
    response: Floats, least: Floats, most: Floats, responses: Floats, end: float, amounts: Floats,
    seen: Floats, moved: Floats, size: int, modes: int, k: int, best: float, place: Floats,
    stack: Floats, entries: Floats, shares: Floats,
) -> tuple[float, float]:  # fmt: skip
    """The best value known once interval k has been looked at, and what its own is not under.

    amounts: (modes,), of the interval's states. shares: (modes,) to work in.
    """
    fa, floor, ready = dot(amounts, modes, response, 0), math.inf, False
    if end < best:
        best, place[0], place[1] = end, k, length
    for j in range(count - 1):
        if delay[j] >= length:
            break
        inner = delay[j + 1] < length
        stop = delay[j + 1] if inner else length
        fb = dot(amounts, modes, response, (j + 1) * modes) if inner else end
        begin, fa = fa, fb
        lower = min(begin, fb)
        if lower < best:
            best, place[0], place[1] = lower, k, delay[j] if begin < fb else stop
        fall = -dot(amounts, modes, least, j * modes)
        rise = dot(amounts, modes, most, j * modes)
        if fall > 0.0 and rise > 0.0:
            lower = least_between(begin, fb, fall, rise, stop - delay[j])
        if lower >= best:
            floor = min(floor, lower)
            continue
        if not ready:
            shares_of(seen, moved, size, modes, k, shares)
            ready = True
        for p in range(j * pieces, (j + 1) * pieces):
            if fine[p] >= length:
                break
            last = p + 1 == (j + 1) * pieces or fine[p + 1] >= length
            stop = min(fine[p + 1], length)
            value = fb if last else dot(amounts, modes, responses[0], (p + 1) * modes)
            lower = min(begin, value)
            if lower < best:
                best, place[0], place[1] = lower, k, fine[p] if begin < value else stop
            fall = -dot(amounts, modes, responses[1], p * modes)
            rise = dot(amounts, modes, responses[2], p * modes)
            if fall > 0.0 and rise > 0.0:
                lower = least_between(begin, value, fall, rise, stop - fine[p])
            if lower < best:
                best = _halve(lam, shares, modes, k, fine[p], stop, best, place, stack, entries)
                lower = best
            floor, begin = min(floor, lower), value
    return best, floor


@compiled
def weakest(
    lam: Floats, held: Ints, delay: Floats, count: int, fine: Floats, pieces: int, table: Floats,
    intervals: int, response: Floats, least: Floats, most: Floats, responses: Floats,
    states: Floats, ends: Floats, seen: Floats, moved: Floats, size: int, modes: int,
    still: int, fate: Floats, floors: Floats, known: bool, grid: Floats, place: Floats,
    stack: Floats, entries: Floats, amounts: Floats, shares: Floats,
) -> float:  # fmt: skip
    """Lowest value from the weak moment on; its interval and delay go to place.

    response, least, most: (regimes, count modes). responses: (regimes, 3, points modes). floors:
    (size,), of ``survey``, where that is known. still: how many are open, fate: (size,), which;
    grid: (4, count BLOCK), amounts,
    shares: (modes,) to work in.
    """
    best, looked, following = math.inf, 0, -1
    while True:
        # a dip lies after a low end, at the begin of the next interval
        low = following
        if low < 0 or low >= intervals or fate[low] != OPEN:
            low = lowest_open(fate, ends, intervals, shares)
        if low < 0:
            if looked == 0:
                # the search begins at the window's end: what is seen there
                last = intervals - 1
                best, place[0], place[1] = ends[last], last, table[LENGTH, last]
            return best
        following = low + 1 if looked == 0 else -1
        p = held[low]
        fate[low] = LOOKED_AT
        amounts_of(states, size, modes, low, amounts)
        best, floor = _dips_of(
            lam[p], delay, count, fine, pieces, table[LENGTH, low], response[p], least[p], most[p],
            responses[p], ends[low], amounts, seen[p], moved, size, modes, low, best, place, stack,
            entries, shares,
        )  # fmt: skip
        looked += 1
        if looked <= MANY:
            share = best / floor if 0.0 < best <= floor else 1.0
            still -= 1 + spread(states, size, modes, table, low, intervals, share, amounts, fate)
        if looked == FEW and not known and still > MANY:
            k0 = 0
            while k0 < intervals:
                p, k1 = held[k0], k0 + 1
                while k1 < intervals and k1 < k0 + BLOCK and held[k1] == p:
                    k1 += 1
                survey(
                    modes, delay, count, response[p], least[p], most[p], states, size,
                    table[LENGTH], ends, k0, best, grid[0], grid[1], grid[2], floors, grid[3],
                )  # fmt: skip
                k0 = k1
            known = True
        if known and 1 < looked <= MANY:
            cleared_over(fate, floors, intervals, best)
