"""The exponential of the loops against decimal arithmetic of 40 digits."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from antagonist.pharmacology.kernel.compiled.options import OPTIONS, decay

Floats = NDArray[np.float64]


@pytest.fixture(scope="module", name="decays")
def _decays() -> Callable[[Floats], Floats]:
    """The function as the loops use it: compiled, over many values at once."""

    def over(x: Floats) -> Floats:
        result = np.empty_like(x)
        for n in range(x.shape[0]):
            result[n] = decay(x[n])
        return result

    made: Callable[[Floats], Floats] = numba.njit(**OPTIONS)(over)
    return made


def errors(x: Floats, values: Floats) -> Floats:
    """Relative errors, worked out with 40 digits."""
    with localcontext() as context:
        context.prec = 40
        exact = [Decimal(float(v)).exp() for v in x]
        pairs = zip(values, exact, strict=True)
        return np.array([float(abs(Decimal(float(v)) / e - 1)) for v, e in pairs])


def test_it_keeps_its_digits_over_all_decays(decays: Callable[[Floats], Floats]) -> None:
    random = np.random.default_rng(7)
    x = np.concatenate([
        np.linspace(-708.0, 0.0, 1500),
        -np.logspace(-300, math.log10(708.0), 1500),
        # Where the reduction goes over from one whole number of log(2) to the next.
        -(np.arange(1000) + 0.5) * math.log(2) * (1 + random.normal(0, 1e-15, 1000)),
    ])  # fmt: skip
    assert errors(x, decays(x[x >= -708.0])).max() <= 4e-16


def test_it_keeps_its_digits_for_growth(decays: Callable[[Floats], Floats]) -> None:
    x = np.linspace(0.0, 700.0, 1000)
    assert errors(x, decays(x)).max() <= 4e-16


def test_nothing_decays_in_no_time(decays: Callable[[Floats], Floats]) -> None:
    assert (decays(np.array([0.0, -0.0, -5e-324, -1e-17])) == 1.0).all()


def test_what_is_too_small_is_gone(decays: Callable[[Floats], Floats]) -> None:
    x = np.array([np.nextafter(-708.0, -np.inf), -709.0, -1e4, -1e300, -np.inf])
    assert (decays(x) == 0.0).all()


def test_one_value_and_many_give_the_same(decays: Callable[[Floats], Floats]) -> None:
    x = np.linspace(-50.0, 0.0, 101)
    np.testing.assert_array_equal(decays(x), [decays(x[n : n + 1])[0] for n in range(101)])
