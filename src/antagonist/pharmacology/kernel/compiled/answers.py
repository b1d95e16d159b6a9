"""Answers of many subjects: time over a level, gaps, weakest moment. Imported when compiling only.

All intervals of a subject are surveyed at a few delays. Where the survey excludes a crossing
nothing more is done, where it proves a single one Newton's method finds it, else it is bracketed
by halving.
"""

from __future__ import annotations

import math
from typing import Any

from antagonist.pharmacology.kernel.compiled.curves import respond
from antagonist.pharmacology.kernel.compiled.dominance import (
    CLEAR,
    MANY,
    NONE,
    again,
    column,
    opened,
    settle,
)
from antagonist.pharmacology.kernel.compiled.options import ZERO, Floats, carray, compiled
from antagonist.pharmacology.kernel.compiled.roots import ROOT, WHERE, note, solved
from antagonist.pharmacology.kernel.compiled.search import brackets, weakest
from antagonist.pharmacology.kernel.compiled.steps import (
    COUNTED,
    HELD,
    LENGTH,
    START,
    WEAK,
    cut,
    delays,
    ended,
    entering,
    powers,
    simple,
    stride,
    walk,
)
from antagonist.pharmacology.kernel.compiled.tile import states_of, survey
from antagonist.pharmacology.kernel.limits import BLOCK, DEPTH

# What a row of the answers holds.
ABOVE, GAPS, LONGEST, WEAKEST, WEAKEST_AT, FALLS, CROSSED, STATUS = range(8)


@compiled
def _tell(
    entries: Floats, found: int, table: Floats, above: bool, from_h: float, as_of_h: float,
    until_h: float, row: Floats,
) -> None:  # fmt: skip
    """Walk through the crossings: hours over the level, gaps, the first fall after a moment."""
    now, over, gaps, longest, begun = from_h, 0.0, 0, 0.0, from_h
    falls = math.inf
    if not above:
        gaps = 1
    for e in range(found + 1):
        last = e == found
        at = until_h if last else table[START, int(entries[WHERE, e])] + entries[ROOT, e]
        if above:
            over += at - now
            if not last:
                gaps += 1
                begun = at
                if at >= as_of_h:
                    falls = min(falls, at)
        else:
            longest = max(longest, at - begun)
            if now <= as_of_h < at or (last and as_of_h == at):
                falls = min(falls, as_of_h)
        now = at
        above = not above
    row[ABOVE], row[GAPS], row[LONGEST], row[FALLS] = over, gaps, longest, falls
    row[CROSSED] = found


