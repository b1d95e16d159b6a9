"""Intervals that hold no less of anything than another are seen no less. Imported when compiling.

Amounts and responses are never negative, so an interval whose begin has at least as much in every
state lies over the other all the while both last; with at least a share of everything, over that
share of the other. Few intervals then have to be looked at.
"""

from __future__ import annotations

import math

from antagonist.pharmacology.kernel.compiled.lanes import (
    joined,
    least,
    less,
    load,
    most,
    splat,
    store,
    strided,
    summed,
    where_less,
)
from antagonist.pharmacology.kernel.compiled.options import Floats, Ints, compiled, inlined
from antagonist.pharmacology.kernel.compiled.roots import least_between
from antagonist.pharmacology.kernel.compiled.steps import HELD, LENGTH
from antagonist.pharmacology.kernel.limits import BLOCK

# Amounts closer than this, relative to the largest, are taken for equal.
NOISE = 1e-12
# So many intervals are looked at one by one, and so many in vain, before all are surveyed; after
# a few, only where those have settled most.
MANY, IN_VAIN, FEW = 8, 3, 3
# What is known of an interval.
OPEN, CLEAR, LOOKED_AT, NONE = 0.0, 1.0, 2.0, 3.0


@inlined
def dot(amounts: Floats, modes: int, factors: Floats, at: int) -> float:
    """What an interval's amounts come to with some factors."""
    total = load(amounts, 0) * load(factors, at)
    for b in range(BLOCK, modes, BLOCK):
        total = total + load(amounts, b) * load(factors, at + b)
    return summed(total)


@compiled
def amounts_of(states: Floats, size: int, modes: int, k: int, amounts: Floats) -> None:
    """Amounts at the begin of interval k, side by side; amounts: (modes,)."""
    for b in range(0, modes, BLOCK):
        store(amounts, b, strided(states, b * size + k, size))


