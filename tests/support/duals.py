"""An independent reference for derivatives: dual numbers in extended precision.

A dual number is a value with its derivatives by q directions; every operation carries both. A
course is followed from event to event with the exponential of dual matrices (scaling and squaring
of a Taylor series), times of events included: nothing here knows a formula for sensitivities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Wide = NDArray[np.longdouble]
_TERMS = 24  # of the Taylor series at a norm under 1/4: far below extended precision


@dataclass(frozen=True, eq=False)
class Dual:
    """A number with its derivatives, slope of shape (q,)."""

    value: np.longdouble
    slope: Wide

    def __add__(self, other: Dual | float) -> Dual:
        b = self.like(other)
        return Dual(self.value + b.value, self.slope + b.slope)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __sub__(self, other: Dual | float) -> Dual:
        return self + -self.like(other)

    def __mul__(self, other: Dual | float) -> Dual:
        b = self.like(other)
        return Dual(self.value * b.value, self.slope * b.value + self.value * b.slope)

    def __truediv__(self, other: Dual | float) -> Dual:
        b = self.like(other)
        ratio = self.value / b.value
        return Dual(ratio, (self.slope - ratio * b.slope) / b.value)

    def __pow__(self, other: Dual | float) -> Dual:
        return exp(log(self) * other)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: float) -> Dual:
        return self.like(other) - self

    def __rtruediv__(self, other: float) -> Dual:
        return self.like(other) / self

    def __rpow__(self, other: float) -> Dual:
        return self.like(other) ** self

    def like(self, other: Dual | float) -> Dual:
        """A constant as a dual number of as many directions."""
        return other if isinstance(other, Dual) else constant(other, len(self.slope))


def constant(value: Any, count: int) -> Dual:
    """A number that depends on no direction."""
    return Dual(np.longdouble(value), np.zeros(count, dtype=np.longdouble))


def variable(value: float, k: int, count: int) -> Dual:
    """A number that is the k-th direction itself."""
    return Dual(np.longdouble(value), np.eye(count, dtype=np.longdouble)[k])


def exp(x: Dual | float) -> Dual | Any:
    """Natural exponential."""
    if not isinstance(x, Dual):
        return np.exp(np.longdouble(x))
    return Dual(np.exp(x.value), np.exp(x.value) * x.slope)


def log(x: Dual | float) -> Dual | Any:
    """Natural logarithm."""
    if not isinstance(x, Dual):
        return np.log(np.longdouble(x))
    return Dual(np.log(x.value), x.slope / x.value)


def sqrt(x: Dual | float) -> Dual | Any:
    """Square root."""
    if not isinstance(x, Dual):
        return np.sqrt(np.longdouble(x))
    return Dual(np.sqrt(x.value), x.slope / (2 * np.sqrt(x.value)))


def formula(text: str, values: Mapping[str, Dual], count: int) -> Dual:
    """A model file's formula by Python's own parser, with dual numbers for its names."""
    found = eval(text, {"exp": exp, "log": log, "sqrt": sqrt}, dict(values))
    return found if isinstance(found, Dual) else constant(found, count)


@dataclass(frozen=True, eq=False)
class Matrix:
    """A matrix (or vector) with its derivatives, slope of shape (q, *value.shape)."""

    value: Wide
    slope: Wide

    def __matmul__(self, other: Matrix) -> Matrix:
        # A vector's slopes are rows: they are multiplied from the left one by one.
        one = other.value.ndim == 1
        through = other.slope @ self.value.T if one else self.value @ other.slope
        return Matrix(self.value @ other.value, self.slope @ other.value + through)

    def __add__(self, other: Matrix) -> Matrix:
        return Matrix(self.value + other.value, self.slope + other.slope)

    def times(self, factor: Dual) -> Matrix:
        """Every element by one number."""
        wide = factor.slope.reshape(-1, *(1,) * self.value.ndim)
        return Matrix(self.value * factor.value, self.slope * factor.value + wide * self.value)


def matrix(shape: tuple[int, ...], entries: Sequence[tuple[Any, Dual]], count: int) -> Matrix:
    """A matrix from what is added at its places (index, number)."""
    value = np.zeros(shape, dtype=np.longdouble)
    slope = np.zeros((count, *shape), dtype=np.longdouble)
    for index, number in entries:
        value[index] += number.value
        slope[:, *np.atleast_1d(index)] += number.slope
    return Matrix(value, slope)


def exponential(a: Matrix) -> Matrix:
    """Exp of a dual matrix: a Taylor series after halving, then squaring."""
    norm = float(np.abs(a.value).sum(axis=0).max())
    halvings = max(0, int(np.ceil(np.log2(norm))) + 2) if norm > 0 else 0
    count = len(a.slope)
    small = a.times(constant(np.longdouble(0.5) ** halvings, count))
    identity = Matrix(np.eye(len(a.value), dtype=np.longdouble), np.zeros_like(a.slope))
    total = identity
    for n in range(_TERMS, 0, -1):
        total = identity + (small @ total).times(constant(1 / np.longdouble(n), count))
    for _ in range(halvings):
        total = total @ total
    return total


@dataclass(frozen=True, eq=False)
class Event:
    """One jump of a course; regime: the rates that hold from then on, -1 the same as before."""

    time_h: Dual
    target: int
    amount: Dual
    reset: bool = False
    regime: int = -1


def course(
    rates_per_h: Sequence[Matrix],
    outputs: Sequence[Matrix],
    events: Sequence[Event],
    time_h: Sequence[float],
    start: Matrix | None = None,
    start_h: float = 0.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Outputs and their derivatives at times, after all events up to them.

    rates_per_h, outputs: one for each regime. events: in order of time.
    Returns shapes (o, T) and (o, q, T).
    """
    size, count = len(rates_per_h[0].value), len(rates_per_h[0].slope)
    state = start or matrix((size,), [], count)
    clock, regime = constant(start_h, count), 0
    values, slopes = [], []
    pending = [*events, None]
    for event in pending:
        until = np.inf if event is None else float(event.time_h.value)
        for t in (t for t in time_h if float(clock.value) <= t < until):
            seen = outputs[regime] @ _moved(rates_per_h[regime], state, t - clock)
            values.append(seen.value)
            slopes.append(seen.slope)
        if event is None:
            break
        state = _moved(rates_per_h[regime], state, event.time_h - clock)
        clock = event.time_h
        if event.reset:
            state = matrix((size,), [], count)
        state = state + matrix((size,), [(event.target, event.amount)], count)
        regime = regime if event.regime < 0 else event.regime
    return np.array(values, dtype=float).T, np.array(slopes, dtype=float).transpose(2, 1, 0)


def _moved(rates_per_h: Matrix, state: Matrix, dt_h: Dual) -> Matrix:
    return exponential(rates_per_h.times(dt_h)) @ state
