"""Effect curves at numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from antagonist.pharmacology.responses import blocked, effect, odds_that_block, remaining

VALUES = {
    "ed50_subjective": np.array([[3.0]]),
    "hill_subjective": np.array([[2.0]]),
    "ed50_physiological": np.array([[1.0]]),
    "hill_physiological": np.array([[1.0]]),
}


def test_half_of_the_effect_at_the_ed50() -> None:
    assert effect(np.array(3.0), VALUES, "subjective")[0, 0] == pytest.approx(0.5)
    assert effect(np.array(6.0), VALUES, "subjective")[0, 0] == pytest.approx(4 / 5)
    assert effect(np.array(0.0), VALUES, "subjective")[0, 0] == pytest.approx(0.0, abs=1e-12)


def test_endpoints_have_their_own_curves() -> None:
    """Odds of 4 turn 5 mg into 1 mg: E(1) over E(5) on each curve."""
    odds = np.array([[4.0]])
    subjective = (1 / 10) / (25 / 34)
    assert remaining(5.0, odds, VALUES, "subjective")[0, 0] == pytest.approx(subjective)
    physiological = (1 / 2) / (5 / 6)
    assert remaining(5.0, odds, VALUES, "physiological")[0, 0] == pytest.approx(physiological)
    assert blocked(5.0, odds, VALUES, "physiological")[0, 0] == pytest.approx(1 - physiological)


def test_nothing_is_blocked_without_antagonist() -> None:
    assert blocked(25.0, np.zeros((1, 3)), VALUES, "subjective").tolist() == [[0.0, 0.0, 0.0]]


def test_the_line_on_the_odds_by_hand() -> None:
    """Of 5 mg, 90 % blocked leaves 1/12; E = 1/12 at 1/11 mg: a dose ratio of 55."""
    found = odds_that_block(0.9, 5.0, VALUES, "physiological")
    assert found[0, 0] == pytest.approx(54.0)
