"""How the sensitivities of a state move between two jumps, exactly.

With x' = K x the derivative of x by a parameter follows x_p' = K x_p + K_p x. In modal coordinates
(x = V z, x_p = V y, G = W K_p V) its part that starts at nothing is
    y_i(t) = sum_j G_ij phi_ij(t) z_j(0),  phi_ij(t) = (exp(l_i t) - exp(l_j t)) / (l_i - l_j),
which tends to t exp(l_i t) where two modes meet. Where modes cancel too far for that, it is the
lower block of exp([[K, 0], [K_p, K]] t). Sources: Van Loan 1978 (the block exponential); Najfeld
and Havel 1995 (divided differences); Moler and Van Loan 2003, methods 3 and 14.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.kernel.modes import Modal, Modes, exponential
from antagonist.pharmacology.kernel.system import Floats, Ints

# Modes whose rates differ by less, relative to the larger, take the stable form of phi.
_NEAR = 1e-2
# A gradient loses digits by the cancellation of modes twice: once in the state, once in its own
# sum. Above this it takes the block exponential, so that 1e-16 * 3e3 ** 2 stays under 1e-8.
_MAX_CANCELLATION = 3e3
# Above this a ratio is that of rounding to a true nothing: what cancels so far is plain already.
_NOTHING = 1e10
_PEAK_POINTS = 12
_SHORTEST_H = 24.0
# Doubles of block exponentials that are worked out at once.
_BLOCK_DOUBLES = 500_000


def _cancellation(modes: Modes) -> Floats:
    """Modes' sizes over the peak of what they add up to, the worst of all states; shape (S, P)."""
    speeds = np.abs(modes.values)
    fastest = speeds.max(axis=-1)
    fastest = np.where(fastest > 0, fastest, 1.0)
    slowest = np.where(speeds > 1e-9 * fastest[..., None], speeds, np.inf).min(axis=-1)
    slowest = np.minimum(slowest, fastest)
    steps = np.linspace(0.0, 1.0, _PEAK_POINTS).reshape(-1, *(1,) * fastest.ndim)
    time_h = np.minimum(0.3 * (10 / slowest * fastest) ** steps / fastest, _SHORTEST_H)
    moved = modes.vectors * np.exp(modes.values * time_h[..., None])[..., None, :] @ modes.inverse
    peak = np.abs(moved).max(axis=0)
    sizes = np.abs(modes.vectors) @ np.abs(modes.inverse)
    ratio = np.divide(sizes, peak, out=np.zeros(peak.shape), where=peak > 0)
    worst: Floats = np.where(ratio < _NOTHING, ratio, 0.0).max(axis=(-2, -1))
    return worst


def strict(modes: Modes) -> Modes:
    """The same modes, but K itself wherever a gradient would lose its digits in them."""
    plain = modes.plain | ~(_cancellation(modes) < _MAX_CANCELLATION)
    if (plain == modes.plain).all():
        return modes
    identity = np.eye(modes.vectors.shape[-1])
    return Modes(
        np.where(plain[..., None], 0.0, modes.values),
        np.where(plain[..., None, None], identity, modes.vectors),
        np.where(plain[..., None, None], identity, modes.inverse),
        plain,
        modes.rates_per_h,
    )


@dataclass(frozen=True)
class Flow:
    """What moves a modal state (m) and its sensitivities (q, m), for each subject and regime.

    apart: G_ij / (l_i - l_j) of modes that are apart, shape (S, P, m, q * m): row j, column (p, i).
    pairs: the other modes (i, j) that G links, shape (n, 2).
    also: rows that take exp(l_j t) z_j (minus ``apart``), t exp(l_i t) z_i (G_ii) and
    phi_ij(t) z_j of the pairs (G_ij), shape (S, P, 2 m + n, q * m).
    tangents_per_h: K_p in plain coordinates, shape (S, P, q, m, m).
    """

    modes: Modes
    apart: Modal
    pairs: Ints
    also: Modal
    tangents_per_h: Floats

    def part(self, which: slice) -> Flow:
        """The flow of some of the subjects."""
        m = self.modes
        modes = Modes(
            m.values[which],
            m.vectors[which],
            m.inverse[which],
            m.plain[which],
            m.rates_per_h[which],
        )
        apart, also = self.apart[which], self.also[which]
        return Flow(modes, apart, self.pairs, also, self.tangents_per_h[which])


