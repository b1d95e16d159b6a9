"""A subject's modes and what they do to sensitivities, at one set of parameters.

Equations as in ``tangent_flow`` and ``sensitivity``. Imported when compiling only.
"""

from __future__ import annotations

import math
from typing import Any

from antagonist.pharmacology.kernel.compiled.modes import modes_in_order
from antagonist.pharmacology.kernel.compiled.options import Floats, Ints, compiled, decay
from antagonist.pharmacology.kernel.limits import MAX_CROWDING

_NEAR = 1e-2


@compiled
def _meet(v: Floats, w: Floats, i: int, j: int) -> bool:
    """Whether some response has both modes in it."""
    left, right = False, False
    for n in range(v.shape[0]):
        left = left or (v[n, i] != 0.0 and v[n, j] != 0.0)
        right = right or (w[i, n] != 0.0 and w[j, n] != 0.0)
    return left and right


@compiled
def _crowded(lam: Floats, v: Floats, w: Floats) -> bool:
    """Whether modes lie so near each other that digits are lost."""
    m = lam.shape[0]
    for i in range(m):
        crowding = 1.0
        for j in range(m):
            larger = max(abs(lam[i]), abs(lam[j]))
            if j == i or not larger > 2.0 * abs(lam[i] - lam[j]):
                continue
            if _meet(v, w, i, j):
                crowding *= larger / max(abs(lam[i] - lam[j]), 1e-12 * larger)
        if crowding > MAX_CROWDING:
            return True
    return False


@compiled
def settled(
    entries: Ints, gains: Ints, order: Ints, starts: Ints, val: Floats, grad: Floats,
    regime: Any, room: Any,
) -> int:  # fmt: skip
    """Modes of one regime, and how they drive sensitivities.

    entries: (n, 3) row, column, number. gains: (o, 2) state, number. regime: lam (m,), v and w
    (m, m), driven (q, m, m) = w K_q v, seen (o, m) = outputs v, turned (q, o, m).
    Returns 0; 1 where digits may be lost; 2 where there is no closed form.
    """
    lam, v, w, driven, seen, turned = regime
    k, ordered, vo, wo, small, line, half = room
    m, q, outputs = lam.shape[0], grad.shape[1], gains.shape[0]
    for i in range(m):
        for j in range(m):
            k[i, j] = 0.0
    for e in range(entries.shape[0]):
        value = val[entries[e, 2]]
        if entries[e, 0] != entries[e, 1] and not value >= 0.0:
            return 2
        k[entries[e, 0], entries[e, 1]] += value
    for i in range(m):
        for j in range(m):
            ordered[i, j] = k[order[i], order[j]]
            if not math.isfinite(ordered[i, j]):
                return 2
    if not modes_in_order(ordered, starts, lam, vo, wo, small[0], small[1], line):
        return 2
    for i in range(m):
        for j in range(m):
            v[order[i], j] = vo[i, j]
            w[i, order[j]] = wo[i, j]
            if not (math.isfinite(vo[i, j]) and math.isfinite(wo[i, j])):
                return 2
    for p in range(q):
        for i in range(m):
            for j in range(m):
                driven[p, i, j] = 0.0
        for i in range(m):
            for j in range(m):
                half[i, j] = 0.0
        for e in range(entries.shape[0]):
            slope = grad[entries[e, 2], p]
            if slope != 0.0:
                for j in range(m):
                    half[entries[e, 0], j] += slope * v[entries[e, 1], j]
        for i in range(m):
            for n in range(m):
                if w[i, n] != 0.0:
                    for j in range(m):
                        driven[p, i, j] += w[i, n] * half[n, j]
    for o in range(outputs):
        state, number = gains[o, 0], gains[o, 1]
        for j in range(m):
            seen[o, j] = val[number] * v[state, j]
            for p in range(q):
                turned[p, o, j] = grad[number, p] * v[state, j]
    return 1 if _crowded(lam, v, w) else 0


@compiled
def moved(
    lam: Floats, driven: Floats, dt: float, z: Floats, y: Floats, e: Floats, after: Floats
) -> None:
    """Carry a modal state z (m,) and its sensitivities y (q, m) on by dt hours."""
    m, q = z.shape[0], y.shape[0]
    for i in range(m):
        e[i] = decay(lam[i] * dt)
    for p in range(q):
        for i in range(m):
            after[p, i] = e[i] * y[p, i]
    for j in range(m):
        if z[j] == 0.0:
            continue
        for i in range(m):
            gap = lam[i] - lam[j]
            if abs(gap) > _NEAR * max(abs(lam[i]), abs(lam[j])):
                phi = (e[i] - e[j]) / gap
            else:
                # the smaller less the larger: nothing here can overflow
                fall = -abs(gap) * dt
                share = math.expm1(fall) / fall if fall != 0.0 else 1.0
                phi = max(e[i], e[j]) * dt * share
            phi *= z[j]
            for p in range(q):
                after[p, i] += driven[p, i, j] * phi
    for i in range(m):
        z[i] *= e[i]
        for p in range(q):
            y[p, i] = after[p, i]


@compiled
def turned_to(v: Floats, w: Floats, x: Floats, plain: Floats) -> None:
    """Modal coordinates of one regime to those of another: x = w v x."""
    m = x.shape[0]
    for i in range(m):
        total = 0.0
        for j in range(m):
            total += v[i, j] * x[j]
        plain[i] = total
    for i in range(m):
        total = 0.0
        for j in range(m):
            total += w[i, j] * plain[j]
        x[i] = total
