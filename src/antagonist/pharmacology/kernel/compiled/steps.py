"""A subject's history cut into intervals, and its modes carried through them.

Imported when compiling only.
"""

from __future__ import annotations

from antagonist.pharmacology.kernel.compiled.options import Floats, Ints, Marks, compiled, decay
from antagonist.pharmacology.kernel.limits import BLOCK

# Rows of an interval table.
START, LENGTH, FIRST, END, HELD, COUNTED, WEAK = range(7)


@compiled
def cut(
    time_h: Floats, regime: Ints, start_h: float, from_h: float, weak_h: float, until_h: float,
    table: Floats,
) -> int:  # fmt: skip
    """Intervals between jumps, cut again where counting and the search for the weakest begin.

    table: (7, >= jumps + 3); FIRST and END are the jumps that happen at an interval's end. Columns
    that are no interval get length 0. Returns the number of intervals.
    """
    count, at, jumps = 0, 0, time_h.shape[0]
    now, held = start_h, 0
    while now < until_h or count == 0:
        due = until_h
        if at < jumps:
            due = min(due, time_h[at])
        if now < from_h:
            due = min(due, from_h)
        if now < weak_h:
            due = min(due, weak_h)
        first = at
        while at < jumps and time_h[at] <= due:
            at += 1
        table[START, count], table[LENGTH, count] = now, due - now
        table[FIRST, count], table[END, count] = first, at
        table[HELD, count] = held
        table[COUNTED, count] = 1.0 if now >= from_h else 0.0
        table[WEAK, count] = 1.0 if now >= weak_h else 0.0
        count += 1
        if at > first:
            held = regime[at - 1]
        now = due
    for k in range(count, table.shape[1]):
        table[LENGTH, k] = 0.0
    return count


@compiled
def delays(table: Floats, count: int, distinct: Floats, which: Ints) -> int:
    """Different lengths among the intervals: distinct[:returned], which[k] its place."""
    found = 0
    for k in range(count):
        length, place = table[LENGTH, k], -1
        for u in range(max(0, found - 8), found):
            if distinct[u] == length:
                place = u
        if place < 0:
            place = found
            distinct[found] = length
            found += 1
        which[k] = place
    return found


@compiled
def powers(lam: Floats, distinct: Floats, count: int, e: Floats, modes: int) -> None:
    """e[u modes + i] = exp(lam[i] distinct[u])."""
    for u in range(count):
        for i in range(modes):
            e[u * modes + i] = lam[i] * distinct[u]
    for n in range(count * modes):
        e[n] = decay(e[n])


@compiled
def simple(target: Ints, amount: Floats, reset: Marks, regimes: int) -> int:
    """The one state that all doses enter, where nothing is reset or changes; else -1."""
    if regimes > 1:
        return -1
    found = 0
    for j in range(target.shape[0]):
        if reset[j] != 0:
            return -1
        if amount[j] != 0.0:
            if found > 0 and target[j] != found - 1:
                return -1
            found = target[j] + 1
    return max(found - 1, 0)


@compiled
def entering(table: Floats, count: int, amount: Floats, doses: Floats) -> None:
    """What enters at each interval's begin; doses: (>= count + 1,)."""
    doses[0] = 0.0
    for k in range(count):
        total = 0.0
        for j in range(int(table[FIRST, k]), int(table[END, k])):
            total += amount[j]
        doses[k + 1] = total


@compiled
def stride(
    count: int, e: Floats, which: Ints, kick: Floats, state: Floats, doses: Floats, moved: Floats,
    size: int, modes: int,
) -> None:  # fmt: skip
    """Carry modes through intervals of one regime with doses of one kind.

    kick, state: (modes,), modal, of a unit dose and of what is there at the start.
    moved[i size + k] becomes mode i at the begin of interval k with its dose, for k up to count.
    """
    for b in range(0, modes, BLOCK):
        u0, z0 = kick[b + 0], state[b + 0]
        u1, z1 = kick[b + 1], state[b + 1]
        u2, z2 = kick[b + 2], state[b + 2]
        u3, z3 = kick[b + 3], state[b + 3]
        u4, z4 = kick[b + 4], state[b + 4]
        u5, z5 = kick[b + 5], state[b + 5]
        u6, z6 = kick[b + 6], state[b + 6]
        u7, z7 = kick[b + 7], state[b + 7]
        row = b * size
        for k in range(count + 1):
            dose = doses[k]
            z0 += dose * u0
            z1 += dose * u1
            z2 += dose * u2
            z3 += dose * u3
            z4 += dose * u4
            z5 += dose * u5
            z6 += dose * u6
            z7 += dose * u7
            moved[row + 0 * size + k] = z0
            moved[row + 1 * size + k] = z1
            moved[row + 2 * size + k] = z2
            moved[row + 3 * size + k] = z3
            moved[row + 4 * size + k] = z4
            moved[row + 5 * size + k] = z5
            moved[row + 6 * size + k] = z6
            moved[row + 7 * size + k] = z7
            at = which[k] * modes + b
            z0 *= e[at + 0]
            z1 *= e[at + 1]
            z2 *= e[at + 2]
            z3 *= e[at + 3]
            z4 *= e[at + 4]
            z5 *= e[at + 5]
            z6 *= e[at + 6]
            z7 *= e[at + 7]


@compiled
def ended(
    count: int, seen: Floats, kick: Floats, doses: Floats, moved: Floats, size: int, modes: int,
    ends: Floats,
) -> None:  # fmt: skip
    """What is seen at the end of each interval, before what enters then."""
    entered = 0.0
    for i in range(modes):
        entered += seen[i] * kick[i]
    after = doses[1 : count + 1]
    for k in range(count):
        ends[k] = -entered * after[k]
    for i in range(modes):
        part, factor = moved[i * size + 1 : (i + 1) * size], seen[i]
        for k in range(count):
            ends[k] += factor * part[k]


@compiled
def walk(
    lam: Floats, vectors: Floats, inverse: Floats, seen: Floats, state: Floats, table: Floats,
    count: int, target: Ints, amount: Floats, reset: Marks, regime: Ints, moved: Floats, size: int,
    ends: Floats, plain: Floats,
) -> None:  # fmt: skip
    """As ``stride`` and ``ended`` for all else: doses of any kind, resets, changed parameters.

    lam, seen: (regimes, m). state, plain: (m,), modal, changed.
    """
    m = state.shape[0]
    for k in range(count):
        held = int(table[HELD, k])
        total = 0.0
        for i in range(m):
            moved[i * size + k] = state[i]
            state[i] *= decay(lam[held, i] * table[LENGTH, k])
            total += seen[held, i] * state[i]
        ends[k] = total
        for j in range(int(table[FIRST, k]), int(table[END, k])):
            new = regime[j]
            if new != held:
                for i in range(m):
                    plain[i] = 0.0
                    for n in range(m):
                        plain[i] += vectors[held, i, n] * state[n]
                for i in range(m):
                    total = 0.0
                    for n in range(m):
                        total += inverse[new, i, n] * plain[n]
                    state[i] = total
                held = new
            if reset[j] != 0:
                for i in range(m):
                    state[i] = 0.0
            if amount[j] != 0.0:
                for i in range(m):
                    state[i] += inverse[held, i, target[j]] * amount[j]
