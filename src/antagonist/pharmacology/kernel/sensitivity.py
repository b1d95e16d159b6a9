"""Exact derivatives of a solution by parameters and by what its jumps bring.

At a jump at time T, with K before and K* after it, R = 0 where it resets and 1 elsewhere,
    x+ = R x- + a e,   x_p+ = R x_p- + a_p e + (R K x- - K* x+) T_p.
(The state on either side of a jump that moves changes by x_p + x' T_p, and the first line holds
for any parameters: x_p+ + K* x+ T_p = R (x_p- + K x- T_p) + a_p e.) Between jumps see
``tangent_flow``. Where a jump that moves falls on a reset or a change of regime the course has a
kink, and the derivative is that of the order given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from antagonist.pharmacology.kernel.modes import Modal, Modes
from antagonist.pharmacology.kernel.solution import Solution, solve
from antagonist.pharmacology.kernel.system import Floats, Ints, Jumps, LinearSystem
from antagonist.pharmacology.kernel.tangent_flow import Flow, Moved, flow_of, moved, strict

# One block of subjects stays in the processor's cache: doubles.
_CACHE_DOUBLES = 200_000


@dataclass(frozen=True)
class Tangents:
    """Derivatives by q directions of all that ``solve`` is given; any axis but q, m, o may be 1.

    rates_per_h: shape (S, P, q, m, m). outputs: shape (S, P, q, o, m).
    amount: of each jump, shape (S, M, q). time_h: of each jump's time, shape (S, M, q).
    initial: of the state at the start, shape (S, q, m); None: it does not depend on any.
    """

    rates_per_h: Floats
    outputs: Floats
    amount: Floats
    time_h: Floats
    initial: Floats | None = None


@dataclass(frozen=True)
class GradientSolution:
    """A solution with the sensitivities of its state after every jump.

    state: shape (S, M + 1, m); sensitivity: shape (S, M + 1, q, m); both in the coordinates of
    ``flow``, that may be plainer than those of the solution.
    """

    solution: Solution
    outputs_tangent: Floats = field(repr=False)
    flow: Flow = field(repr=False)
    state: Modal = field(repr=False)
    sensitivity: Modal = field(repr=False)

    def at(self, time_h: Floats, *, before: bool = False) -> tuple[Floats, Floats]:
        """Outputs at times, and their derivative by each direction.

        time_h: shape (T,) for all subjects or (S, T), hours, not before the start.
        before: at the very moment of a jump, the value before it.
        Returns shapes (S, o, T) and (S, o, q, T).
        Raises ValueError for a time before the start.
        """
        regime, state, sensitivity = self._moved(time_h, before)
        outputs, tangent = self.solution.system.outputs, self.outputs_tangent
        seen = outputs @ self.flow.modes.vectors
        seen_tangent = tangent @ self.flow.modes.vectors[:, :, None]
        if seen.shape[1] == 1:
            value = seen[:, 0] @ np.swapaxes(state, 1, 2)
            gradient = seen[:, 0, None] @ np.moveaxis(sensitivity, 1, -1)
            gradient = gradient + seen_tangent[:, 0] @ np.swapaxes(state, 1, 2)[:, None]
        else:
            rows = np.arange(len(state))[:, None]
            value = np.einsum("stom,stm->sot", seen[rows, regime], state)
            gradient = np.einsum("stom,stqm->sqot", seen[rows, regime], sensitivity)
            gradient += np.einsum("stqom,stm->sqot", seen_tangent[rows, regime], state)
        return np.ascontiguousarray(value.real), np.swapaxes(gradient.real, 1, 2)

    def state_at(self, time_h: float) -> tuple[Floats, Floats]:
        """State (not modal) at one time after all jumps up to it, and its derivatives.

        Returns shapes (S, m) and (S, q, m).
        """
        regime, state, sensitivity = self._moved(np.array([time_h]), False)
        vectors = self.flow.modes.vectors[np.arange(len(state)), regime[:, 0]]
        value = (vectors @ state[:, 0, :, None])[..., 0]
        return value.real, (sensitivity[:, 0] @ np.swapaxes(vectors, 1, 2)).real

    def _moved(self, time_h: Floats, before: bool) -> tuple[Ints, Modal, Modal]:
        knots, subjects = self.solution.time_h, len(self.state)
        asked = np.atleast_2d(np.asarray(time_h, dtype=float))
        times = np.broadcast_to(asked, (subjects, asked.shape[1]))
        if not (times >= knots[:, :1]).all():
            raise ValueError("a time lies before the start of the solution")
        index = _last_knot(knots, times, before)
        rows = np.arange(subjects)[:, None]
        regime = self.solution.regime[rows, index]
        found = moved(self.flow, regime, self.state[rows, index], times - knots[rows, index])
        return regime, found.state, found.carried(self.sensitivity[rows, index])


def _last_knot(knots: Floats, times: Floats, before: bool) -> Ints:
    """Index of the last knot up to each time (or before it; at least the first), shape (S, T)."""
    if (knots == knots[0]).all() and (times == times[0]).all():
        side: Literal["left", "right"] = "left" if before else "right"
        last = np.maximum(np.searchsorted(knots[0], times[0], side=side) - 1, 0)
        return np.broadcast_to(last, times.shape)
    # Ranks in one sorted row each: knots first where a knot at that very time counts.
    parts = (times, knots) if before else (knots, times)
    order = np.argsort(np.concatenate(parts, axis=1), axis=1, kind="stable")
    start = 0 if before else knots.shape[1]
    is_time = (order >= start) & (order < start + times.shape[1])
    passed = np.cumsum(~is_time, axis=1)
    index: Ints = np.empty(order.shape, dtype=np.intp)
    np.put_along_axis(index, order, np.maximum(passed - 1, 0), axis=1)
    return index[:, start : start + times.shape[1]]


def _rate_of(modes: Modes, regime: Ints, state: Modal) -> Modal:
    """K x in modal coordinates; regime: shape (S, N), state: shape (S, N, m)."""
    rows = np.arange(len(state))[:, None]
    rate: Modal = modes.values[rows, regime] * state
    s, n = np.nonzero(modes.plain[rows, regime])
    if s.size:
        matrices = modes.rates_per_h[s, regime[s, n]]
        rate[s, n] = (matrices @ state[s, n, :, None])[..., 0]
    return rate


@dataclass(frozen=True)
class _Course:
    """Jumps in full shapes: regimes and resets (S, M), hours since the knot before, kicks."""

    old: Ints
    new: Ints
    keep: Floats  # (S, M): 0 where the jump resets
    dt_h: Floats
    kick: Modal  # (S, M, m): what a unit brings
    change: Modal | None  # (S, M, m, m): to the coordinates of the new regime


def _course(modes: Modes, jumps: Jumps, knots: Floats, regime: Ints) -> _Course:
    """knots, regime: shape (S, M + 1); jumps of the same subjects in full shapes."""
    live = np.isfinite(knots[:, 1:])
    dt_h = np.where(live, knots[:, 1:], 0.0) - np.where(live, knots[:, :-1], 0.0)
    old, new = regime[:, :-1], regime[:, 1:]
    rows = np.arange(len(knots))[:, None]
    kick = modes.inverse[rows, new, :, jumps.target]
    change = None
    if (old != new).any():
        change = modes.inverse[rows, new] @ modes.vectors[rows, old]
        change = np.where((old == new)[..., None, None], np.eye(change.shape[-1]), change)
    keep = np.where(jumps.reset, 0.0, 1.0)
    return _Course(old, new, keep, dt_h, kick, change)


def _add_jumps(
    modes: Modes, course: _Course, jumps: Jumps, tangents: Tangents, found: Moved
) -> None:
    """To what each gap forces, add what the jump after it does; in the coordinates after it."""
    added = found.forced
    if course.change is not None:
        added[...] = added @ np.swapaxes(course.change, -1, -2)
    if not course.keep.all():
        added *= course.keep[..., None, None]
    if tangents.amount.any():
        added += tangents.amount[..., None] * course.kick[:, :, None, :]
    if tangents.time_h.any():
        # R K x- - K* x+, written so that a large state does not drown a small dose.
        slope = -_rate_of(modes, course.new, course.kick * jumps.amount[..., None])
        if course.change is not None:
            turned = course.change @ _rate_of(modes, course.old, found.state)[..., None]
            there = (course.change @ found.state[..., None])[..., 0]
            bend = turned[..., 0] - _rate_of(modes, course.new, there)
            bent = ((course.old != course.new) & (course.keep > 0))[..., None]
            slope += np.where(bent, bend, 0.0)
        added += tangents.time_h[..., None] * slope[:, :, None, :]


def _walk(course: _Course, found: Moved, walked: Modal) -> None:
    """Carry sensitivities from jump to jump.

    walked: shape (S, M + 1, q, m), the first that of the start, the others what each gap
        and jump add, in the coordinates after it; the sums take their place.
    """
    factor = (found.factor * course.keep[..., None])[:, :, None, :]
    order = np.argsort(found.plain[:, 1], kind="stable")
    subject, moment = found.plain[order].T
    kept = np.swapaxes(found.kept, -1, -2)[order] * course.keep[subject, moment, None, None]
    ends = np.searchsorted(moment, np.arange(walked.shape[1])).tolist()
    turns = (course.old != course.new).any(axis=0).tolist()
    room = np.empty_like(walked[:, 0])
    for m in range(factor.shape[1]):
        after = np.multiply(factor[:, m], walked[:, m], out=room)
        if ends[m] < ends[m + 1]:
            part = slice(ends[m], ends[m + 1])
            after[subject[part]] = walked[subject[part], m] @ kept[part]
        if turns[m] and course.change is not None:
            after = after @ np.swapaxes(course.change[:, m], -1, -2)
        walked[:, m + 1] += after


def _in_coordinates(modes: Modes, solution: Solution) -> Modal:
    """The solution's states in the coordinates of other modes of the same rates."""
    rows = np.arange(len(solution.state))[:, None]
    changed = modes.plain & ~solution.modes.plain
    s, n = np.nonzero(changed[rows, solution.regime])
    if not s.size:
        return solution.state
    turned = solution.state.copy()
    vectors = solution.modes.vectors[s, solution.regime[s, n]]
    turned[s, n] = (vectors @ turned[s, n, :, None])[..., 0]
    return turned


