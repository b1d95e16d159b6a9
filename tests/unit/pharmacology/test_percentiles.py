"""Quantiles over draws are NumPy's, whatever the number of moments."""

from __future__ import annotations

import numpy as np
import pytest

from antagonist.pharmacology.percentiles import quantiles, quantiles_of

SHARES = (0.0, 0.05, 0.5, 0.95, 1.0)


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (7, 127), (40, 128), (41, 300)])
def test_quantiles_are_numpys(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(1).standard_normal(shape)
    expected = np.quantile(values, SHARES, axis=0)
    np.testing.assert_allclose(quantiles(values, SHARES), expected, rtol=1e-14, atol=1e-14)


def test_several_quantities_keep_their_names() -> None:
    values = np.random.default_rng(2).random((9, 50))
    found = quantiles_of({"low": values, "high": values + 1}, (0.5,))
    assert list(found) == ["low", "high"]
    np.testing.assert_allclose(found["high"], found["low"] + 1, rtol=1e-14)
