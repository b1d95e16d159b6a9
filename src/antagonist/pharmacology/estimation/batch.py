"""Many subjects' histories and levels as arrays, and their predictions with exact derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.assembly import Assembly, assemble
from antagonist.pharmacology.estimation.plan import Plan, filled, plan_of
from antagonist.pharmacology.estimation.problem import Floats, History, Level, Problem
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
        """Those of some subjects, without columns that none of them needs."""
        wide = max(1, int(self.known[rows].sum(axis=1).max(initial=0)))
        return Levels(*(getattr(self, name)[rows, :wide] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Batch:
    """What is known of S subjects, in the form that is estimated from.

    timed: whether a random effect moves the hour of a jump, as that of a lag time does.
    """

    problem: Problem
    plan: Plan
    effects: tuple[Effect, ...]
    levels: Levels
    timed: bool

    @property
    def subjects(self) -> int:
        """Their number S."""
        return len(self.levels.time_h)

    def part(self, rows: Ints) -> Batch:
        """The same for some of the subjects."""
        effects = tuple(e.part(rows) for e in self.effects)
        return replace(
            self, plan=self.plan.part(rows), effects=effects, levels=self.levels.part(rows)
        )


def batch_of(problem: Problem, histories: Sequence[History]) -> Batch:
    """Histories in the form of arrays.

    Raises InputError for a way in, an output or a formula that the model does not have.
    """
    levels = _levels(problem, histories)
    plan = plan_of(problem, histories, _widths(problem, histories))
    levels = replace(levels, time_h=np.maximum(levels.time_h, plan.start_h))
    effects = effects_of(problem, histories, plan.regimes)
    batch = Batch(problem, plan, effects, levels, timed=False)
    built = assembled(batch, np.zeros((len(histories), len(problem.names))))
    return replace(batch, timed=bool(filled(plan, built).time_h.any()))


def _widths(problem: Problem, histories: Sequence[History]) -> dict[str, int]:
    """Jumps that a dose of each way makes."""
    records = [r for h in histories for r in h.records if r.evid in (1, 4)]
    eta = np.zeros((1, len(problem.names)))
    values = values_with_gradient(problem, (), eta, 1)
    built = assemble(problem.structure, problem.products, values, records)
    found = {name: len(slots) for name, slots in built.slots.items()}
    return found | {f"{name}|rate": 2 * len(ways) for name, ways in built.infusions.items()}


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


def assembled(batch: Batch, eta: Floats) -> Assembly:
    """The kernel's system of every subject with its derivatives by the random effects."""
    problem, plan = batch.problem, batch.plan
    values: dict[str, Quantity] = values_with_gradient(problem, batch.effects, eta, plan.regimes)
    return assemble(problem.structure, problem.products, values, plan.used)


def predicted(batch: Batch, eta: Floats) -> tuple[Floats, Floats]:
    """Predictions at the levels' times, shape (S, T), and their derivatives, shape (S, T, q).

    eta: shape (S, q).
    """
    built = assembled(batch, eta)
    stacked = filled(batch.plan, built)
    assert built.gradient is not None
    tangents = built.gradient.with_jumps(stacked)
    jumps, start_h = stacked.jumps, batch.plan.start_h
    solution = solve_with_gradient(built.system, jumps, tangents, start_h=start_h)
    value, gradient = solution.at(batch.levels.time_h)
    which = batch.levels.output
    if value.shape[1] == 1:
        return value[:, 0], np.moveaxis(gradient[:, 0], 1, 2)
    rows, columns = np.ogrid[: which.shape[0], : which.shape[1]]
    return value[rows, which, columns], gradient[rows, which, :, columns]