def solve_with_gradient(
    system: LinearSystem,
    jumps: Jumps,
    tangents: Tangents,
    *,
    start_h: float = 0.0,
    initial: Floats | None = None,
) -> GradientSolution:
    """Solve a linear system through its jumps, with the exact derivatives of its state.

    system, jumps, start_h, initial: as in ``solve``. tangents: their derivatives by q directions.
    Returns the GradientSolution. Raises ValueError for jumps out of order or before the start.
    Source of the equations: Van Loan 1978; Najfeld and Havel 1995; Moler and Van Loan 2003.
    """
    solution = solve(system, jumps, start_h=start_h, initial=initial)
    modes = strict(solution.modes)
    subjects, regimes, size = system.rates_per_h.shape[:3]
    count, seen = tangents.rates_per_h.shape[2], system.outputs.shape[2]
    rates = np.broadcast_to(tangents.rates_per_h, (subjects, regimes, count, size, size))
    outputs = np.broadcast_to(tangents.outputs, (subjects, regimes, count, seen, size))
    flow, states = flow_of(modes, rates), _in_coordinates(modes, solution)
    walked = np.zeros((*states.shape[:2], count, size), dtype=states.dtype)
    if tangents.initial is not None:
        walked[:, 0] = tangents.initial @ np.swapaxes(modes.inverse[:, 0], 1, 2)
    wide = max(1, _CACHE_DOUBLES // (states.shape[1] * count * size))
    for first in range(0, subjects, wide):
        part = slice(first, first + wide)
        some, drives = _part(jumps, tangents, part, subjects)
        here = flow.part(part)
        course = _course(here.modes, some, solution.time_h[part], solution.regime[part])
        gaps = states[part, :-1], course.dt_h
        found = moved(here, course.old, *gaps, into=walked[part, 1:])
        _add_jumps(here.modes, course, some, drives, found)
        _walk(course, found, walked[part])
    return GradientSolution(solution, outputs, flow, states, walked)


def _part(jumps: Jumps, tangents: Tangents, part: slice, subjects: int) -> tuple[Jumps, Tangents]:
    """Jumps in full shapes, and what drives them, of some of the subjects."""
    shape = (subjects, jumps.time_h.shape[1])
    some = Jumps(
        np.broadcast_to(jumps.time_h, shape)[part],
        np.broadcast_to(jumps.target, shape)[part],
        np.broadcast_to(jumps.amount, shape)[part],
        np.broadcast_to(jumps.reset, shape)[part],
        np.broadcast_to(jumps.regime, shape)[part],
    )
    amount, time_h = (
        np.broadcast_to(a, (subjects, *a.shape[1:]))[part]
        for a in (tangents.amount, tangents.time_h)
    )
    return some, Tangents(tangents.rates_per_h, tangents.outputs, amount, time_h)
