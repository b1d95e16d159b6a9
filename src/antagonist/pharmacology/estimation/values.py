"""Parameter values of many subjects, each with its own covariates, with exact derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import Covariate
from antagonist.pharmacology.estimation.problem import Floats, History, Problem
from antagonist.pharmacology.expressions import parse
from antagonist.pharmacology.gradients import backward_with_gradient
from antagonist.pharmacology.kernel import Ints
from antagonist.pharmacology.varying import Quantity, Varying, chosen, shaped


@dataclass(frozen=True)
class Effect:
    """One covariate effect: where it holds and the covariate's value, both (S, P)."""

    parameter: str
    covariate: str
    shift: str
    holds: NDArray[np.bool_]
    value: Floats | None

    def part(self, rows: Ints) -> Effect:
        """For some of the subjects."""
        value = None if self.value is None else self.value[rows]
        return replace(self, holds=self.holds[rows], value=value)


def effects_of(problem: Problem, histories: Sequence[History], regimes: int) -> tuple[Effect, ...]:
    """Covariate effects of the model for each history in each of its regimes.

    Raises InputError for a text where a formula needs a number.
    """
    known = [_by_regime(history, regimes) for history in histories]
    found = []
    for effect in problem.structure.covariates:
        name, needed = effect.covariate, effect.covariate in parse(effect.shift).names
        given = [[held.get(name) for held in one] for one in known]
        holds = [[_holds(v, effect.when) for v in one] for one in given]
        value = None
        if needed:
            value = np.array([[_number(name, v) for v in one] for one in given])
        found.append(Effect(effect.parameter, name, effect.shift, np.array(holds), value))
    return tuple(found)


def _by_regime(history: History, regimes: int) -> list[dict[str, Covariate]]:
    held = dict(history.covariates)
    found = [dict(held)]
    for record in history.records:
        if record.evid == 2:
            held |= record.covariates
            found.append(dict(held))
    return (found + [held] * regimes)[:regimes]


def _holds(value: Covariate | None, when: str | None) -> bool:
    if value is None or when is None:
        return value is not None
    return value == when or (not isinstance(value, str) and f"{value:g}" == when)


def _number(name: str, value: Covariate | None) -> float:
    if isinstance(value, str):
        raise InputError("", f"covariate {name}", value, "a number: the model calculates with it")
    return 1.0 if value is None else float(value)


def values_with_gradient(
    problem: Problem, effects: Sequence[Effect], eta: Floats, regimes: int
) -> dict[str, Quantity]:
    """Every parameter, shape (S, P), with its derivatives by the random effects.

    eta: shape (S, q), in the order of the problem's names.
    """
    subjects, count = eta.shape
    units = np.eye(count)
    phi: dict[str, Quantity] = {
        name: np.full((subjects, 1), problem.centre[name]) for name in problem.parameters
    }
    for n, name in enumerate(problem.names):
        moved = problem.centre[name] + eta[:, n : n + 1]
        phi[name] = Varying(moved, np.broadcast_to(units[n], (subjects, 1, count)))
    transforms = {name: p.transform for name, p in problem.parameters.items()}
    plain = {name: backward_with_gradient(phi[name], transforms[name]) for name in phi}
    shifted = dict(phi)
    for effect in effects:
        held: dict[str, Quantity] = dict(plain)
        if effect.value is not None:
            held[effect.covariate] = effect.value
        shift = shaped(parse(effect.shift).of(held), (subjects, regimes))
        if not effect.holds.all():
            shift = chosen(effect.holds, shift, 0.0)
        shifted[effect.parameter] = shifted[effect.parameter] + shift
    found: dict[str, Quantity] = {}
    for name, value in shifted.items():
        same = value is phi[name]
        backed = plain[name] if same else backward_with_gradient(value, transforms[name])
        found[name] = shaped(backed, (subjects, regimes))
    return found
