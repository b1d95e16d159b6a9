"""Eight doubles at once against the same one by one."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.kernel.compiled import lanes
from antagonist.pharmacology.kernel.compiled.options import OPTIONS, decay

Floats = NDArray[np.float64]
X = np.array([-3.0, -0.5, 0.0, 1.0, 2.5, 1e-300, 7.0, math.inf])
Y = np.array([2.0, -0.5, 1.0, -4.0, 0.25, 3.0, math.nan, 1.0])


def test_arithmetic_is_that_of_each_lane() -> None:
    def worked(x: Floats, y: Floats, into: Floats) -> None:
        a, b = lanes.load(x, 0), lanes.load(y, 0)
        lanes.store(into, 0, a + b)
        lanes.store(into, 8, a - 2.0)
        lanes.store(into, 16, 3.0 * b)
        lanes.store(into, 24, 1.0 / b)
        lanes.store(into, 32, lanes.least(a, b))
        lanes.store(into, 40, lanes.most(a, b))
        lanes.store(into, 48, lanes.size_of(a))
        lanes.store(into, 56, lanes.where_less(a, b, a, lanes.splat(9.0)))

    found = np.empty(64)
    numba.njit(**OPTIONS)(worked)(X, Y, found)
    # what is not less is the other, also where one is not a number
    smaller, larger = np.where(X < Y, X, Y), np.where(X < Y, Y, X)
    chosen = np.where(X < Y, X, 9.0)
    expected = [X + Y, X - 2.0, 3.0 * Y, 1.0 / Y, smaller, larger, np.abs(X), chosen]
    np.testing.assert_array_equal(found.reshape(8, 8), expected)


def test_bits_of_what_is_less() -> None:
    def told(x: Floats, y: Floats) -> int:
        bits: int = lanes.less(lanes.load(x, 0), lanes.load(y, 0))
        return bits

    assert numba.njit(**OPTIONS)(told)(X, Y) == sum(2**n for n in range(8) if X[n] < Y[n])


def test_rows_become_columns() -> None:
    def turned(x: Floats, into: Floats) -> None:
        rows = (
            lanes.load(x, 0), lanes.load(x, 8), lanes.load(x, 16), lanes.load(x, 24),
            lanes.load(x, 32), lanes.load(x, 40), lanes.load(x, 48), lanes.load(x, 56),
        )  # fmt: skip
        for n, row in enumerate(lanes.transposed(rows)):
            lanes.store(into, 8 * n, row)

    found, square = np.empty(64), np.arange(64.0).reshape(8, 8)
    numba.njit(**OPTIONS)(turned)(square.ravel(), found)
    np.testing.assert_array_equal(found.reshape(8, 8), square.T)


def test_values_apart_and_their_sum() -> None:
    def gathered(x: Floats, into: Floats) -> float:
        some = lanes.strided(x, 3, 5)
        lanes.store(into, 0, some)
        total: float = lanes.summed(some) + lanes.lane(some, 2)
        return total

    x, found = np.arange(40.0), np.empty(8)
    total = numba.njit(**OPTIONS)(gathered)(x, found)
    np.testing.assert_array_equal(found, x[3::5][:8])
    assert total == x[3::5][:8].sum() + x[13]


def test_decay_is_that_of_each_lane() -> None:
    """To the last bit, so that no result depends on where in a row it is worked out."""

    def decayed(x: Floats, into: Floats, one: Floats) -> None:
        for n in range(0, x.shape[0], 8):
            lanes.store(into, n, lanes.decays(lanes.load(x, n)))
        for n in range(x.shape[0]):
            one[n] = decay(x[n])

    x = np.append(np.linspace(-720.0, 5.0, 799), [-math.inf])
    found, alone = np.empty((2, 800))
    numba.njit(**OPTIONS)(decayed)(x, found, alone)
    np.testing.assert_array_equal(found, alone)
    np.testing.assert_allclose(found[x > -700], np.exp(x[x > -700]), rtol=1e-15)
