"""The general way, for subjects whose modes are complex or not to be trusted.

Where rate constants repeat or nearly repeat, the state moves by the matrix exponential of K itself
(scaling and squaring), which is exact there too.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from antagonist.pharmacology.kernel.modes import Modal, Modes, exponential
from antagonist.pharmacology.kernel.packed import Packed
from antagonist.pharmacology.kernel.system import Floats, Ints

# Norm of K times what is left to Taylor's series, and its terms: the next is below 1e-18.
_SHORT, _TERMS = 1 / 16, 10


def advance(modes: Modes, regime: Ints, state: Modal, dt_h: Floats) -> Modal:
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


def moved(rates_per_h: Floats, state: Floats, dt_h: Floats) -> Floats:
    """States some time later, of one matrix: shape (T, m), from states (T, m) and times (T,).

    A time is whole steps, of which each doubling has its own matrix exponential, and a rest so
    short that ten terms of Taylor's series are exact. Where no rate between states is negative
    the exponentials are not either, so nothing cancels.
    """
    norm = float(np.abs(rates_per_h).sum(axis=0).max())
    longest = float(dt_h.max(initial=0.0)) * norm / _SHORT
    if longest == 0:
        return state.copy()
    whole = np.floor(dt_h * (norm / _SHORT)).astype(np.int64)
    rest_h = (dt_h - whole * (_SHORT / norm))[:, None]
    found, term = state.copy(), state
    for n in range(1, _TERMS + 1):
        term = (term @ rates_per_h.T) * (rest_h / n)
        found += term
    doublings = int(np.ceil(np.log2(max(longest, 1.0)))) + 1
    powers = _powers(rates_per_h.tobytes(), len(rates_per_h), _SHORT / norm, doublings)
    for n in range(doublings):
        rows = np.flatnonzero(whole >> n & 1)
        found[rows] = found[rows] @ powers[n].T
    return found


# A search looks at one subject's matrix again and again.
@lru_cache(maxsize=64)
def _powers(rates_per_h: bytes, size: int, step_h: float, doublings: int) -> Floats:
    """Exponentials of a matrix over one step, two, four, ...; shape (doublings, m, m)."""
    matrix = np.frombuffer(rates_per_h).reshape(size, size)
    return exponential(matrix * (step_h * 2.0 ** np.arange(doublings))[:, None, None])


def _plain_view(
    rates: Floats, outputs: Floats, state: Modal, dt_h: Floats, cumulative: bool
) -> Floats:
    """As ``view``, for one subject and regime, from K itself. Returns shape (o, T)."""
    size, seen = rates.shape[0], outputs.shape[0]
    if not cumulative:
        later: Floats = outputs @ moved(rates, state.real, dt_h).T
        return later
    block, begun = np.zeros((size + seen, size + seen)), np.zeros((len(dt_h), size + seen))
    block[:size, :size], block[size:, :size] = rates, outputs
    begun[:, :size] = state.real
    return moved(block, begun, dt_h)[:, size:].T


def view(
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


def carry(
    modes: Modes, outputs: Floats, jumps: Packed, states: Modal, totals: Floats | None,
    start_h: float,
) -> None:  # fmt: skip
    """Fill in the states, shape (S, M + 1, m), after every jump, and the outputs' integrals."""
    subjects, count = len(states), jumps.time_h.shape[1]
    rows = np.arange(subjects)
    times, target, amount, reset, regimes = (
        np.broadcast_to(a, (subjects, count)) for a in jumps.arrays
    )
    knots = np.concatenate([np.full((subjects, 1), start_h), times], axis=1)
    held = np.concatenate([np.zeros((subjects, 1), dtype=np.intp), regimes], axis=1)
    for m in range(count):
        live = np.isfinite(times[:, m])
        dt_h = np.where(live, times[:, m], 0.0) - np.where(live, knots[:, m], 0.0)
        old, new = held[:, m], held[:, m + 1]
        state = advance(modes, old, states[:, m], dt_h)
        if totals is not None:
            before = states[:, m, None]
            step = view(modes, outputs, old[:, None], before, dt_h[:, None], True)
            totals[:, m + 1] = totals[:, m] + step[..., 0]
        if modes.values.shape[1] > 1:
            plain_state = modes.vectors[rows, old] @ state[..., None]
            state = (modes.inverse[rows, new] @ plain_state)[..., 0]
        state = np.where(reset[:, m, None] != 0, 0.0, state)
        kick = modes.inverse[rows, new, :, target[:, m]]
        states[:, m + 1] = state + kick * amount[:, m, None]
