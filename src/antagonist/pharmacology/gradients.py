"""Levels, odds and occupancies with their exact derivatives by parameters and dose amounts.

Parameters that vary come as ``Varying``: a value with its derivative by each of q directions,
such as some parameters themselves (``by_value``) or their transformed scale (``by_phi``).
Everything that a parameter can enter is differentiated: rates, gains, fractions, lags, durations,
steady states, receptors. Source of the method: Griewank and Walther 2008, chapter 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.data import near_match
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.assembly import assemble, jumps_with_gradient
from antagonist.pharmacology.built import Assembly
from antagonist.pharmacology.dosing.records import Covariate, EventRecord
from antagonist.pharmacology.expressions import parse
from antagonist.pharmacology.kernel import Jumps
from antagonist.pharmacology.kernel.answers_gradient import AnswersGradient, answers_with_gradient
from antagonist.pharmacology.kernel.sensitivity import (
    GradientSolution,
    Tangents,
    solve_with_gradient,
)
from antagonist.pharmacology.kernel.window import Answers, Window
from antagonist.pharmacology.models import Formulation, Parameter, Structure, Transform
from antagonist.pharmacology.receptors import Receptor, antagonist_odds, occupancy
from antagonist.pharmacology.responses import Endpoint, blocked
from antagonist.pharmacology.subjects import backward
from antagonist.pharmacology.varying import Quantity, Varying, gradient_of, shaped, value_of
from antagonist.pharmacology.ways import SystemGradient

Floats = NDArray[np.float64]


def by_value(values: Mapping[str, Floats], names: Sequence[str]) -> dict[str, Quantity]:
    """Parameters of which some are the directions themselves, in the order of ``names``.

    values: each of shape (S, P). Raises InputError for a name that no parameter has.
    """
    _check(names, values)
    units = np.eye(len(names))
    found: dict[str, Quantity] = dict(values)
    for name, unit in zip(names, units, strict=True):
        value = np.asarray(values[name], dtype=float)
        found[name] = Varying(value, np.broadcast_to(unit, (*value.shape, len(names))))
    return found


def by_phi(
    structure: Structure,
    parameters: Mapping[str, Parameter],
    phi: Mapping[str, Floats],
    names: Sequence[str],
    covariates: Sequence[Mapping[str, Covariate]] = ({},),
) -> dict[str, Quantity]:
    """Parameter values as ``values_of`` gives them, with derivatives by the phi of ``names``.

    phi: transformed parameters, each of shape (S,). covariates: one mapping for each of P regimes.
    Returns values of shape (S, P). Raises InputError for a name that no parameter has.
    """
    _check(names, parameters)
    scale = by_value({name: np.asarray(phi[name], dtype=float) for name in parameters}, names)
    plain = {
        n: backward_with_gradient(scale[n], p.transform)[:, None] for n, p in parameters.items()
    }
    columns = {name: [scale[name]] * len(covariates) for name in parameters}
    for regime, known in enumerate(covariates):
        for effect in structure.covariates:
            given = known.get(effect.covariate)
            if given is None or (effect.when is not None and given != effect.when):
                continue
            held: dict[str, Quantity] = dict(plain)
            if not isinstance(given, str):
                held[effect.covariate] = np.asarray(given, dtype=float)
            count = len(value_of(scale[effect.parameter]))
            shift = shaped(parse(effect.shift).of(held), (count, 1))[:, 0]
            columns[effect.parameter][regime] = columns[effect.parameter][regime] + shift
    return {
        name: backward_with_gradient(_side_by_side(columns[name], len(names)), p.transform)
        for name, p in parameters.items()
    }


def _check(names: Sequence[str], known: Mapping[str, object]) -> None:
    for name in names:
        if name not in known:
            raise InputError("", "parameter", name, near_match(name, sorted(known)))


def backward_with_gradient(phi: Quantity, transform: Transform) -> Quantity:
    """Transformed scale to value with the chain rule, any shape."""
    value = backward(value_of(phi), transform)
    if not isinstance(phi, Varying) or transform == "identity":
        return phi if isinstance(phi, Varying) else value
    slope = value if transform == "log" else value * (1.0 - value)
    return Varying(value, slope[..., None] * phi.gradient)


def _side_by_side(columns: Sequence[Quantity], count: int) -> Quantity:
    """Columns of shape (S,) as one quantity of shape (S, P)."""
    value = np.stack([value_of(c) for c in columns], axis=1)
    if not any(isinstance(c, Varying) for c in columns):
        return value
    return Varying(value, np.stack([gradient_of(c, count) for c in columns], axis=1))


@dataclass(frozen=True)
class GradientScene:
    """A solved dosing history with derivatives by q directions.

    values: parameters, each of shape (S, P); the last regime serves receptors and effects.
    outputs: names of the solution's outputs. directions: their number q.
    Every signal is a Varying of shape (S, T) with a gradient of shape (S, T, q); arithmetic and
    ``applied`` go on from there.
    """

    solution: GradientSolution
    values: Mapping[str, Quantity]
    outputs: tuple[str, ...]
    directions: int

    @property
    def held(self) -> dict[str, Quantity]:
        """Parameter values of the last regime, each of shape (S, 1)."""
        return {name: value[:, -1:] for name, value in self.values.items()}

    def levels(self, time_h: Floats, *, before: bool = False) -> dict[str, Varying]:
        """Outputs at hours, shape (T,) or (S, T); before: just before a jump of that moment."""
        value, gradient = self.solution.at(time_h, before=before)
        last = np.moveaxis(gradient, 2, -1)
        return {name: Varying(value[:, i], last[:, i]) for i, name in enumerate(self.outputs)}

    def odds(self, time_h: Floats, receptor: Receptor = "mu") -> Varying:
        """Occupied over free receptors, as ``antagonist_odds``."""
        levels = self.levels(time_h)
        return self._odds(levels["effect_ntx"], levels["effect_6bn"], receptor)

    def occupancy(self, time_h: Floats, receptor: Receptor = "mu") -> Varying:
        """Fraction of receptors occupied."""
        return _through(occupancy, self.odds(time_h, receptor))

    def blocked(self, time_h: Floats, agonist_mg: float, endpoint: Endpoint) -> Varying:
        """Share of a challenge's effect that is blocked; agonist_mg: heroin equivalent."""
        return _through(blocked, agonist_mg, self.odds(time_h), self.held, endpoint)

    def _odds(self, effect_ntx: Varying, effect_6bn: Varying, receptor: Receptor) -> Varying:
        return _through(antagonist_odds, effect_ntx, effect_6bn, self.held, receptor)


