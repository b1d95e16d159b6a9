"""A subject's history cut into intervals, and its modes carried through them.

Imported when compiling only.
"""

from __future__ import annotations

from antagonist.pharmacology.kernel.compiled.lanes import load, store, transposed
from antagonist.pharmacology.kernel.compiled.options import Floats, Ints, Marks, compiled, decay
from antagonist.pharmacology.kernel.compiled.tile import rows, weighed
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
    Columns up to the next multiple of BLOCK after count hold nothing of use then, and there must
    be one more: size, and that of which and doses, is at least count + 10.
    """
    for b in range(0, modes, BLOCK):
        unit, z = load(kick, b), load(state, b)
        z = z + unit * doses[0]
        for k in range(0, count + 1, BLOCK):
            x0, z = z, z * load(e, which[k] * modes + b) + unit * doses[k + 1]
            x1, z = z, z * load(e, which[k + 1] * modes + b) + unit * doses[k + 2]
            x2, z = z, z * load(e, which[k + 2] * modes + b) + unit * doses[k + 3]
            x3, z = z, z * load(e, which[k + 3] * modes + b) + unit * doses[k + 4]
            x4, z = z, z * load(e, which[k + 4] * modes + b) + unit * doses[k + 5]
            x5, z = z, z * load(e, which[k + 5] * modes + b) + unit * doses[k + 6]
            x6, z = z, z * load(e, which[k + 6] * modes + b) + unit * doses[k + 7]
            x7, z = z, z * load(e, which[k + 7] * modes + b) + unit * doses[k + 8]
            x = transposed((x0, x1, x2, x3, x4, x5, x6, x7))
            store(moved, (b + 0) * size + k, x[0])
            store(moved, (b + 1) * size + k, x[1])
            store(moved, (b + 2) * size + k, x[2])
            store(moved, (b + 3) * size + k, x[3])
            store(moved, (b + 4) * size + k, x[4])
            store(moved, (b + 5) * size + k, x[5])
            store(moved, (b + 6) * size + k, x[6])
            store(moved, (b + 7) * size + k, x[7])


@compiled
def ended(
    count: int, seen: Floats, kick: Floats, doses: Floats, moved: Floats, size: int, modes: int,
    ends: Floats,
) -> None:  # fmt: skip
    """What is seen at the end of each interval, before what enters then."""
    entered = 0.0
    for i in range(modes):
        entered += seen[i] * kick[i]
    for k in range(0, count, BLOCK):
        total = load(doses, k + 1) * (0.0 - entered)
        for b in range(0, modes, BLOCK):
            total = total + weighed(rows(moved, b * size + k + 1, size), seen, b)
        store(ends, k, total)


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
