"""Receptor occupancy at numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from antagonist.pharmacology.receptors import (
    Receptor,
    antagonist_odds,
    constant_ng_per_ml,
    occupancy,
)

VALUES = {
    "K_mu": np.array([[0.5], [2.0]]),
    "ratio_kappa": np.array([[2.0], [4.0]]),
    "ratio_delta": np.array([[100.0], [50.0]]),
    "w_6bn": np.array([[0.1], [0.0]]),
}
NTX = np.array([[1.0, 0.5], [1.0, 0.5]])
METABOLITE = np.array([[10.0, 0.0], [10.0, 0.0]])


@pytest.mark.parametrize(
    ("receptor", "first", "second"), [("mu", 0.5, 2.0), ("kappa", 1.0, 8.0), ("delta", 50.0, 100.0)]
)
def test_other_receptors_constants_are_ratios_to_that_of_mu(
    receptor: Receptor, first: float, second: float
) -> None:
    found = constant_ng_per_ml(VALUES, receptor)
    assert found[:, 0].tolist() == pytest.approx([first, second])


def test_odds_add_both_antagonists_for_each_draw_and_time() -> None:
    """(1 + 0.1 * 10) / 0.5 = 4; without the metabolite's weight 1 / 2."""
    found = antagonist_odds(NTX, METABOLITE, VALUES)
    assert found == pytest.approx(np.array([[4.0, 1.0], [0.5, 0.25]]))


def test_half_is_occupied_at_the_constant() -> None:
    level = np.array([[0.5], [2.0]])
    odds = antagonist_odds(level, np.zeros((2, 1)), VALUES)
    assert occupancy(odds) == pytest.approx(np.full((2, 1), 0.5))


def test_rounding_below_zero_counts_as_nothing() -> None:
    odds = antagonist_odds(np.array([[-1e-18], [0.0]]), np.zeros((2, 1)), VALUES)
    assert (odds == 0).all()
    assert (occupancy(odds) == 0).all()
