"""Intervals that hold no less of anything than another are seen no less. Imported when compiling.

Amounts and responses are never negative, so an interval whose begin has at least as much in every
state lies over the other all the while both last. Few intervals then have to be looked at.
"""

from __future__ import annotations

import math

from antagonist.pharmacology.kernel.compiled.options import Floats, Ints, compiled, inlined
from antagonist.pharmacology.kernel.compiled.roots import least_between
from antagonist.pharmacology.kernel.compiled.steps import COUNTED, LENGTH

# Amounts closer than this, relative to the largest, are taken for equal.
NOISE = 1e-12
# So many intervals are looked at one by one, and so many in vain, before all are surveyed; after
# a few, only where those have settled most.
MANY, IN_VAIN, FEW = 8, 3, 3
# What is known of an interval.
OPEN, CLEAR, LOOKED_AT, NONE = 0.0, 1.0, 2.0, 3.0


@inlined
def dot(states: Floats, size: int, modes: int, k: int, factors: Floats, at: int) -> float:
    """What interval k's amounts come to with some factors."""
    total = 0.0
    for i in range(modes):
        total += states[i * size + k] * factors[at + i]
    return total


@compiled
def lowest_open(fate: Floats, ends: Floats, intervals: int) -> int:
    """The open interval that ends lowest, -1 where none is open."""
    found, least = -1, math.inf
    for k in range(intervals):
        if fate[k] == OPEN and ends[k] < least:
            found, least = k, ends[k]
    return found


@compiled
def spread(
    states: Floats, size: int, modes: int, table: Floats, held: Ints, low: int, intervals: int,
    lack: Floats, fate: Floats,
) -> int:  # fmt: skip
    """Clear every open interval that holds no less than ``low`` and lasts no longer.

    lack: (size,) to work in. Returns how many were cleared.
    """
    slack = 0.0
    for k in range(intervals):
        lack[k] = 0.0
    for i in range(modes):
        least = states[i * size + low]
        slack = max(slack, NOISE * abs(least))
        part = states[i * size : i * size + intervals]
        for k in range(intervals):
            x = least - part[k]
            lack[k] = x if x > lack[k] else lack[k]
    cleared, lasts, p = 0, table[LENGTH, low], held[low]
    for k in range(intervals):
        if fate[k] == OPEN and lack[k] <= slack and table[LENGTH, k] <= lasts and held[k] == p:
            fate[k] = CLEAR
            cleared += 1
    return cleared


@compiled
def _over_throughout(
    states: Floats, size: int, modes: int, k: int, length: float, end: float, delay: Floats,
    count: int, response: Floats, least: Floats, most: Floats, level: float,
) -> bool:  # fmt: skip
    """Whether the bounds prove that interval k lies over the level from begin to end."""
    fb = dot(states, size, modes, k, response, 0)
    for j in range(count - 1):
        if delay[j] >= length:
            break
        inner = delay[j + 1] < length
        fa = fb
        fb = dot(states, size, modes, k, response, (j + 1) * modes) if inner else end
        if min(fa, fb) <= level:
            return False
        fall = -dot(states, size, modes, k, least, j * modes)
        rise = dot(states, size, modes, k, most, j * modes)
        h = (delay[j + 1] if inner else length) - delay[j]
        if fall > 0.0 and rise > 0.0 and least_between(fa, fb, fall, rise, h) <= level:
            return False
    return True


@compiled
def settle(
    states: Floats, size: int, modes: int, table: Floats, held: Ints, intervals: int,
    delay: Floats, count: int, response: Floats, least: Floats, most: Floats, ends: Floats,
    level: float, lack: Floats, fate: Floats,
) -> int:  # fmt: skip
    """Clear intervals that lie over the level throughout; returns how many are not cleared.

    response, least, most: (regimes, count modes). fate: (size,) becomes what is known of each.
    """
    left = 0
    for k in range(intervals):
        counts = table[COUNTED, k] != 0.0 and table[LENGTH, k] > 0.0
        fate[k] = OPEN if counts else NONE
        left += 1 if counts else 0
    looked, vain = 0, 0
    while looked < MANY and vain < IN_VAIN and (looked < FEW or 2 * left < intervals):
        low = lowest_open(fate, ends, intervals)
        if low < 0:
            break
        p = held[low]
        looked += 1
        fate[low] = LOOKED_AT
        if _over_throughout(
            states, size, modes, low, table[LENGTH, low], ends[low], delay, count, response[p],
            least[p], most[p], level,
        ):  # fmt: skip
            fate[low] = CLEAR
            left -= 1 + spread(states, size, modes, table, held, low, intervals, lack, fate)
        else:
            vain += 1
    return left


@compiled
def column(
    states: Floats, size: int, modes: int, k: int, length: float, delay: Floats, count: int,
    response: Floats, least: Floats, most: Floats, f: Floats, falls: Floats, rises: Floats,
) -> None:  # fmt: skip
    """Survey interval k alone, into column 0."""
    for j in range(count):
        f[j, 0] = dot(states, size, modes, k, response, j * modes)
        if delay[j] >= length:
            break
        falls[j, 0] = dot(states, size, modes, k, least, j * modes)
        rises[j, 0] = dot(states, size, modes, k, most, j * modes)