def answered(
    values: Any, vectors: Any, inverse: Any, seen: Any, initial: Any, skip: Any, level: Any,
    time_h: Any, target: Any, amount: Any, reset: Any, regime: Any, delay_h: Any, fine_h: Any,
    table: Any, held: Any, which: Any, columns: Any, moved: Any, states: Any, grid: Any,
    powers_: Any, small: Any, rates: Any, shown: Any, square: Any, turned: Any, ranges: Any,
    responses: Any, room: Any, stack: Any, entries: Any, order: Any, lines: Any, eight: Any,
    crossed_h: Any, result: Any, s_count: int, regimes: int, m: int, modes: int, jumps: int,
    rows: int, amount_rows: int, count: int, pieces: int, size: int, capacity: int, kept: int,
    start_h: float, from_h: float, as_of_h: float, weak_h: float, until_h: float,
) -> None:  # fmt: skip
    """Answers of every subject, result: (s_count, 8), columns as named above.

    crossed_h: (s_count, most), the times of the first ``kept`` crossings.

    values, seen: (s_count, regimes, m). vectors, inverse: (..., m, m). initial: (s_count, m) modal.
    level: (s_count,). time_h, target, reset, regime: (rows, jumps), amount: (amount_rows, jumps),
    rows 1 (shared) or s_count. delay_h: (count,) from 0 up, the last not before any interval's
    end; fine_h as ``respond`` takes it. modes: m padded to blocks. size: jumps + 4 and 2 BLOCK.
    Room to work in: table (7, size); held, which (size,); columns (7, size); moved, states
    (modes size,); grid (4, count BLOCK); powers_ (modes size,); small (5, modes); rates, shown
    (regimes, modes); square, turned (modes modes,); ranges (3, regimes, count modes); responses
    (regimes, 3, points modes) and room, as ``respond`` takes them; stack (8, DEPTH); entries
    (7, capacity); order (capacity,); lines, eight, as
    ``solved`` takes them.
    """
    lam_, v_ = carray(values, (s_count, regimes, m)), carray(vectors, (s_count, regimes, m, m))
    w_, seen_ = carray(inverse, (s_count, regimes, m, m)), carray(seen, (s_count, regimes, m))
    vectors_ = carray(vectors, (s_count * regimes * m * m,))
    inverse_ = carray(inverse, (s_count * regimes * m * m,))
    initial_, skip_ = carray(initial, (s_count, m)), carray(skip, (s_count,))
    level_, time_ = carray(level, (s_count,)), carray(time_h, (rows, jumps))
    target_, amount_ = carray(target, (rows, jumps)), carray(amount, (amount_rows, jumps))
    reset_, regime_ = carray(reset, (rows, jumps)), carray(regime, (rows, jumps))
    points = (count - 1) * pieces + 1
    delay, fine = carray(delay_h, (count,)), carray(fine_h, (points,))
    table_, held_ = carray(table, (7, size)), carray(held, (size,))
    which_, columns_ = carray(which, (size,)), carray(columns, (7, size))
    moved_, states_ = carray(moved, (modes * size,)), carray(states, (modes * size,))
    grid_, e = carray(grid, (4, count * BLOCK)), carray(powers_, (modes * size,))
    small_, square_ = carray(small, (5, modes)), carray(square, (modes * modes,))
    lines_, eight_ = carray(lines, (6 * BLOCK,)), carray(eight, (modes * BLOCK,))
    rates_, shown_ = carray(rates, (regimes, modes)), carray(shown, (regimes, modes))
    turned_ = carray(turned, (modes * modes,))
    ranges_ = carray(ranges, (3, regimes, count * modes))
    responses_ = carray(responses, (regimes, 3, points * modes))
    room_ = carray(room, (3 * (points + modes) * modes,))
    stack_, entries_ = carray(stack, (8, DEPTH)), carray(entries, (7, capacity))
    order_, result_ = carray(order, (capacity,)), carray(result, (s_count, 8))
    crossed_ = carray(crossed_h, (s_count, kept))
    ends, fate, distinct, doses = columns_[0], columns_[1], columns_[2], columns_[3]
    floors, counted, weak = columns_[4], columns_[5], columns_[6]
    f, falls, rises, marks = grid_[0], grid_[1], grid_[2], grid_[3]
    response, least, most = ranges_[0], ranges_[1], ranges_[2]
    kick, state, plain, amounts, shares = small_[0], small_[1], small_[2], small_[3], small_[4]
    place = lines_[:2]
    intervals, lengths, one, many, weak_ones = 0, 0, -1, 0, 0
    for s in range(s_count):
        row, given = s if rows > 1 else 0, amount_[s if amount_rows > 1 else 0]
        if s == 0 or rows > 1:
            intervals = cut(time_[row], regime_[row], start_h, from_h, weak_h, until_h, table_)
            lengths = delays(table_, intervals, distinct, which_)
            many = opened(table_, intervals, COUNTED, counted)
            weak_ones = opened(table_, intervals, WEAK, weak)
            for k in range(size):
                held_[k] = int(table_[HELD, k]) if k < intervals else 0
        if s == 0 or rows > 1 or amount_rows > 1:
            one = simple(target_[row], given, reset_[row], regimes)
            if one >= 0:
                entering(table_, intervals, given, doses)
        if skip_[s] != 0:
            continue
        theta = level_[s]
        for p in range(regimes):
            for i in range(m):
                rates_[p, i] = min(lam_[s, p, i], 0.0)
                shown_[p, i] = seen_[s, p, i]
            whole = turned_
            if m == modes:
                whole = inverse_[(s * regimes + p) * m * m :]
            else:
                for i in range(m):
                    for n in range(m):
                        turned_[i * modes + n] = w_[s, p, i, n]
            respond(
                rates_[p], shown_[p], whole, modes, fine, pieces, count, responses_[p],
                response[p], least[p], most[p], room_,
            )  # fmt: skip
        for i in range(m):
            state[i] = initial_[s, i]
        if one >= 0:
            for i in range(m):
                kick[i] = w_[s, 0, i, one]
            powers(rates_[0], distinct, lengths, e, modes)
            stride(intervals, e, which_, kick, state, doses, moved_, size, modes)
            ended(intervals, shown_[0], kick, doses, moved_, size, modes, ends)
        else:
            walk(
                lam_[s], v_[s], w_[s], seen_[s], state[:m], table_, intervals, target_[row], given,
                reset_[row], regime_[row], moved_, size, ends, plain[:m],
            )  # fmt: skip
        k0 = 0
        while k0 < intervals:
            p, k1 = held_[k0], k0 + 1
            while k1 < intervals and held_[k1] == p:
                k1 += 1
            whole = square_
            if m == modes:
                whole = vectors_[(s * regimes + p) * m * m :]
            else:
                for i in range(m):
                    for j in range(m):
                        square_[i * modes + j] = v_[s, p, i, j]
            states_of(modes, whole, moved_, size, k0, k1, states_)
            k0 = k1
        again(fate, counted)
        left = settle(
            states_, size, modes, table_, held_, intervals, delay, count, response, least, most,
            ends, theta, many, fate, amounts, shares,
        )  # fmt: skip
        k0, found, above, begun = ZERO, ZERO, ZERO - 1, -1
        while k0 < intervals and found >= 0:
            p, k1 = held_[k0], k0 + 1
            if left <= MANY and fate[k0] == CLEAR:
                if above == 0:
                    if found >= capacity:
                        found = -1
                        break
                    note(entries_, found, k0, 0.0, 0.0, True, 0.0, 0.0)
                    found += 1
                above = 1
                begun = 1 if begun < 0 else begun
                k0 = k1
                continue
            if left <= MANY:
                if fate[k0] == NONE:
                    k0 = k1
                    continue
                column(
                    states_, size, modes, k0, table_[LENGTH, k0], delay, count, response[p],
                    least[p], most[p], f, falls, rises, amounts, marks,
                )  # fmt: skip
            else:
                while k1 < intervals and k1 < k0 + BLOCK and held_[k1] == p:
                    k1 += 1
                survey(
                    modes, delay, count, response[p], least[p], most[p], states_, size,
                    table_[LENGTH], ends, k0, theta, f, falls, rises, floors, marks,
                )  # fmt: skip
            for k in range(k0, k1):
                if begun < 0 and fate[k] != NONE:
                    begun = 1 if f[k - k0] > theta else 0
            found, above = brackets(
                rates_[p], delay, fine, pieces, responses_[p], table_, k0, k1, f, falls,
                rises, ends, theta, shown_[p], moved_, states_, size, modes, marks, amounts,
                shares, stack_, entries_, found, above,
            )  # fmt: skip
            k0 = k1
        if found < 0:
            result_[s, STATUS] = 1.0
            continue
        solved(
            rates_, held_, shown_, moved_, size, modes, entries_, found, theta, order_, lines_,
            eight_,
        )  # fmt: skip
        for n in range(min(found, kept)):
            crossed_[s, n] = table_[START, int(entries_[WHERE, n])] + entries_[ROOT, n]
        _tell(entries_, found, table_, begun == 1, from_h, as_of_h, until_h, result_[s])
        again(fate, weak)
        best = weakest(
            rates_, held_, delay, count, fine, pieces, table_, intervals, response, least, most,
            responses_, states_, ends, shown_, moved_, size, modes, weak_ones, fate, floors,
            left > MANY, grid_, place, stack_, entries_, amounts, shares,
        )  # fmt: skip
        # amounts are not negative: less than none is rounding
        result_[s, WEAKEST] = max(best, 0.0)
        result_[s, WEAKEST_AT] = table_[START, int(place[0])] + place[1]
        result_[s, STATUS] = 0.0
