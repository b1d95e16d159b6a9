"""Exact derivatives of the answers by parameters and by what the jumps bring.

With f(t, p) what is seen and L(p) the level:
- A crossing moves by t_p = (L_p - f_p) / f', for f(t(p), p) = L(p); one that a jump makes moves as
  the jump does. Hours over the level and gaps are sums of crossings and fixed hours.
- The lowest value changes by f_p alone where f' = 0 or the hour is fixed (the envelope theorem);
  at a jump by f_p + f' T_p, with T_p the jump's own move.
Sources: Dini 1878 (implicit functions); Milgrom and Segal 2002 (the envelope theorem).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.kernel.answers import answers
from antagonist.pharmacology.kernel.sensitivity import (
    GradientSolution,
    Tangents,
    solve_with_gradient,
)
from antagonist.pharmacology.kernel.system import Floats, Ints, Jumps, LinearSystem
from antagonist.pharmacology.kernel.window import Answers, Window

# The loops add up a moment from parts: this close to a jump, hours, it is the jump.
_SAME_H = 1e-9
# A value has risen at a jump if it did by more than this, relative.
_RISEN = 1e-12


@dataclass(frozen=True)
class AnswersGradient:
    """Derivatives of ``Answers`` by q directions, every field of shape (S, q).

    Answers have kinks: where a curve grazes the level, two gaps are the longest, two dips the
    lowest, a crossing meets ``as_of_h``, or a jump that moves meets another one or an end of the
    window. Close to grazing the derivatives grow without bound, and at it they are infinite or
    nan. At all other kinks they are those of one side.
    longest_gap_h: 0 where there is no gap. falls_at_h: nan where it never falls, 0 where it is
    not over the level at ``as_of_h`` already.
    """

    above_h: Floats
    longest_gap_h: Floats
    weakest: Floats
    falls_at_h: Floats

    @property
    def gap_h(self) -> Floats:
        """Of the hours not over the level."""
        return -self.above_h


def answers_with_gradient(
    system: LinearSystem,
    jumps: Jumps,
    tangents: Tangents,
    weights: Floats,
    weights_tangent: Floats | None,
    level: Floats,
    level_tangent: Floats | None,
    window: Window,
    *,
    start_h: float = 0.0,
    initial: Floats | None = None,
) -> tuple[Answers, AnswersGradient]:
    """What a weighted sum of the outputs does against a level, with exact derivatives.

    system, jumps, weights, level, window, start_h, initial: as ``answers`` takes them.
    tangents: derivatives of system, jumps and initial by q directions.
    weights_tangent: of the weights, shape (S or 1, q, o). level_tangent: shape (S or 1, q).
    None: they depend on no direction.
    Returns the Answers, with all crossings, and their gradient. Made for hundreds of subjects:
    memory grows with subjects times crossings times directions.
    Raises ValueError as ``answers`` does.
    """
    subjects, count = system.rates_per_h.shape[0], tangents.rates_per_h.shape[2]

    def answered(most: int) -> Answers:
        return answers(
            system, jumps, weights, level, window, start_h=start_h, initial=initial,
            most_crossings=most,
        )  # fmt: skip

    found = answered(0)
    most = int(found.crossings.max(initial=0))
    found = answered(most) if most else found
    limit = np.broadcast_to(level, (subjects,))
    moved = np.zeros((1, count)) if level_tangent is None else level_tangent
    seen = _Seen(
        _solved(system, jumps, tangents, weights, weights_tangent, start_h, initial),
        np.broadcast_to(tangents.time_h, (subjects, jumps.time_h.shape[1], count)),
        limit,
    )
    over = seen.at(np.full((subjects, 1), window.from_h)).value[:, 0] > limit
    real = np.arange(most) < found.crossings[:, None]
    crossed = np.where(real, found.crossed_h, window.until_h)
    moves = np.where(real[..., None], _moves(seen, crossed, moved), 0.0)
    rises = over[:, None] == (np.arange(most) % 2 == 1)
    gradient = AnswersGradient(
        np.where(rises[..., None], -moves, moves).sum(axis=1),
        _longest(found, crossed, moves, over),
        _weakest(seen, found),
        _falls(found, real & ~rises, moves),
    )
    return found, gradient


def _solved(
    system: LinearSystem, jumps: Jumps, tangents: Tangents, weights: Floats,
    weights_tangent: Floats | None, start_h: float, initial: Floats | None,
) -> GradientSolution:  # fmt: skip
    """Solution whose outputs are what is seen and its slope in time (without its derivatives)."""
    row = np.einsum("so,spom->spm", weights, system.outputs)[:, :, None]
    turned = np.einsum("so,spqom->spqm", weights, tangents.outputs)
    if weights_tangent is not None:
        turned = turned + np.einsum("sqo,spom->spqm", weights_tangent, system.outputs)
    outputs = np.concatenate([row, row @ system.rates_per_h], axis=2)
    slopes = np.stack([turned, np.zeros_like(turned)], axis=3)
    return solve_with_gradient(
        LinearSystem(system.rates_per_h, outputs), jumps, replace(tangents, outputs=slopes),
        start_h=start_h, initial=initial,
    )  # fmt: skip


@dataclass(frozen=True)
class _Moments:
    """What is seen, its slope in time, and its derivatives; (S, T), (S, T), (S, T, q)."""

    value: Floats
    slope: Floats
    gradient: Floats


@dataclass(frozen=True)
class _Seen:
    """jump_moves: derivative of each jump's time, shape (S, M, q). level: shape (S,)."""

    solution: GradientSolution
    jump_moves: Floats
    level: Floats

    @property
    def jumps_h(self) -> Floats:
        """Hours of the jumps, shape (S, M)."""
        return self.solution.solution.time_h[:, 1:]

    def at(self, time_h: Floats, *, before: bool = False) -> _Moments:
        """At own times of each subject, shape (S, T)."""
        value, gradient = self.solution.at(time_h, before=before)
        return _Moments(value[:, 0], value[:, 1], np.swapaxes(gradient[:, 0], 1, 2))

    def after(self, s: int, jumps: Ints) -> Floats:
        """Value and slope of a subject after single jumps, in their order; shape (jumps, 2)."""
        solution = self.solution.solution
        regime, state = solution.regime[s, jumps + 1], self.solution.state[s, jumps + 1]
        vectors = self.solution.flow.modes.vectors[s, regime]
        found = solution.system.outputs[s, regime] @ vectors @ state[..., None]
        result: Floats = found[..., 0].real
        return result