def _through(function: Any, *inputs: Any) -> Varying:
    """A function written for arrays, put to numbers with derivatives: its formula stays one."""
    return cast("Varying", function(*inputs))


def scene_with_gradient(
    structure: Structure,
    formulations: Mapping[str, Formulation],
    parameters: Mapping[str, Quantity],
    schedules: Sequence[Sequence[EventRecord]],
    *,
    doses: Sequence[int] = (),
    start_h: float = 0.0,
) -> GradientScene:
    """Solve dosing histories with derivatives by the parameters' directions and dose amounts.

    parameters: every name the model files use, shape (S, P), as ``by_value`` or ``by_phi`` give
        them; all that vary do so by the same q directions.
    schedules: one for all subjects, or one for each, in order of time.
    doses: n adds a direction: the AMT, in mg as stated, of the n-th dose row (counted from 0) of
        every schedule, with its additional doses; they follow the parameters' directions.
    start_h: hour at which the body is empty; not after any dose.
    Raises InputError as ``assemble`` and ``jumps_of`` do and for a dose that no schedule has
    or that is named twice;
    ValueError where there is no direction at all.
    """
    posed = _posed(structure, formulations, parameters, schedules, doses)
    system, jumps, tangents = posed.assembly.system, posed.jumps, posed.tangents
    solution = solve_with_gradient(system, jumps, tangents, start_h=start_h)
    return GradientScene(solution, posed.values, tuple(structure.outputs), posed.directions)


