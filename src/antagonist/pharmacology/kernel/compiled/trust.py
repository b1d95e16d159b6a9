"""The search of one subject, as ``estimation.search`` does it for many. For compiling only."""

from __future__ import annotations

import math
from typing import Any

from antagonist.pharmacology.kernel.compiled.options import Floats, compiled
from antagonist.pharmacology.kernel.compiled.scored import scored
from antagonist.pharmacology.kernel.limits import (
    CLOSE,
    FAR,
    FIRST_RADIUS,
    HALVINGS,
    LARGEST_RADIUS,
    MOST_TRIALS,
    SMALLEST_RADIUS,
)


@compiled
def turned(a: Floats, values: Floats, vectors: Floats) -> None:
    """Eigenvalues and vectors (columns) of a symmetric matrix, which is destroyed.

    Source: Jacobi's rotations, Golub and Van Loan 2013, section 8.5.
    """
    q = a.shape[0]
    for i in range(q):
        for j in range(q):
            vectors[i, j] = 1.0 if i == j else 0.0
    for _ in range(60):
        off, size = 0.0, 0.0
        for i in range(q):
            size += a[i, i] * a[i, i]
            for j in range(i):
                off += a[i, j] * a[i, j]
        if not off > 1e-30 * (size + off):
            break
        for i in range(q - 1):
            for j in range(i + 1, q):
                if a[i, j] == 0.0:
                    continue
                tau = (a[j, j] - a[i, i]) / (2.0 * a[i, j])
                t = math.copysign(1.0, tau) / (abs(tau) + math.sqrt(1.0 + tau * tau))
                c = 1.0 / math.sqrt(1.0 + t * t)
                s = t * c
                for k in range(q):
                    x, y = a[k, i], a[k, j]
                    a[k, i], a[k, j] = c * x - s * y, s * x + c * y
                for k in range(q):
                    x, y = a[i, k], a[j, k]
                    a[i, k], a[j, k] = c * x - s * y, s * x + c * y
                a[i, j] = 0.0
                a[j, i] = 0.0
                for k in range(q):
                    x, y = vectors[k, i], vectors[k, j]
                    vectors[k, i], vectors[k, j] = c * x - s * y, s * x + c * y
    for i in range(q):
        values[i] = a[i, i]


@compiled
def _length(along: Floats, values: Floats, shift: float) -> float:
    total = 0.0
    for i in range(along.shape[0]):
        part = along[i] / max(values[i] + shift, 1e-300)
        total += part * part
    return math.sqrt(total)


@compiled
def _shift(values: Floats, along: Floats, radius: float) -> float:
    """What must be added to the eigenvalues for a step of the radius; 0 where none is needed."""
    q = values.shape[0]
    least, most, size = values[0], values[0], 0.0
    for i in range(q):
        least, most = min(least, values[i]), max(most, values[i])
        size += along[i] * along[i]
    low: float = max(0.0, -least + 1e-10 * (1.0 + abs(most)))
    if not _length(along, values, low) > radius:
        return low
    high = max(low, math.sqrt(size) / radius - least)
    shift: float = high
    for _ in range(30):
        length = _length(along, values, shift)
        if abs(length - radius) <= 0.05 * radius:
            break
        slope = 0.0
        for i in range(q):
            part = along[i] / max(values[i] + shift, 1e-300)
            slope += part * part / max(values[i] + shift, 1e-300)
        move = (length / max(slope, 1e-300)) * length * (length - radius) / radius
        after = min(max(shift + move, low), high)
        shift = after
        if after == low:
            break
    return shift


@compiled
def _step(
    gradient: Floats, information: Floats, learnt: Floats, radius: float, work: Any, step: Floats
) -> tuple[float, float]:
    """The best step of the model within its radius: the gain expected, and how far is left."""
    a, values, vectors, along, _ = work
    q = gradient.shape[0]
    for i in range(q):
        for j in range(q):
            a[i, j] = information[i, j] + learnt[i, j]
    turned(a, values, vectors)
    left, least = 0.0, values[0]
    for i in range(q):
        total = 0.0
        for j in range(q):
            total += vectors[j, i] * gradient[j]
        along[i] = total
        least = min(least, values[i])
    for i in range(q):
        left += along[i] * along[i] / values[i] if least > 0.0 else 0.0
    shift = _shift(values, along, radius)
    length = _length(along, values, shift)
    shrink = min(1.0, radius / max(length, 1e-300))
    expected = 0.0
    for i in range(q):
        step[i] = 0.0
    for i in range(q):
        part = -along[i] / max(values[i] + shift, 1e-300) * shrink
        expected -= along[i] * part + 0.5 * values[i] * part * part
        for j in range(q):
            step[j] += vectors[j, i] * part
    return expected, left if least > 0.0 else math.inf