@compiled
def lowest_open(fate: Floats, ends: Floats, intervals: int, room: Floats) -> int:
    """The open interval that ends lowest, the first of equals; -1 where none is open.

    room: (>= BLOCK,). What is no interval must not be open.
    """
    lowest, at = splat(math.inf), splat(-1.0)
    place = joined(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
    for k in range(0, intervals, BLOCK):
        value = where_less(load(fate, k), splat(0.5), load(ends, k), splat(math.inf))
        at = where_less(value, lowest, place, at)
        lowest = least(value, lowest)
        place = place + 8.0
    found, under = -1, math.inf
    store(room, 0, lowest)
    for n in range(BLOCK):
        under = min(under, room[n])
    store(room, 0, where_less(splat(under), lowest, splat(math.inf), at))
    first = math.inf
    for n in range(BLOCK):
        first = min(first, room[n])
    if under < math.inf:
        found = int(first)
    return found


@compiled
def cleared_over(fate: Floats, floors: Floats, intervals: int, level: float) -> None:
    """Clear every open interval that is nowhere under a level. floors: (size,), of ``survey``."""
    for k in range(0, intervals, BLOCK):
        known = load(fate, k)
        now = where_less(load(floors, k), splat(level), known, splat(CLEAR))
        store(fate, k, where_less(known, splat(0.5), now, known))


@compiled
def spread(
    states: Floats, size: int, modes: int, table: Floats, low: int, intervals: int, share: float,
    amounts: Floats, fate: Floats,
) -> int:  # fmt: skip
    """Clear every open interval that holds no less than a share of ``low`` and lasts no longer.

    amounts: (modes,), of the interval ``low``. Returns how many were cleared.
    """
    slack = 0.0
    for i in range(modes):
        slack = max(slack, NOISE * abs(share * amounts[i]))
    enough, lasts, same = splat(slack + 1e-300), splat(table[LENGTH, low]), splat(table[HELD, low])
    length, regime, cleared = table[LENGTH], table[HELD], splat(0.0)
    for k in range(0, intervals, BLOCK):
        known = load(fate, k)
        if less(known, splat(0.5)) == 0:
            continue
        lack = splat(-math.inf)
        for i in range(modes):
            lack = most(lack, splat(share * amounts[i]) - load(states, i * size + k))
        here = load(regime, k)
        now = where_less(lack, enough, splat(CLEAR), known)
        now = where_less(lasts, load(length, k), known, now)
        now = where_less(same, here, known, where_less(here, same, known, now))
        now = where_less(known, splat(0.5), now, known)
        store(fate, k, now)
        cleared = cleared + (now - known)
    return int(summed(cleared))


@compiled
def opened(table: Floats, intervals: int, row: int, fate: Floats) -> int:
    """Fates of intervals of which none is known: open where a row of the table is not 0.

    Returns how many are open. fate: (size,); what is no interval is never open.
    """
    still = 0
    for k in range(fate.shape[0]):
        begins = k < intervals and table[row, k] != 0.0 and table[LENGTH, k] > 0.0
        fate[k] = OPEN if begins else NONE
        still += 1 if begins else 0
    return still


@inlined
def again(fate: Floats, initial: Floats) -> None:
    """Set fates to what they are before anything is known."""
    for k in range(0, fate.shape[0], BLOCK):
        store(fate, k, load(initial, k))


@compiled
def _least_throughout(
    amounts: Floats, modes: int, length: float, end: float, delay: Floats, count: int,
    response: Floats, least_: Floats, most_: Floats, level: float,
) -> float:  # fmt: skip
    """What an interval is nowhere under, as far as bounds prove it; the level where they fail."""
    fb, floor = dot(amounts, modes, response, 0), math.inf
    for j in range(count - 1):
        if delay[j] >= length:
            break
        inner = delay[j + 1] < length
        fa = fb
        fb = dot(amounts, modes, response, (j + 1) * modes) if inner else end
        lowest = min(fa, fb)
        if not lowest > level:
            return level
        fall = -dot(amounts, modes, least_, j * modes)
        rise = dot(amounts, modes, most_, j * modes)
        h = (delay[j + 1] if inner else length) - delay[j]
        if fall > 0.0 and rise > 0.0:
            lowest = least_between(fa, fb, fall, rise, h)
            if not lowest > level:
                return level
        floor = min(floor, lowest)
    return floor


@compiled
def settle(
    states: Floats, size: int, modes: int, table: Floats, held: Ints, intervals: int,
    delay: Floats, count: int, response: Floats, least_: Floats, most_: Floats, ends: Floats,
    level: float, left: int, fate: Floats, amounts: Floats, room: Floats,
) -> int:  # fmt: skip
    """Clear intervals that lie over the level throughout; returns how many are not cleared.

    response, least_, most_: (regimes, count modes). left: how many are open, fate: (size,), which;
    it becomes what is known of each. amounts, room: (modes,) to work in.
    """
    looked, vain = 0, 0
    while looked < MANY and vain < IN_VAIN and (looked < FEW or 2 * left < intervals):
        low = lowest_open(fate, ends, intervals, room)
        if low < 0:
            break
        p = held[low]
        looked += 1
        fate[low] = LOOKED_AT
        amounts_of(states, size, modes, low, amounts)
        floor = _least_throughout(
            amounts, modes, table[LENGTH, low], ends[low], delay, count, response[p], least_[p],
            most_[p], level,
        )  # fmt: skip
        if floor > level:
            fate[low] = CLEAR
            share = (1.0 + 1e-9) * level / floor if level > 0.0 else 1.0
            share = min(share, 1.0)
            left -= 1 + spread(states, size, modes, table, low, intervals, share, amounts, fate)
        else:
            vain += 1
    return left


@compiled
def column(
    states: Floats, size: int, modes: int, k: int, length: float, delay: Floats, count: int,
    response: Floats, least_: Floats, most_: Floats, f: Floats, falls: Floats, rises: Floats,
    amounts: Floats, marks: Floats,
) -> None:  # fmt: skip
    """Survey interval k alone, into column 0; every piece is left in doubt."""
    amounts_of(states, size, modes, k, amounts)
    marks[0], marks[BLOCK] = 0.0, 0.0
    for j in range(count):
        if delay[j] >= length:
            break
        f[j * BLOCK] = dot(amounts, modes, response, j * modes)
        falls[j * BLOCK] = dot(amounts, modes, least_, j * modes)
        rises[j * BLOCK] = dot(amounts, modes, most_, j * modes)
        marks[BLOCK] = 2.0 * marks[BLOCK] + 1.0
