"""Small courses put both to the kernel and to the reference with dual numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tests.support.duals import Dual, Event, Matrix, course, matrix, variable

from antagonist.pharmacology.kernel import Jumps, LinearSystem
from antagonist.pharmacology.kernel.sensitivity import (
    GradientSolution,
    Tangents,
    solve_with_gradient,
)

Floats = NDArray[np.float64]
Entries = list[tuple[tuple[int, int], Dual]]


@dataclass(frozen=True)
class Case:
    """One subject's course; every state is observed unless outputs are given."""

    rates_per_h: Sequence[Matrix]
    events: Sequence[Event]
    outputs: Sequence[Matrix] | None = None
    start: Matrix | None = None
    start_h: float = 0.0

    @property
    def seen(self) -> Sequence[Matrix]:
        """Outputs of each regime."""
        if self.outputs is not None:
            return self.outputs
        size, count = len(self.rates_per_h[0].value), len(self.rates_per_h[0].slope)
        ones = variable(1.0, 0, count) * 0.0 + 1.0
        return [matrix((size, size), [((i, i), ones) for i in range(size)], count)] * len(
            self.rates_per_h
        )


def parameters(*values: float) -> list[Dual]:
    """Numbers that are the directions."""
    return [variable(value, k, len(values)) for k, value in enumerate(values)]


def rates(size: int, entries: Callable[..., Entries], *values: Dual) -> Matrix:
    """A rate matrix from numbers and what they add at its places."""
    return matrix((size, size), entries(*values), len(values[0].slope))


def chain(*k: Dual) -> Entries:
    """What leaves each state enters the next; the last leaves the body."""
    entries: Entries = []
    for i, rate in enumerate(k):
        entries.append(((i, i), -rate))
        if i + 1 < len(k):
            entries.append(((i + 1, i), rate))
    return entries


def in_kernel(*cases: Case) -> GradientSolution:
    """The cases as subjects of one solution; starts are the first one's."""

    def stacked(parts: Sequence[Sequence[Matrix]]) -> tuple[Floats, Floats]:
        value = np.array([[m.value for m in part] for part in parts], dtype=float)
        return value, np.array([[m.slope for m in part] for part in parts], dtype=float)

    k, k_slope = stacked([case.rates_per_h for case in cases])
    c, c_slope = stacked([case.seen for case in cases])
    shape = (len(cases), max(1, *(len(case.events) for case in cases), 1))
    count = k_slope.shape[2]
    time_h, amount = np.full(shape, np.inf), np.zeros(shape)
    time_slope, amount_slope = np.zeros((*shape, count)), np.zeros((*shape, count))
    target, regime = np.zeros(shape, dtype=np.intp), np.zeros(shape, dtype=np.intp)
    reset = np.zeros(shape, dtype=bool)
    for s, case in enumerate(cases):
        for m, event in enumerate(case.events):
            time_h[s, m], time_slope[s, m] = event.time_h.value, event.time_h.slope
            amount[s, m], amount_slope[s, m] = event.amount.value, event.amount.slope
            target[s, m], reset[s, m] = event.target, event.reset
            regime[s, m:] = event.regime if event.regime >= 0 else regime[s, m]
    first = cases[0].start
    return solve_with_gradient(
        LinearSystem(k, c),
        Jumps(time_h, target, amount, reset, regime),
        Tangents(
            k_slope,
            c_slope,
            amount_slope,
            time_slope,
            None if first is None else np.array(first.slope, dtype=float)[None],
        ),
        start_h=cases[0].start_h,
        initial=None if first is None else np.array(first.value, dtype=float)[None],
    )


def close(
    actual: Floats, expected: Floats, bound: float = 1e-9, least: Floats | float = 0.0
) -> None:
    """Within a bound of the peak over time (the last axis).

    least: what a peak counts for at least, for what is nothing but for rounding.
    """
    peak = np.abs(expected).max(axis=-1, keepdims=True)
    # Under the last number the kernel counts as none: its matrix exponential puts 1e-300 for 0.
    peak = np.maximum(peak, np.maximum(least, 1e-280))
    off = np.abs(actual - expected) / peak
    assert off.max() <= bound, f"off by {off.max()} of the peak"


def agree(
    time_h: Sequence[float],
    *cases: Case,
    bound: float = 1e-9,
    sizes: Sequence[Sequence[float]] | None = None,
) -> GradientSolution:
    """Values and gradients of all cases against the reference; times in ascending order.

    sizes: of the directions of each case; a derivative then counts for at least a thousandth of
        the largest output over that size.
    """
    solution = in_kernel(*cases)
    value, gradient = solution.at(np.array(time_h))
    for s, case in enumerate(cases):
        expected = course(
            case.rates_per_h, case.seen, case.events, time_h, case.start, case.start_h
        )
        least = 0.0 if sizes is None else 1e-3 * np.abs(expected[0]).max()
        close(value[s], expected[0], bound, least)
        if sizes is not None:
            least = least / np.array(sizes[s])[:, None]
        close(gradient[s], expected[1], bound, least)
    return solution
