"""The steady state with its exact derivatives."""

from __future__ import annotations

import numpy as np

from antagonist.pharmacology.kernel.solution import endless
from antagonist.pharmacology.kernel.system import Floats
from antagonist.pharmacology.kernel.tangent_flow import block_exponential


def endless_with_gradient(
    rates_per_h: Floats,
    tangents_per_h: Floats,
    state: Floats,
    state_tangent: Floats,
    interval_h: float,
) -> tuple[Floats, Floats]:
    """As ``endless``: the sum x of what is left of a state s, with its derivatives.

    rates_per_h: shape (S, m, m); tangents_per_h: their derivatives, shape (S, q, m, m).
    state: shape (S, m); state_tangent: its derivatives, shape (S, q, m).
    Returns shapes (S, m) and (S, q, m): with E = exp(K interval), from (1 - E) x = s,
    (1 - E) x_p = s_p + E_p x. Raises ValueError where the sum has no end.
    Source: Van Loan 1978 for E_p.
    """
    total = endless(rates_per_h, state, interval_h)
    left, change = block_exponential(rates_per_h * interval_h, tangents_per_h * interval_h)
    keeps = np.diagonal(rates_per_h, axis1=1, axis2=2) == 0
    identity = np.eye(rates_per_h.shape[-1])
    lost = np.where(keeps[..., None], identity, identity - left)
    added = state_tangent + (change @ total[:, None, :, None])[..., 0]
    added = np.where(keeps[:, None], 0.0, added)
    gradient = np.linalg.solve(lost[:, None], added[..., None])[..., 0]
    return total, gradient.astype(np.float64, copy=False)