@compiled
def whitened(
    root: Floats, gradient: Floats, information: Floats, half: Floats, g: Floats, h: Floats
) -> None:
    """Derivatives by zeta, with eta = root zeta."""
    q = g.shape[0]
    for i in range(q):
        total = 0.0
        for k in range(i, q):
            total += root[k, i] * gradient[k]
        g[i] = total
        for j in range(q):
            total = 0.0
            for k in range(j, q):
                total += information[i, k] * root[k, j]
            half[i, j] = total
    for i in range(q):
        for j in range(q):
            total = 0.0
            for k in range(i, q):
                total += root[k, i] * half[k, j]
            h[i, j] = total


@compiled
def _learn(
    learnt: Floats, before: Floats, after: Floats, h: Floats, step: Floats, miss: Floats
) -> None:
    """Correct what was learnt so that it explains the change of the gradient along the step."""
    q = step.shape[0]
    along, size, far = 0.0, 0.0, 0.0
    for i in range(q):
        total = after[i] - before[i]
        for j in range(q):
            total -= (h[i, j] + learnt[i, j]) * step[j]
        miss[i] = total
        along += total * step[i]
        size += total * total
        far += step[i] * step[i]
    norm = math.sqrt(size * far)
    if norm > 0.0 and abs(along) > 1e-6 * norm:
        for i in range(q):
            for j in range(q):
                learnt[i, j] += miss[i] * miss[j] / along


@compiled
def searched(
    s: int, eta: Floats, root: Floats, model: Any, people: Any, room: Any, work: Any,
    gradient: Floats, information: Floats, prediction: Floats,
) -> tuple[float, int, int]:  # fmt: skip
    """Search from ``eta``, which becomes the best found, with its derivatives and predictions.

    Returns the objective there, the trials, and 1 where digits may have been lost.
    """
    zeta, trial, at, step, g, g2, h, h2, learnt, half, miss, grad2, info2, pred2, eigen = work
    q = eta.shape[0]
    value, doubt = scored(s, eta, model, people, room, gradient, information, prediction)
    for _ in range(HALVINGS):
        size = 0.0
        for i in range(q):
            size += abs(eta[i])
        if math.isfinite(value) or size == 0.0:
            break
        for i in range(q):
            eta[i] = 0.5 * eta[i] if abs(eta[i]) >= 2e-3 else 0.0
        value, doubt = scored(s, eta, model, people, room, gradient, information, prediction)
    if not math.isfinite(value):
        return value, 1, doubt
    for i in range(q):
        total = eta[i]
        for j in range(i):
            total -= root[i, j] * zeta[j]
        zeta[i] = total / root[i, i]
        for j in range(q):
            learnt[i, j] = 0.0
    whitened(root, gradient, information, half, g, h)
    radius, trials = FIRST_RADIUS, 1
    while trials <= MOST_TRIALS and radius > SMALLEST_RADIUS:
        expected, left = _step(g, h, learnt, radius, eigen, step)
        if not left > CLOSE:
            break
        trials += 1
        length = 0.0
        for i in range(q):
            trial[i] = zeta[i] + step[i]
            length += step[i] * step[i]
        length = math.sqrt(length)
        for i in range(q):
            total = 0.0
            for j in range(i + 1):
                total += root[i, j] * trial[j]
            at[i] = total
        found, lost = scored(s, at, model, people, room, grad2, info2, pred2)
        finite = math.isfinite(found)
        gained = 0.5 * (value - found) if finite else -math.inf
        ratio = gained / max(expected, 1e-300)
        whitened(root, grad2, info2, half, g2, h2)
        blurred = finite and abs(gained) < 1e-12 * (1.0 + abs(value))
        taken = gained > 0.0
        if blurred:
            now, then = 0.0, 0.0
            for i in range(q):
                now, then = max(now, abs(g[i])), max(then, abs(g2[i]))
            taken = then < now
        if finite and (taken or ratio > -FAR):
            _learn(learnt, g, g2, h2, step, miss)
        if taken and (blurred or ratio > 0.7):
            radius = min(max(radius, 2.0 * length), LARGEST_RADIUS)
        elif not (taken and ratio > 0.2):
            radius = (0.5 if taken else 0.25) * min(length, radius)
        if taken:
            value, doubt = found, lost
            for i in range(q):
                eta[i], zeta[i], g[i], gradient[i] = at[i], trial[i], g2[i], grad2[i]
                for j in range(q):
                    h[i, j], information[i, j] = h2[i, j], info2[i, j]
            for t in range(prediction.shape[0]):
                prediction[t] = pred2[t]
    return value, trials, doubt
