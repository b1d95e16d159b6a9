"""The one solver: linear compartment systems, exactly, for many subjects at once.

Between two events the state follows dx/dt = K x, so x(t) = V exp(lambda t) W x(0) with the
modes (lambda, V, W = V^-1) of K. There is no step size. Where rate constants repeat or nearly
repeat, the modes of K cancel each other and digits are lost; those subjects take the matrix
exponential of K itself (scaling and squaring), which is exact there too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from antagonist.pharmacology.kernel.modes import MAX_CONDITION, Modal, Modes, exponential, modes_of
from antagonist.pharmacology.kernel.system import Floats, Ints, Jumps, LinearSystem

# One block of observations stays in the processor's cache: doubles.
_BLOCK_DOUBLES = 100_000


def _advance(modes: Modes, regime: Ints, state: Modal, dt_h: Floats) -> Modal:
    """Modal state ``dt_h`` later; regime, dt_h shape (S,), state shape (S, m)."""
    rows = np.arange(len(state))
    values = modes.values[rows, regime]
    after: Modal = np.exp(values * dt_h[:, None]) * state
    plain = np.flatnonzero(modes.plain[rows, regime] & (dt_h > 0))
    if plain.size:
        steps = modes.rates_per_h[plain, regime[plain]] * dt_h[plain, None, None]
        after[plain] = (exponential(steps) @ state[plain, :, None])[..., 0]
    return after


def _growth(values: Modal, dt_h: Floats) -> Modal:
    """Integral of exp(values s) over s in (0, dt_h), shapes broadcast."""
    product = values * dt_h
    small = np.abs(product) < 1e-8
    divisor = np.where(values == 0, 1.0, values)
    exact = np.expm1(np.where(small, 0.0, product)) / divisor
    return np.where(small, dt_h * (1 + product / 2), exact)


def _plain_view(
    rates: Floats, outputs: Floats, state: Modal, dt_h: Floats, cumulative: bool
) -> Floats:
    """As ``_view``, for one subject and regime, from K itself. Returns shape (o, T)."""
    steps_h, which = np.unique(dt_h, return_inverse=True)
    if cumulative:
        size, seen = rates.shape[0], outputs.shape[0]
        block = np.zeros((size + seen, size + seen))
        block[:size, :size], block[size:, :size] = rates, outputs
        moves = exponential(block * steps_h[:, None, None])[:, size:, :size]
    else:
        moves = outputs @ exponential(rates * steps_h[:, None, None])
    result: Floats = np.einsum("tom,tm->ot", moves[which], state.real)
    return result


def _view(
    modes: Modes,
    outputs: Floats,
    regime: Ints,
    state: Modal,
    dt_h: Floats,
    cumulative: bool,
) -> Floats:
    """Outputs (or their integral) ``dt_h`` after each state.

    regime, dt_h: shape (S, T); state: shape (S, T, m). Returns shape (S, o, T).
    """
    one, subjects = outputs.shape[1] == 1, np.arange(len(state))[:, None]
    values = modes.values if one else modes.values[subjects, regime]
    factor = _growth(values, dt_h[..., None]) if cumulative else np.exp(values * dt_h[..., None])
    seen_modes = outputs @ modes.vectors
    if one:
        seen = seen_modes[:, 0] @ np.swapaxes(factor * state, 1, 2)
    else:
        seen = np.einsum("stom,stm->sot", seen_modes[subjects, regime], factor * state)
    result: Floats = np.ascontiguousarray(seen.real)
    for s, p in np.argwhere(modes.plain):
        at = np.flatnonzero(regime[s] == p)
        if at.size:
            result[s][:, at] = _plain_view(
                modes.rates_per_h[s, p], outputs[s, p], state[s, at], dt_h[s, at], cumulative
            )
    return result


@dataclass(frozen=True)
class Solution:
    """The state after every jump, from which any moment follows without stepping."""

    system: LinearSystem
    modes: Modes
    time_h: Floats  # (S, M + 1), first column the start
    regime: Ints  # (S, M + 1)
    state: Modal  # (S, M + 1, m), modal
    total: Floats | None  # (S, M + 1, o), integral of the outputs up to each jump

    def at(self, time_h: Floats, *, cumulative: bool = False, before: bool = False) -> Floats:
        """Outputs at times, or their integral since the start.

        time_h: shape (T,) for all subjects or (S, T), hours, not before the start.
        before: at the very moment of a jump, the value before it.
        Returns shape (S, o, T).
        Raises ValueError for a time before the start, and for an integral not solved for.
        """
        if cumulative and self.total is None:
            raise ValueError("the integral was not carried: solve(..., cumulative=True)")
        subjects, count = self.state.shape[0], np.atleast_2d(time_h).shape[1]
        times = np.broadcast_to(np.atleast_2d(time_h), (subjects, count))
        if not (times >= self.time_h[:, :1]).all():
            raise ValueError("a time lies before the start of the solution")
        result = np.empty((subjects, self.system.outputs.shape[2], count))
        long = max(1, _BLOCK_DOUBLES // self.state.shape[2])
        wide = max(1, long // max(1, count))
        for s in range(0, subjects, wide):
            part = slice(s, s + wide)
            for t in range(0, count, long):
                when = slice(t, t + long)
                result[part, :, when] = self._block(part, times[part, when], cumulative, before)
        return result

    def _block(self, part: slice, times: Floats, cumulative: bool, before: bool) -> Floats:
        knots = self.time_h[part]
        side: Literal["left", "right"] = "left" if before else "right"
        shared = bool((knots == knots[0]).all() and (times == times[0]).all())
        if shared:
            index = np.broadcast_to(np.searchsorted(knots[0], times[0], side=side), times.shape)
        else:
            pairs = zip(knots, times, strict=True)
            index = np.stack([np.searchsorted(k, t, side=side) for k, t in pairs])
        index = np.maximum(index - 1, 0)
        rows = np.arange(len(times))[:, None]
        seen = _view(
            self.modes.part(part),
            self.system.outputs[part],
            self.regime[part][rows, index],
            self.state[part][rows, index],
            times - knots[rows, index],
            cumulative,
        )
        if cumulative and self.total is not None:
            seen += np.moveaxis(self.total[part][rows, index], 2, 1)
        return seen

    def state_at(self, time_h: float) -> Floats:
        """State (not modal) of every subject at one time after all jumps up to it, shape (S, m)."""
        subjects = np.arange(self.state.shape[0])
        index = np.maximum((self.time_h <= time_h).sum(axis=1) - 1, 0)
        regime = self.regime[subjects, index]
        dt_h = time_h - self.time_h[subjects, index]
        moved = _advance(self.modes, regime, self.state[subjects, index], dt_h)
        state: Floats = (self.modes.vectors[subjects, regime] @ moved[..., None])[..., 0].real
        return state


def solve(
    system: LinearSystem,
    jumps: Jumps,
    *,
    start_h: float = 0.0,
    initial: Floats | None = None,
    cumulative: bool = False,
) -> Solution:
    """Solve a linear system through its jumps.

    system, jumps: see there; S is taken from ``system``.
    start_h: hour at which ``initial`` (shape (S, m), default empty) holds; not after any jump.
    cumulative: also carry the integral of the outputs, for ``Solution.at(cumulative=True)``.
    Returns the Solution. Raises ValueError for jumps out of order or before the start.
    Source of the method: Moler and Van Loan 2003, methods 3 and 14.
    """
    subjects, size = system.rates_per_h.shape[0], system.rates_per_h.shape[-1]
    count = jumps.time_h.shape[1]
    modes = modes_of(system.rates_per_h)
    rows = np.arange(subjects)
    times, target, amount, reset, regimes = (
        np.broadcast_to(a, (subjects, count))
        for a in (jumps.time_h, jumps.target, jumps.amount, jumps.reset, jumps.regime)
    )
    states = np.zeros((subjects, count + 1, size), dtype=modes.vectors.dtype)
    totals = np.zeros((subjects, count + 1, system.outputs.shape[2])) if cumulative else None
    knots = np.concatenate([np.full((subjects, 1), start_h), times], axis=1)
    held = np.concatenate([np.zeros((subjects, 1), dtype=np.intp), regimes], axis=1)
    if not (knots[:, 1:] >= knots[:, :-1]).all():
        raise ValueError("jumps are out of order, or before the start")
    if initial is not None:
        states[:, 0] = (modes.inverse[:, 0] @ initial[..., None])[..., 0]
    for m in range(count):
        live = np.isfinite(times[:, m])
        dt_h = np.where(live, times[:, m], 0.0) - np.where(live, knots[:, m], 0.0)
        old, new = held[:, m], held[:, m + 1]
        state = _advance(modes, old, states[:, m], dt_h)
        if totals is not None:
            before = states[:, m, None]
            step = _view(modes, system.outputs, old[:, None], before, dt_h[:, None], True)
            totals[:, m + 1] = totals[:, m] + step[..., 0]
        if system.rates_per_h.shape[1] > 1:
            plain_state = modes.vectors[rows, old] @ state[..., None]
            state = (modes.inverse[rows, new] @ plain_state)[..., 0]
        state = np.where(reset[:, m, None], 0.0, state)
        kick = modes.inverse[rows, new, :, target[:, m]]
        states[:, m + 1] = state + kick * amount[:, m, None]
    return Solution(system, modes, knots, held, states, totals)


def endless(rates_per_h: Floats, state: Floats, interval_h: float) -> Floats:
    """Sum of what is left of a state, now and after 1, 2, 3, ... intervals without end.

    rates_per_h: shape (S, m, m); state: shape (S, m), empty where nothing ever leaves.
    Returns shape (S, m): (1 - exp(K interval))^-1 state.
    Raises ValueError where the sum has no end: something stays for ever.
    """
    keeps = np.diagonal(rates_per_h, axis1=1, axis2=2) == 0
    identity = np.eye(rates_per_h.shape[-1])
    lost = np.where(keeps[..., None], identity, identity - exponential(rates_per_h * interval_h))
    gathers = keeps & (rates_per_h != 0).any(axis=2)
    stays = gathers & (np.abs(state) > 1e-9 * np.abs(state).max(axis=1, keepdims=True))
    if stays.any() or not (np.linalg.cond(lost) < MAX_CONDITION).all():
        raise ValueError("there is no steady state: something never leaves the body")
    total: Floats = np.linalg.solve(lost, np.where(keeps, 0.0, state)[..., None])[..., 0]
    return total