@dataclass(frozen=True)
class Moved:
    """States and sensitivities some hours after N moments of each subject.

    factor: what each mode keeps, shape (S, N, m). state: shape (S, N, m).
    forced: sensitivity that starts at nothing, shape (S, N, q, m).
    plain: (subject, moment) of those that use K itself, shape (k, 2), with their exp(K dt),
    shape (k, m, m): these take the place of the factor.
    """

    factor: Modal
    state: Modal
    forced: Modal
    plain: Ints
    kept: Floats

    def carried(self, sensitivity: Modal) -> Modal:
        """Sensitivities (S, N, q, m) moved on, with what the states add."""
        total: Modal = self.factor[:, :, None, :] * sensitivity
        if len(self.plain):
            s, n = self.plain.T
            total[s, n] = sensitivity[s, n] @ np.swapaxes(self.kept, -1, -2)
        total += self.forced
        return total


def flow_of(modes: Modes, tangents_per_h: Floats) -> Flow:
    """Prepare the flow of sensitivities.

    tangents_per_h: derivative of the rate matrices, shape (S, P, q, m, m).
    """
    subjects, regimes, count, size = tangents_per_h.shape[:4]
    driven = modes.inverse[:, :, None] @ tangents_per_h @ modes.vectors[:, :, None]
    speeds = np.abs(modes.values)
    gaps = modes.values[..., :, None] - modes.values[..., None, :]
    close = np.abs(gaps) <= _NEAR * np.maximum(speeds[..., :, None], speeds[..., None, :])
    apart = np.where(close[:, :, None], 0.0, driven) / np.where(close, 1.0, gaps)[:, :, None]
    meeting = close & ~np.eye(size, dtype=bool) & ~modes.plain[..., None, None]
    pairs = np.argwhere((meeting & (driven != 0).any(axis=2)).any(axis=(0, 1)))
    i, j = pairs.T
    own = np.diagonal(driven, axis1=-2, axis2=-1)
    met = np.where(meeting[:, :, None, i, j], driven[..., i, j], 0.0)

    def rows(values: Modal, into: Ints) -> Modal:
        """Row k gives values[..., k] to mode into[k]; from shape (S, P, q, n)."""
        wide = np.swapaxes(values, -1, -2)[..., None] * np.eye(size)[into][:, None, :]
        result: Modal = wide.reshape(subjects, regimes, len(into), count * size)
        return result

    by_row = np.moveaxis(apart, -1, 2).reshape(subjects, regimes, size, count * size)
    also = np.concatenate([-by_row, rows(own, np.arange(size)), rows(met, i)], axis=2)
    return Flow(modes, by_row, pairs, also, tangents_per_h)


def _phi(values: Modal, pairs: Ints, dt_h: Floats) -> Modal:
    """The divided difference of exp(l t) for pairs of modes.

    values: shape (S, m); dt_h: shape (S, N). Returns shape (S, N, n).
    """
    first, second = (values[:, pairs[:, k]] for k in (0, 1))
    larger = np.where(first.real >= second.real, first, second)
    # The smaller less the larger: nothing here can overflow.
    fall = ((first + second - 2 * larger)[:, None, :]) * dt_h[..., None]
    share = np.divide(np.expm1(fall), fall, out=np.ones_like(fall), where=fall != 0)
    result: Modal = np.exp(larger[:, None, :] * dt_h[..., None]) * dt_h[..., None] * share
    return result


def _moved_in(flow: Flow, p: int, state: Modal, dt_h: Floats, forced: Modal) -> tuple[Modal, Modal]:
    """As ``moved``, all in one regime and by modes: factor and state; writes into ``forced``."""
    values = flow.modes.values[:, p]
    factor = np.exp(values[:, None, :] * dt_h[..., None])
    after = factor * state
    sources = [after, dt_h[..., None] * after]
    if len(flow.pairs):
        sources.append(_phi(values, flow.pairs, dt_h) * state[..., flow.pairs[:, 1]])
    # The last two axes lie together, so this is the same memory.
    np.matmul(state, flow.apart[:, p], out=forced.reshape(*dt_h.shape, flow.apart.shape[-1]))
    forced *= factor[:, :, None, :]
    forced += (np.concatenate(sources, axis=-1) @ flow.also[:, p]).reshape(forced.shape)
    return factor, after


