"""Modes of eight matrices side by side: right, and the same whatever stands beside them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from antagonist.pharmacology.kernel.modes import closed_modes

Floats = NDArray[np.float64]


def _matrices(count: int, seed: int) -> Floats:
    """A depot feeds a star of three, that a pair, that a last state, that nothing."""
    rng = np.random.default_rng(seed)
    flows = [(1, 0), (1, 2), (2, 1), (1, 3), (3, 1), (4, 1), (4, 5), (5, 4), (6, 5)]
    rates = np.zeros((count, 7, 7))
    for row, column in flows:
        rates[:, row, column] = np.exp(rng.normal(-1.0, 1.0, count))
    lost = rates.sum(axis=1) + np.exp(rng.normal(-1.0, 1.0, (count, 7)))
    rates[:, range(7), range(7)] = -lost
    return rates


@pytest.mark.parametrize("count", [1, 7, 8, 21])
def test_the_modes_take_every_matrix_apart(count: int) -> None:
    rates = _matrices(count, seed=count)
    values, vectors, inverse, failed = closed_modes(rates)
    assert not failed.any()
    sizes = np.abs(vectors) @ (np.abs(values)[..., None] * np.abs(inverse))
    again = vectors @ (values[..., None] * inverse)
    assert (np.abs(again - rates) < 1e-13 * sizes.max(axis=(1, 2), keepdims=True)).all()
    np.testing.assert_allclose(
        np.sort(values, axis=1), np.sort(np.linalg.eigvals(rates).real, axis=1), rtol=1e-10
    )


def test_a_matrix_has_the_same_modes_alone_as_among_others() -> None:
    rates = _matrices(19, seed=3)
    together = closed_modes(rates)
    for n in range(19):
        alone = closed_modes(rates[n : n + 1])
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[0], all_of_them[n])


def test_a_matrix_without_a_closed_form_leaves_its_neighbours_alone() -> None:
    rates = _matrices(16, seed=4)
    whole = closed_modes(rates)
    rates[5, 6, 6] = rates[5, 0, 0]  # the last state decays just as the depot does
    values, vectors, inverse, failed = closed_modes(rates)
    assert np.flatnonzero(failed).tolist() == [5]
    for found in (values, vectors, inverse):
        assert not found[5].any()
    others = np.arange(16) != 5
    np.testing.assert_array_equal(values[others], whole[0][others])
    np.testing.assert_array_equal(vectors[others], whole[1][others])
    np.testing.assert_array_equal(inverse[others], whole[2][others])


def test_what_is_not_finite_has_no_closed_form() -> None:
    rates = _matrices(9, seed=5)
    rates[2, 4, 1], rates[7, 1, 2] = np.inf, np.nan
    assert np.flatnonzero(closed_modes(rates)[3]).tolist() == [2, 7]
