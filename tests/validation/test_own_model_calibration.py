"""Simulation-based calibration of the own model (Talts et al. 2018, arXiv 1804.06788), in small.

1,000 patients are in docs/reference/calibration-own-model.md; here are so many as a minute bears,
with fewer proposals each, and bounds that a calibrated model breaks once in 2,000 runs.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from antagonist.feedback.own_model.coverage import Placed, covered, placed
from antagonist.feedback.own_model.weights import weights

PATIENTS = 200
RARE = 0.00025


@pytest.fixture(scope="module")
def found() -> list[Placed]:
    data = weights()
    effort = data.reckoning.model_copy(update={"proposals": (500, 600, 900), "draws": 200})
    small = data.model_copy(update={"reckoning": effort})
    return [
        placed("as_assumed", n, data=small, misfit="ignore") for n in range(5000, 5000 + PATIENTS)
    ]


def test_intervals_cover_what_they_say(found: list[Placed]) -> None:
    rng = np.random.default_rng(0)
    for share in (0.5, 0.9):
        low, high = (float(binom.ppf(q, PATIENTS, share)) / PATIENTS for q in (RARE, 1 - RARE))
        for name in found[0].below:
            assert low <= covered([p.rank(name, rng) for p in found], share) <= high, name


def test_ranks_lean_to_no_side(found: list[Placed]) -> None:
    rng = np.random.default_rng(0)
    for name in found[0].below:
        mean = np.mean([p.rank(name, rng) for p in found])
        assert abs(mean - 0.5) < 3.7 / np.sqrt(12 * PATIENTS), name


def test_chances_of_doses_are_kept(found: list[Placed]) -> None:
    chance = np.array([c for p in found for c in p.chance])
    taken = np.array([t for p in found for t in p.taken])
    for low, high in ((0.0, 0.1), (0.1, 0.6), (0.6, 0.8), (0.8, 0.95), (0.95, 1.0)):
        inside = (chance >= low) & (chance <= high)
        mean, count = chance[inside].mean(), int(inside.sum())
        # doses of one patient go together, so as if a third as many; a search that missed a mode
        # in one patient of 250 is allowed for
        spread = np.sqrt(max(mean * (1 - mean), 0.004) * 3 / count)
        assert abs(taken[inside].mean() - mean) < 3.7 * spread, (low, high)
