"""Eight intervals at once. Imported when compiling only.

What is seen a delay after a moment is a sum over states: f = sum_j x_j rho_j(delay), with rho_j the
response to one unit in state j. Amounts x_j and responses are never negative, so the slope of f
within two delays lies between the sums of x_j times the least and the most slope of rho_j there;
those are worked out once for a subject (``curves.respond``). Modes are not used for bounds: where
rates nearly meet, modes cancel each other, and amounts do not.
"""

from __future__ import annotations

from typing import Any

from antagonist.pharmacology.kernel.compiled.lanes import (
    least,
    less,
    load,
    most,
    splat,
    store,
    where_less,
)
from antagonist.pharmacology.kernel.compiled.options import Floats, compiled, inlined
from antagonist.pharmacology.kernel.limits import BLOCK


@inlined
def rows(array: Floats, at: int, step: int) -> Any:
    """Eight lanes from each of eight rows, ``step`` apart."""
    return (
        load(array, at),
        load(array, at + step),
        load(array, at + 2 * step),
        load(array, at + 3 * step),
        load(array, at + 4 * step),
        load(array, at + 5 * step),
        load(array, at + 6 * step),
        load(array, at + 7 * step),
    )


@inlined
def weighed(x: Any, factors: Floats, at: int) -> Any:
    """Sum of eight rows times factors[at:], always in the same order."""
    even = x[0] * factors[at] + x[2] * factors[at + 2]
    odd = x[1] * factors[at + 1] + x[3] * factors[at + 3]
    even = even + x[4] * factors[at + 4] + x[6] * factors[at + 6]
    odd = odd + x[5] * factors[at + 5] + x[7] * factors[at + 7]
    return even + odd


@compiled
def states_of(
    modes: int, vectors: Floats, moved: Floats, size: int, k0: int, k1: int, states: Floats
) -> None:
    """Amounts in every state at the begin of intervals k0 to k1, and up to seven more.

    modes: padded to a multiple of BLOCK. vectors: (modes, modes) flat. moved, states:
    (modes, size) flat, in modes and in states.
    """
    for k in range(k0, k1, BLOCK):
        for b in range(0, modes, BLOCK):
            x = rows(moved, b * size + k, size)
            for j in range(modes):
                total = weighed(x, vectors, j * modes + b)
                if b > 0:
                    total = total + load(states, j * size + k)
                store(states, j * size + k, total)


@inlined
def _gathered(
    x: Any, factors: Floats, modes: int, b: int, count: int, into: Floats
) -> None:  # fmt: skip
    """Add eight states' rows times a delay's factors to what is known of it, for every delay."""
    for j in range(count):
        total = weighed(x, factors, j * modes + b)
        store(into, j * BLOCK, total if b == 0 else total + load(into, j * BLOCK))


@compiled
def survey(
    modes: int, delay: Floats, count: int, response: Floats, least_: Floats, most_: Floats,
    states: Floats, size: int, lengths: Floats, ends: Floats, k0: int, level: float, f: Floats,
    falls: Floats, rises: Floats, floors: Floats, marks: Floats,
) -> None:  # fmt: skip
    """Value of eight intervals from k0 on at every delay, and what may hide between.

    modes: padded to a multiple of BLOCK. delay: (count,), the last not before any interval's
    end. response, least_, most_: (count, modes) flat, a unit's value at each delay, and its least
    and most slope from there to the next. states: (modes, size) flat, amounts at the begins.
    lengths, ends: (size,), ends the value at the end; what is no interval has length 0. f, falls,
    rises: (count BLOCK,), value and least and most slope up to the next delay, for delays within
    some interval. floors: (size,), what each interval is nowhere under.
    marks: (2 BLOCK,), for each interval the sum of 2^j over pieces j that hold one crossing, and
    over those that may hold some.
    """
    length, end, heights = load(lengths, k0), load(ends, k0), splat(level)
    inside = 1
    while inside < count and less(splat(delay[inside]), length) != 0:
        inside += 1
    for b in range(0, modes, BLOCK):
        x = rows(states, b * size + k0, size)
        _gathered(x, response, modes, b, inside, f)
        _gathered(x, least_, modes, b, inside, falls)
        _gathered(x, most_, modes, b, inside, rises)
    deep, one, none = end, splat(1.0), splat(0.0)
    once, maybe, worth = none, none, 1.0
    fa = load(f, 0)
    for j in range(inside):
        start, stop = splat(delay[j]), splat(delay[min(j + 1, count - 1)])
        fi = load(f, (j + 1) * BLOCK) if j + 1 < inside else end
        fb = where_less(stop, length, fi, end)
        h = least(stop, length) - start
        # Lines from both ends with the steepest slopes meet fall rise h / (fall + rise) under the
        # lower end at most, which is less than the smaller of fall and rise times h.
        steep = least(none - load(falls, j * BLOCK), load(rises, j * BLOCK))
        slack = h * most(steep, none)
        low, high = least(fa, fb), most(fa, fb)
        # a level that is the higher end's is not crossed, one that is the lower's is
        across = where_less(heights, high, where_less(heights, low, none, one), none)
        hidden = where_less(
            heights, low - slack, none, where_less(heights, high + slack, one, none)
        )
        turns = where_less(none, steep, one, none)
        within = where_less(start, length, splat(worth), none)
        once = once + across * (one - turns) * within
        maybe = maybe + where_less(none, across, turns, turns * hidden) * within
        deep = where_less(start, length, least(deep, low - slack), deep)
        fa, worth = fi, worth * 2.0
    store(marks, 0, once)
    store(marks, BLOCK, maybe)
    store(floors, k0, deep)