def protection_with_gradient(
    structure: Structure,
    formulations: Mapping[str, Formulation],
    parameters: Mapping[str, Quantity],
    schedules: Sequence[Sequence[EventRecord]],
    level: Quantity,
    window: Window,
    *,
    doses: Sequence[int] = (),
    start_h: float = 0.0,
    receptor: Receptor = "mu",
) -> tuple[Answers, AnswersGradient]:
    """What a receptor's odds do against a level, with derivatives by parameters and doses.

    structure, formulations, parameters, schedules, doses, start_h: as ``scene_with_gradient``.
    level: odds (occupied over free receptors), shape (S,) or (1,); a Varying where it depends on
        the parameters' directions, as a threshold by ``odds_that_block`` does.
    window: hours that count.
    Returns the Answers and their gradient, whose fields have shape (S, q): the parameters'
    directions first, then the doses, per mg as stated.
    Raises as ``scene_with_gradient``, and ValueError for a window before the start.
    """
    posed = _posed(structure, formulations, parameters, schedules, doses)
    held = {name: value[:, -1:] for name, value in posed.values.items()}
    names, count = list(structure.outputs), posed.directions
    system = posed.assembly.system
    shape = (len(system.outputs), len(names))
    weights, turned = np.zeros(shape), np.zeros((shape[0], count, shape[1]))
    # odds are linear in both levels: those of one ng/mL of each are their weights
    for name, one in (("effect_ntx", (1.0, 0.0)), ("effect_6bn", (0.0, 1.0))):
        ntx, metabolite = (np.full((1, 1), x) for x in one)
        odds = antagonist_odds(ntx, metabolite, cast("Mapping[str, Floats]", held), receptor)
        weights[:, names.index(name)] = value_of(odds)[:, 0]
        turned[:, :, names.index(name)] = gradient_of(odds, count)[:, 0]
    limit = _widened(level, count)
    moved = gradient_of(limit, count) if isinstance(limit, Varying) else None
    return answers_with_gradient(
        system, posed.jumps, posed.tangents, weights, turned, value_of(limit), moved, window,
        start_h=start_h,
    )  # fmt: skip


@dataclass(frozen=True)
class _Posed:
    """A system and its jumps with their derivatives by all directions."""

    assembly: Assembly
    values: Mapping[str, Quantity]
    jumps: Jumps
    tangents: Tangents
    directions: int


def _posed(
    structure: Structure,
    formulations: Mapping[str, Formulation],
    parameters: Mapping[str, Quantity],
    schedules: Sequence[Sequence[EventRecord]],
    doses: Sequence[int],
) -> _Posed:
    first = next((v for v in parameters.values() if isinstance(v, Varying)), None)
    count = 0 if first is None else first.gradient.shape[-1]
    total = count + len(doses)
    if total == 0:
        raise ValueError("nothing varies: no parameter and no dose")
    given = max((sum(r.evid in (1, 4) for r in records) for records in schedules), default=0)
    for k, n in enumerate(doses):
        if not 0 <= n < given or n in doses[:k]:
            raise InputError("", "dose", n, f"0..{given - 1}, each once: the dose rows")
    values = {name: _widened(value, total) for name, value in parameters.items()}
    records = [r for schedule in schedules for r in schedule]
    assembly = _with_directions(assemble(structure, formulations, values, records), total)
    units = np.eye(total)
    amounts = {n: units[count + k] for k, n in enumerate(doses)}
    jumps, tangents = jumps_with_gradient(assembly, structure, schedules, amounts)
    return _Posed(assembly, values, jumps, tangents, total)


def _widened(quantity: Quantity, total: int) -> Quantity:
    """With directions added that it does not depend on."""
    if not isinstance(quantity, Varying) or quantity.gradient.shape[-1] == total:
        return quantity
    gradient = gradient_of(quantity, quantity.gradient.shape[-1])
    more = np.zeros((*gradient.shape[:-1], total - gradient.shape[-1]))
    return Varying(quantity.value, np.concatenate([gradient, more], axis=-1))


def _with_directions(assembly: Assembly, total: int) -> Assembly:
    """An assembly none of whose parameters varies, for directions that are all doses."""
    if assembly.gradient is not None:
        return assembly
    rates, outputs = assembly.system.rates_per_h, assembly.system.outputs
    none = SystemGradient(
        np.broadcast_to(0.0, (*rates.shape[:2], total, *rates.shape[2:])),
        np.broadcast_to(0.0, (*outputs.shape[:2], total, *outputs.shape[2:])),
    )
    return replace(assembly, gradient=none)
