"""Jumps of a schedule one by one, before they become the kernel's arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.kernel import Ints, Jumps
from antagonist.pharmacology.varying import Quantity, Varying, chosen, value_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Jump:
    """One jump of all subjects; regime: -1 where it changes none."""

    time_h: Quantity  # (S,)
    target: int
    amount: Quantity  # (S,)
    reset: bool = False
    regime: int = -1


@dataclass(frozen=True)
class Stacked:
    """Jumps in the kernel's form, with the derivatives of their amounts and times.

    amount, time_h: shape (S, M, q), or (1, 1, q) where none varies.
    """

    jumps: Jumps
    amount: Floats
    time_h: Floats


def split(jumps: Sequence[Jump], time_h: float) -> tuple[list[Jump], list[Jump]]:
    """What has happened by a time and what is still to come, subject by subject."""
    by_then: list[Jump] = []
    to_come: list[Jump] = []
    for j in jumps:
        done = value_of(j.time_h) <= time_h
        for mask, found in ((done, by_then), (~done, to_come)):
            if mask.any():
                at, amount = chosen(mask, j.time_h, time_h), chosen(mask, j.amount, 0.0)
                found.append(Jump(at, j.target, amount, j.reset, j.regime))
    return by_then, to_come


def stack(schedules: Sequence[list[Jump]], subjects: int, directions: int = 0) -> Stacked:
    """Sort each subject's jumps in time and pad to the longest.

    schedules: one for all subjects, or one for each. directions: their number q.
    """
    count = max(1, *(len(jumps) for jumps in schedules), 1)
    shared = len(schedules) == 1 and all(_same_time(jump) for jump in schedules[0])
    times = (1 if shared else subjects, count)
    # what a schedule says is the same for all subjects that follow it
    rows = (len(schedules) if len(schedules) > 1 else times[0], count)
    time_h, amount = np.full(times, np.inf), np.zeros((subjects, count))
    target, regime = np.zeros(rows, dtype=np.intp), np.full(rows, -1, dtype=np.intp)
    reset = np.zeros(rows, dtype=bool)
    for s, jumps in enumerate(schedules):
        which = slice(None) if len(schedules) == 1 else slice(s, s + 1)
        for m, jump in enumerate(jumps):
            at_h = value_of(jump.time_h)
            time_h[which, m] = at_h[:1] if shared else at_h
            amount[which, m] = value_of(jump.amount)
            target[which, m], reset[which, m], regime[which, m] = (
                jump.target, jump.reset, jump.regime,
            )  # fmt: skip
    order = np.argsort(time_h, axis=1, kind="stable")
    time_h, target, reset, regime = (
        np.take_along_axis(a, order, axis=1) for a in (time_h, target, reset, regime)
    )
    order = np.broadcast_to(order, amount.shape)
    held = np.maximum.accumulate(np.maximum(regime, 0), axis=1)
    return Stacked(
        Jumps(time_h, target, _sorted(amount, order, shared), reset, held),
        _gradients(schedules, lambda jump: jump.amount, order, directions),
        _gradients(schedules, lambda jump: jump.time_h, order, directions),
    )


def _same_time(jump: Jump) -> bool:
    at_h = value_of(jump.time_h)
    return bool((at_h == at_h[0]).all())


def _sorted(amount: Floats, order: Ints, shared: bool) -> Floats:
    if shared:
        return amount[:, order[0]]
    return np.take_along_axis(amount, order, axis=1)


def _gradients(
    schedules: Sequence[list[Jump]],
    part: Callable[[Jump], Quantity],
    order: Ints,
    directions: int,
) -> Floats:
    """Derivatives of one part of the jumps in their sorted order."""
    if not directions:
        return np.zeros((1, 1, 0))
    found = [
        (s, m, quantity.gradient)
        for s, jumps in enumerate(schedules)
        for m, quantity in enumerate(map(part, jumps))
        if isinstance(quantity, Varying)
    ]
    if not found:
        return np.zeros((1, 1, directions))
    gradients = np.zeros((*order.shape, directions))
    for s, m, gradient in found:
        rows = slice(None) if len(schedules) == 1 else slice(s, s + 1)
        gradients[rows, m] = gradient
    return np.take_along_axis(gradients, order[..., None], axis=1)
