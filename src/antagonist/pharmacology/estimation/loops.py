"""Subjects in the form that the compiled loops take, and calls of them.

What has steady-state doses, or a rate matrix without closed modes, is left to NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.estimation.evaluation import Evaluation
from antagonist.pharmacology.estimation.plan import Plan
from antagonist.pharmacology.estimation.problem import Floats, Problem
from antagonist.pharmacology.estimation.tape import Tape
from antagonist.pharmacology.estimation.values import Effect
from antagonist.pharmacology.kernel import Ints
from antagonist.pharmacology.kernel.compiled.load import loop
from antagonist.pharmacology.kernel.limits import BOLUS, CHANGE, RATE_OFF, RATE_ON, RESET
from antagonist.pharmacology.kernel.parallel import share_out
from antagonist.pharmacology.ways import not_modelled

_WORTH = 400  # of an objective, in exponentials


@dataclass(frozen=True)
class Loops:
    """Arrays of a model and its S subjects, in the order in which the loop takes them.

    able: subjects whom the loops can serve, shape (S,). order: of the levels in time, (S, T).
    """

    sizes: Ints
    arrays: tuple[NDArray[Any], ...]
    rooms: tuple[tuple[int, ...], ...] = field(repr=False)
    able: NDArray[np.bool_]
    order: Ints | None

    def call(
        self, who: Ints, eta: Floats, *, search: bool
    ) -> tuple[Evaluation, Ints, NDArray[np.bool_]]:
        """Objectives at etas (N, q) of subjects ``who`` (N,), or searches that change the etas.

        Returns the evaluation, the trials, and where digits may have been lost.
        """
        count, q, levels = len(who), int(self.sizes[1]), int(self.sizes[15])
        value, gradient = np.empty(count), np.empty((count, q))
        information, prediction = np.empty((count, q, q)), np.zeros((count, levels))
        trials, doubts = np.ones(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        who = np.ascontiguousarray(who, dtype=np.int64)

        def work(part: slice) -> None:
            rooms = [np.zeros(shape) for shape in self.rooms]
            sequence = np.zeros(max(1, int(self.sizes[14])), dtype=np.int64)
            loop("fitted")(
                self.sizes, *self.arrays, who[part], eta[part], value[part], gradient[part],
                information[part], prediction[part], trials[part], doubts[part], *rooms[:15],
                sequence, *rooms[15:], part.stop - part.start, int(search),
            )  # fmt: skip

        share_out(count, _WORTH * (10 if search else 1), work)
        if self.order is not None:
            seen, prediction = prediction, np.zeros_like(prediction)
            np.put_along_axis(prediction, self.order[who], seen, axis=1)
        found = Evaluation(value, gradient, information, prediction)
        return found, trials, doubts.astype(bool) | ~self.able[who]


def loops_of(
    problem: Problem,
    tape: Tape,
    plan: Plan,
    effects: Sequence[Effect],
    levels: dict[str, NDArray[Any]],
) -> Loops:
    """Arrays for the loops. levels: time_h, known, output and the seven columns, each (S, T)."""
    subjects = len(plan.time_h)
    jumps, able = _jumps(plan, tape)
    cov, holds = _covariates(effects, tape, subjects, plan.regimes)
    regime_first = np.arange(subjects + 1) * plan.regimes
    known = levels["known"] > 0
    order = np.argsort(np.where(known, levels["time_h"], np.inf), axis=1, kind="stable")
    level_first = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
    turned = bool((order[:, 1:] < order[:, :-1]).any())
    if turned:
        levels = {name: np.take_along_axis(a, order, axis=1) for name, a in levels.items()}
        known = levels["known"] > 0
    columns = ("value", "beyond", "additive", "proportional", "at_zero", "linear", "logged")
    table = np.stack([levels[name][known].astype(float) for name in columns], axis=1)
    sizes = np.array([
        len(tape.consts), len(problem.names), len(tape.order), len(tape.gains),
        len(tape.entries), len(tape.slots), len(tape.starts) - 1, subjects, cov.shape[1],
        holds.shape[1], len(cov), len(jumps[1]), int(known.sum()), plan.regimes,
        int(np.diff(jumps[0]).max(initial=0)), levels["time_h"].shape[1],
    ], dtype=np.int64)  # fmt: skip
    arrays = (
        tape.ops, tape.consts, tape.depends, tape.entries, tape.gains, tape.slots, tape.order,
        tape.starts, problem.root, problem.precision, regime_first, cov, holds, *jumps,
        level_first, levels["time_h"][known], levels["output"][known], table,
    )  # fmt: skip
    whole = tuple(_ordered(np.asarray(a)) for a in arrays)
    return Loops(sizes, whole, _rooms(sizes), able, order if turned else None)


def _ordered(array: NDArray[Any]) -> NDArray[Any]:
    kind = {"i": np.int64, "f": np.float64, "u": np.uint8}[array.dtype.kind]
    return np.ascontiguousarray(array, dtype=kind)


def _rooms(sizes: Ints) -> tuple[tuple[int, ...], ...]:
    n, q, m, o = (int(x) for x in sizes[:4])
    p, jumps, levels = (max(1, int(x)) for x in sizes[13:16])
    return (
        (p, n), (p, n, q), (p, m), (2, p, m, m), (p, q, m, m), (p, o, m), (p, q, o, m), (5, m, m),
        (2, 3, 3), (m + 3,), (2, q, m), (3, m), (q,), (2, jumps), (2, jumps, q),
        (10, q), (7, q, q), (levels,),
    )  # fmt: skip


def _covariates(
    effects: Sequence[Effect], tape: Tape, subjects: int, regimes: int
) -> tuple[Floats, Floats]:
    """Covariates (rows, names) and where effects hold (rows, effects), rows S x P."""
    rows = subjects * regimes
    cov = np.ones((rows, len(tape.covariates)))
    holds = np.zeros((rows, len(effects)))
    for k, effect in enumerate(effects):
        holds[:, k] = effect.holds.reshape(rows)
        if effect.value is not None:
            cov[:, tape.covariates.index(effect.covariate)] = effect.value.reshape(rows)
    return cov, holds


def _jumps(plan: Plan, tape: Tape) -> tuple[tuple[NDArray[Any], ...], NDArray[np.bool_]]:
    """Jumps of all subjects in the order of their records: first, kind, slot, ..., until."""
    able = np.ones(len(plan.time_h), dtype=bool)
    parts: list[tuple[Any, ...]] = []
    s, column = np.nonzero(np.isfinite(plan.time_h))
    kind = np.where(plan.reset[s, column], RESET, CHANGE)
    none = np.zeros(len(s))
    at_h = plan.time_h[s, column]
    parts.append((s, column, kind, none, plan.regime[s, column], at_h, none, none, none + np.inf))
    for doses in plan.doses:
        if doses.steady_ii_h:
            able[doses.subject] = False
            continue
        rate = doses.rate_mg_per_h
        slots = tape.of_way[f"{doses.way}|rate" if rate else doses.way]
        if rate < 0 and any(tape.slots[k, 4 if rate == -1 else 5] < 0 for k in slots):
            raise not_modelled(rate)
        for k, slot in enumerate(slots):
            for side, of in enumerate((RATE_ON, RATE_OFF) if rate else (BOLUS,)):
                place = doses.column + (2 * k + side if rate else k)
                same = np.ones(len(doses.subject))
                parts.append((
                    doses.subject, place, same * of, same * slot, doses.regime, doses.time_h,
                    doses.amount_mg, same * rate, doses.until_h,
                ))  # fmt: skip
    columns = [np.concatenate([np.asarray(p[n]) for p in parts]) for n in range(9)]
    order = np.lexsort((columns[1], columns[0]))
    sorted_ = [c[order] for c in columns]
    first = np.searchsorted(sorted_[0], np.arange(len(plan.time_h) + 1))
    whole = [c.astype(np.int64) for c in (first, *sorted_[2:5])]
    return (*whole, *(c.astype(float) for c in sorted_[5:])), able
