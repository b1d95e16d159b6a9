"""Objectives and searches of many subjects, one after another. Imported when compiling only."""

from __future__ import annotations

from typing import Any

from antagonist.pharmacology.kernel.compiled.options import carray
from antagonist.pharmacology.kernel.compiled.scored import scored
from antagonist.pharmacology.kernel.compiled.trust import searched


def fitted(
    sizes: Any, ops: Any, consts: Any, depends: Any, entries: Any, gains: Any, slots: Any,
    order: Any, starts: Any, root: Any, precision: Any, regime_first: Any, cov: Any, holds: Any,
    jump_first: Any, kind: Any, slot: Any, regime: Any, time_h: Any, amount: Any, rate: Any,
    until_h: Any, level_first: Any, level_h: Any, level_of: Any, level: Any, who: Any, eta: Any,
    value: Any, gradient: Any, information: Any, prediction: Any, trials: Any, doubts: Any,
    vals: Any, grads: Any, lams: Any, vectors: Any, drivens: Any, seens: Any, turneds: Any,
    squares: Any, small: Any, line: Any, tangents: Any, states: Any, slopes: Any, hours: Any,
    hours_q: Any, sequence: Any, points: Any, boxes: Any, trial: Any, count: int, search: int,
) -> None:  # fmt: skip
    """Objectives at etas (count, q) of the subjects ``who`` (count,), or searches from there.

    sizes: numbers n, q, m, outputs, entries, slots, blocks, subjects, covariates, effects, rows of
    covariates, jumps, levels, most regimes p, most jumps and most levels of a subject.
    ops to starts: see ``formulas``, ``settled`` and ``scored``; each ``_first`` has one entry more
    than there are subjects. level: (levels, 7). value (count,) to doubts (count,) are written;
    with ``search`` also eta. prediction: (count, most levels).
    Room to work in: vals (p, n), grads (p, n, q) of zeros, lams (p, m), vectors (2, p, m, m),
    drivens (p, q, m, m), seens (p, outputs, m), turneds (p, q, outputs, m), squares (5, m, m),
    small (2, 3, 3), line (m + 3), tangents (2, q, m), states (3, m), slopes (q,), hours
    (2, most jumps), hours_q (2, most jumps, q), sequence (most jumps), points (10, q), boxes
    (7, q, q), trial (most levels).
    """
    z = carray(sizes, (16,))
    n, q, m, o = z[0], z[1], z[2], z[3]
    n_entries, n_slots, blocks, people_n = z[4], z[5], z[6], z[7]
    n_cov, n_eff, rows, jumps, levels, p, jm, tm = (
        z[8], z[9], z[10], z[11], z[12], z[13], z[14], z[15],
    )  # fmt: skip
    model = (
        carray(ops, (n, 3)), carray(consts, (n,)), carray(depends, (n,)),
        carray(entries, (n_entries, 3)), carray(gains, (o, 2)), carray(slots, (n_slots, 6)),
        carray(order, (m,)), carray(starts, (blocks + 1,)), carray(precision, (q, q)),
    )  # fmt: skip
    jump = (
        carray(kind, (jumps,)), carray(slot, (jumps,)), carray(regime, (jumps,)),
        carray(time_h, (jumps,)), carray(amount, (jumps,)), carray(rate, (jumps,)),
        carray(until_h, (jumps,)),
    )  # fmt: skip
    people = (
        carray(regime_first, (people_n + 1,)), carray(cov, (rows, n_cov)),
        carray(holds, (rows, n_eff)), carray(jump_first, (people_n + 1,)), jump,
        carray(level_first, (people_n + 1,)), carray(level_h, (levels,)),
        carray(level_of, (levels,)), carray(level, (levels, 7)),
    )  # fmt: skip
    square, pair, tangent = (
        carray(squares, (5, m, m)),
        carray(vectors, (2, p, m, m)),
        carray(tangents, (2, q, m)),
    )
    modal = (
        square[0], square[1], square[2], square[3], carray(small, (2, 3, 3)),
        carray(line, (m + 3,)), square[4],
    )  # fmt: skip
    state = carray(states, (3, m))
    hour, hour_q = carray(hours, (2, jm)), carray(hours_q, (2, jm, q))
    room = (
        carray(vals, (p, n)), carray(grads, (p, n, q)), carray(lams, (p, m)), pair[0], pair[1],
        carray(drivens, (p, q, m, m)), carray(seens, (p, o, m)), carray(turneds, (p, q, o, m)),
        modal, (hour[0], hour[1], hour_q[0], hour_q[1], carray(sequence, (jm,))),
        (state[0], tangent[0], state[1], tangent[1], state[2], carray(slopes, (q,))),
    )  # fmt: skip
    x, box = carray(points, (10, q)), carray(boxes, (7, q, q))
    searching = (
        x[0], x[1], x[2], x[3], x[4], x[5], box[0], box[1], box[2], box[3], x[6], x[7], box[4],
        carray(trial, (tm,)), (box[5], x[8], box[6], x[9], x[9]),
    )  # fmt: skip
    root_, who_, eta_ = carray(root, (q, q)), carray(who, (count,)), carray(eta, (count, q))
    value_, gradient_ = carray(value, (count,)), carray(gradient, (count, q))
    information_, prediction_ = carray(information, (count, q, q)), carray(prediction, (count, tm))
    trials_, doubts_ = carray(trials, (count,)), carray(doubts, (count,))
    for c in range(count):
        if search != 0:
            found, tried, doubt = searched(
                who_[c], eta_[c], root_, model, people, room, searching, gradient_[c],
                information_[c], prediction_[c],
            )  # fmt: skip
            trials_[c] = tried
        else:
            found, doubt = scored(
                who_[c], eta_[c], model, people, room, gradient_[c], information_[c],
                prediction_[c],
            )  # fmt: skip
        value_[c], doubts_[c] = found, doubt
