"""Many subjects' histories and levels as arrays, and their predictions with exact derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.assembly import assemble
from antagonist.pharmacology.estimation.loops import Loops, loops_of
from antagonist.pharmacology.estimation.plan import Plan, filled, plan_of
from antagonist.pharmacology.estimation.problem import Floats, History, Level, Problem
from antagonist.pharmacology.estimation.tape import tape_of
from antagonist.pharmacology.estimation.values import Effect, effects_of, values_with_gradient
from antagonist.pharmacology.kernel import Ints
from antagonist.pharmacology.kernel.sensitivity import solve_with_gradient
from antagonist.pharmacology.models import Residual
from antagonist.pharmacology.varying import Quantity


@dataclass(frozen=True)
class Levels:
    """Observed values of S subjects, padded to the most that any has; every shape (S, T).

    known: 0 for padding. beyond: -1 below, 1 above a limit. linear: sd is the sum of both parts.
    at_zero: sd where the prediction is 0. logged: the error is on the logarithm, with sd
    ``proportional``; ``value`` is its logarithm.
    """

    time_h: Floats
    output: Ints
    value: Floats
    known: Floats
    beyond: Floats
    additive: Floats
    proportional: Floats
    at_zero: Floats
    linear: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    logged: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

    def part(self, rows: Ints) -> Levels:
        """Those of some subjects."""
        return Levels(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Batch:
    """What is known of subjects, in the form that is estimated from.

    plan, effects, levels, loops: of all; rows: which of them these S are.
    loops: the same for the compiled loops; None where they cannot serve the model.
    timed: whether a random effect moves the hour of a jump, as that of a lag time does.
    """

    problem: Problem
    plan: Plan
    effects: tuple[Effect, ...]
    levels: Levels
    loops: Loops | None
    timed: bool
    rows: Ints

    @property
    def subjects(self) -> int:
        """Their number S."""
        return len(self.rows)

    def part(self, rows: Ints) -> Batch:
        """The same for some of the subjects."""
        return replace(self, rows=self.rows[rows])

    def own(self) -> tuple[Plan, tuple[Effect, ...], Levels]:
        """Plan, effects and levels of these subjects alone."""
        rows = self.rows
        if len(rows) == len(self.plan.time_h) and (rows == np.arange(len(rows))).all():
            return self.plan, self.effects, self.levels
        effects = tuple(e.part(rows) for e in self.effects)
        return self.plan.part(rows), effects, self.levels.part(rows)


def batch_of(problem: Problem, histories: Sequence[History]) -> Batch:
    """Histories in the form of arrays.

    Raises InputError for a way in, an output or a formula that the model does not have.
    """
    levels = _levels(problem, histories)
    records = [r for h in histories for r in h.records if r.evid in (1, 4)]
    tape = tape_of(problem, records, {x.output for h in histories for x in h.levels})
    plan = plan_of(problem, histories, tape.widths)
    levels = replace(levels, time_h=np.maximum(levels.time_h, plan.start_h))
    effects = effects_of(problem, histories, plan.regimes)
    loops = loops_of(problem, tape, plan, effects, vars(levels)) if tape.closed else None
    rows = np.arange(len(histories))
    return Batch(problem, plan, effects, levels, loops, tape.timed, rows)


def _levels(problem: Problem, histories: Sequence[History]) -> Levels:
    names = list(problem.structure.outputs)
    shape = (len(histories), max(1, *(len(h.levels) for h in histories), 1))
    time_h, value, known, beyond, additive, proportional, at_zero = np.zeros((7, *shape))
    output = np.zeros(shape, dtype=np.intp)
    linear, logged = np.zeros((2, *shape), dtype=bool)
    for s, history in enumerate(histories):
        for t, level in enumerate(history.levels):
            error = _error(problem, level)
            time_h[s, t], known[s, t], beyond[s, t] = level.time_h, 1.0, level.beyond
            output[s, t] = names.index(level.output)
            linear[s, t], logged[s, t] = error.adds == "deviations", error.log_sd > 0
            value[s, t] = np.log(level.value) if error.log_sd > 0 else level.value
            additive[s, t], at_zero[s, t] = error.additive, error.sd_at_zero
            proportional[s, t] = error.log_sd or error.proportional
        count = len(history.levels)
        time_h[s, count:] = history.levels[-1].time_h if count else 0.0
    return Levels(
        time_h, output, value, known, beyond, additive, proportional, at_zero, linear, logged
    )  # fmt: skip


def _error(problem: Problem, level: Level) -> Residual:
    error = level.residual or problem.structure.residuals.get(level.output)
    if error is None or not (error.additive or error.proportional or error.log_sd):
        allowed = "a residual error above 0 for each output that is observed"
        raise InputError(problem.structure.id, f"residuals.{level.output}", None, allowed)
    return error


def predicted(batch: Batch, eta: Floats) -> tuple[Floats, Floats]:
    """Predictions at the levels' times, shape (S, T), and their derivatives, shape (S, T, q).

    eta: shape (S, q).
    """
    problem, (plan, effects, levels) = batch.problem, batch.own()
    values: dict[str, Quantity] = values_with_gradient(problem, effects, eta, plan.regimes)
    built = assemble(problem.structure, problem.products, values, plan.used)
    stacked = filled(plan, built)
    assert built.gradient is not None
    tangents = built.gradient.with_jumps(stacked)
    solution = solve_with_gradient(built.system, stacked.jumps, tangents, start_h=plan.start_h)
    value, gradient = solution.at(levels.time_h)
    which = levels.output
    if value.shape[1] == 1:
        return value[:, 0], np.moveaxis(gradient[:, 0], 1, 2)
    rows, columns = np.ogrid[: which.shape[0], : which.shape[1]]
    return value[rows, which, columns], gradient[rows, which, :, columns]