def moved(flow: Flow, regime: Ints, state: Modal, dt_h: Floats, into: Modal | None = None) -> Moved:
    """States of each subject ``dt_h`` later, and how that depends on the parameters.

    regime, dt_h: shape (S, N), dt_h >= 0; state: shape (S, N, m).
    into: shape (S, N, q, m), the two last axes contiguous; takes what is forced.
    """
    regimes, count, size = flow.tangents_per_h.shape[1:4]
    dtype = flow.modes.vectors.dtype
    forced = np.empty((*dt_h.shape, count, size), dtype) if into is None else into
    if regimes == 1:
        factor, after = _moved_in(flow, 0, state, dt_h, forced)
    else:
        factor, after = np.empty(state.shape, dtype), np.empty(state.shape, dtype)
        for p in range(regimes):
            # Moments of this regime; for those whom they find in another, it has its own turn.
            held = np.flatnonzero((regime == p).any(axis=0))
            here = (regime[:, held] == p)[..., None]
            room = np.empty((len(state), len(held), count, size), dtype)
            found = _moved_in(flow, p, state[:, held], dt_h[:, held], room)
            factor[:, held] = np.where(here, found[0], factor[:, held])
            after[:, held] = np.where(here, found[1], after[:, held])
            forced[:, held] = np.where(here[..., None], room, forced[:, held])
    rows = np.arange(len(state))[:, None]
    plain = np.argwhere(flow.modes.plain[rows, regime] & (dt_h > 0))
    kept = _plain_moves(flow, regime, state, dt_h, plain, after, forced)
    return Moved(factor, after, forced, plain, kept)


def _plain_moves(
    flow: Flow,
    regime: Ints,
    state: Modal,
    dt_h: Floats,
    plain: Ints,
    after: Modal,
    forced: Modal,
) -> Floats:
    """Write what K itself makes of the plain ones into ``after`` and ``forced``.

    Returns their exp(K dt), shape (k, m, m).
    """
    count, size = flow.tangents_per_h.shape[2:4]
    kept = np.empty((len(plain), size, size))
    if not len(plain):
        return kept
    s, n = plain.T
    # Doses at one interval need one exponential, not one each.
    cases, which = np.unique(
        np.stack([s, regime[s, n], dt_h[s, n]], axis=1), axis=0, return_inverse=True
    )
    order = np.argsort(which, kind="stable")
    block = max(1, _BLOCK_DOUBLES // (count * 4 * size * size))
    for first in range(0, len(cases), block):
        part = cases[first : first + block]
        subject, p = part[:, 0].astype(np.intp), part[:, 1].astype(np.intp)
        keeps, adds = block_exponential(
            flow.modes.rates_per_h[subject, p] * part[:, 2, None, None],
            flow.tangents_per_h[subject, p] * part[:, 2, None, None, None],
        )
        ends = np.searchsorted(which[order], [first, first + len(part)])
        rows: NDArray[np.intp] = order[ends[0] : ends[1]]
        case = which[rows] - first
        from_state = state[s[rows], n[rows]].real
        kept[rows] = keeps[case]
        after[s[rows], n[rows]] = (kept[rows] @ from_state[..., None])[..., 0]
        forced[s[rows], n[rows]] = (adds[case] @ from_state[:, None, :, None])[..., 0]
    return kept


def block_exponential(matrix: Floats, tangents: Floats) -> tuple[Floats, Floats]:
    """The exponential of matrices and its derivative in q directions.

    matrix: shape (..., m, m); tangents: shape (..., q, m, m).
    Returns shapes as the arguments. Source: Van Loan 1978, theorem 1.
    """
    size = matrix.shape[-1]
    block = np.zeros((*tangents.shape[:-2], 2 * size, 2 * size))
    block[..., :size, :size] = block[..., size:, size:] = matrix[..., None, :, :]
    block[..., size:, :size] = tangents
    result = exponential(block)
    return result[..., 0, :size, :size], result[..., size:, :size]