def _moves(seen: _Seen, crossed_h: Floats, level_moves: Floats) -> Floats:
    """How each crossing moves, shape (S, N, q)."""
    at = seen.at(crossed_h)
    with np.errstate(divide="ignore", invalid="ignore"):
        moves: Floats = (level_moves[:, None] - at.gradient) / at.slope[..., None]
    touching = [np.isin(row, jumps) for row, jumps in zip(crossed_h, seen.jumps_h, strict=True)]
    on_jump = np.argwhere(touching)
    if not len(on_jump):
        return moves
    value = seen.at(crossed_h, before=True).value
    for s, n in on_jump:
        jumps = np.flatnonzero(seen.jumps_h[s] == crossed_h[s, n])
        over = seen.after(int(s), jumps)[:, 0] > seen.level[s]
        if over[-1] != (value[s, n] > seen.level[s]):
            # the first jump from which on the last side is kept
            first = int(np.flatnonzero(over != over[-1]).max(initial=-1)) + 1
            moves[s, n] = seen.jump_moves[s, jumps[first]]
    return moves


def _longest(found: Answers, crossed_h: Floats, moves: Floats, over: NDArray[np.bool_]) -> Floats:
    subjects, most, count = moves.shape
    edge = np.full((subjects, 1), 1.0)
    edges = np.hstack([edge * found.window.from_h, crossed_h, edge * found.window.until_h])
    still = np.zeros((subjects, 1, count))
    moved = np.diff(np.concatenate([still, moves, still], axis=1), axis=1)
    spell = np.arange(most + 1)
    gap = (over[:, None] == (spell % 2 == 1)) & (spell <= found.crossings[:, None])
    longest = np.where(gap, np.diff(edges), -1.0).argmax(axis=1)
    rows = np.arange(subjects)
    return np.where(gap[rows, longest, None], moved[rows, longest], 0.0)


def _falls(found: Answers, falling: NDArray[np.bool_], moves: Floats) -> Floats:
    """falling: crossings from above, shape (S, N)."""
    hit = falling & (found.crossed_h == found.falls_at_h[:, None])
    moved = np.where(hit[..., None], moves, 0.0).sum(axis=1)
    return np.where(np.isfinite(found.falls_at_h)[:, None], moved, np.nan)


def _weakest(seen: _Seen, found: Answers) -> Floats:
    window, time_h = found.window, found.weakest_at_h.copy()
    jumps_h, moved = seen.jumps_h, np.zeros(seen.jump_moves[:, 0].shape)
    inside = (jumps_h > window.weakest_from_h) & (jumps_h < window.until_h)
    distance = np.where(inside, np.abs(jumps_h - time_h[:, None]), np.inf)
    on_jump = distance.min(axis=1) < _SAME_H
    rows = np.arange(len(time_h))
    time_h = np.where(on_jump, jumps_h[rows, distance.argmin(axis=1)], time_h)
    time_h = np.where(np.abs(time_h - window.until_h) < _SAME_H, window.until_h, time_h)
    before, after = (seen.at(time_h[:, None], before=side) for side in (True, False))
    early = (time_h == window.until_h) | (on_jump & (before.value <= after.value)[:, 0])
    for s in np.flatnonzero(on_jump):
        jumps = np.flatnonzero(jumps_h[s] == time_h[s])
        which = -1
        if early[s]:
            # the jump that ends the fall
            value, slope = seen.after(int(s), jumps).T
            least = before.value[s, 0]
            ends = (value > least + _RISEN * np.abs(least)) | (slope > 0)
            which = int(np.argmax(ends))
        moved[s] = (before if early[s] else after).slope[s, 0] * seen.jump_moves[s, jumps[which]]
    gradient = np.where(early[:, None], before.gradient[:, 0], after.gradient[:, 0])
    return gradient + moved
