"""Patterns with levels: blocks against the sum over every pattern, for given parameters."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from antagonist.feedback.own_model.blocks import blocks_of, imputed, shares
from antagonist.feedback.own_model.intake import all_patterns, intake_of
from antagonist.feedback.own_model.known import Dose, Known, MeasuredLevel, PillCount, checked
from antagonist.feedback.own_model.levels import Levels, contributions, levels_of
from antagonist.feedback.own_model.model import priors_of
from antagonist.feedback.own_model.weights import weights
from antagonist.pharmacology.parameter_sets import parameter_set

Floats = NDArray[np.float64]
DAYS = 10
AGAIN = 4000


def course() -> Known:
    """Ten reported tablets with levels on three days and a count."""
    doses = tuple(Dose(24.0 * n, 50.0, "oral_tablet", "reported") for n in range(DAYS))
    levels = (
        MeasuredLevel(74.0, "naltrexone", 1.1), MeasuredLevel(74.0, "6_beta_naltrexol", 9.0),
        MeasuredLevel(147.0, "6_beta_naltrexol", 22.0),
        MeasuredLevel(218.0, "naltrexone", None, 0.2),
        MeasuredLevel(218.0, "6_beta_naltrexol", 2.5),
    )  # fmt: skip
    return checked(Known(doses, levels, pill_counts=(PillCount(0.0, 200.0, 6),)))


def likelihood(levels: Levels, predicted: Floats) -> Floats:
    """Log likelihood of levels for predictions (..., L), by SciPy's own normal."""
    sd = np.sqrt(levels.additive**2 + (levels.cv * predicted) ** 2)
    seen = norm.logpdf(levels.value, predicted, sd)
    below = norm.logcdf(levels.value, predicted, sd)
    found: Floats = np.where(levels.below, below, seen).sum(axis=-1)
    return found


@pytest.fixture(scope="module")
def posed() -> tuple[Known, Levels, Floats]:
    """The course with what its doses give at the middle of one structure, (1, L, D)."""
    known = course()
    prior = priors_of(known, parameter_set())[0]
    levels = levels_of(known.levels, weights())
    given = contributions(prior, prior.phi(np.zeros((1, len(prior.names)))), known, levels)
    return known, levels, given


@pytest.mark.parametrize(("least_share", "most"), [(1e-9, 10), (0.01, 9), (0.05, 3)])
def test_blocks_give_the_sum_over_every_pattern(
    posed: tuple[Known, Levels, Floats], least_share: float, most: int
) -> None:
    known, levels, given = posed
    intake = intake_of(known, weights())
    dose_h = np.array([d.time_h for d in known.doses])
    blocks = blocks_of(
        shares(given), levels.time_h, dose_h, intake, least_share=least_share, most=most
    )
    rng = np.random.default_rng(5)
    many = np.repeat(given, AGAIN, axis=0)
    taken, weight = imputed(many, levels, blocks, intake, intake.drawn(AGAIN, rng), rng)
    patterns = all_patterns(DAYS)
    before = intake.log_chance(patterns)
    before -= np.log(np.exp(before).sum())
    seen = before + likelihood(levels, patterns @ given[0].T)
    total = np.log(np.exp(seen).sum())
    chances = np.exp(seen - total) @ patterns
    own = np.exp(weight - weight.max())
    error = own.std() / own.mean() / np.sqrt(AGAIN)
    assert np.log(own.mean()) + weight.max() == pytest.approx(total, abs=4 * error + 1e-9)
    found = own @ taken / own.sum()
    spread = np.sqrt(((own[:, None] * (taken - found)) ** 2).sum(axis=0)) / own.sum()
    spread = np.maximum(spread, np.sqrt(np.clip(chances * (1 - chances), 0, 1) / AGAIN))
    assert (np.abs(found - chances) <= 4.5 * spread + 1e-6).all()


def test_one_block_of_every_dose_is_exact(posed: tuple[Known, Levels, Floats]) -> None:
    known, levels, given = posed
    intake = intake_of(known, weights())
    dose_h = np.array([d.time_h for d in known.doses])
    share = np.ones((len(levels.value), DAYS))
    blocks = blocks_of(share, levels.time_h, dose_h, intake, least_share=0.5, most=DAYS)
    rng = np.random.default_rng(6)
    _, weight = imputed(given, levels, blocks, intake, intake.drawn(1, rng), rng)
    patterns = all_patterns(DAYS)
    before = intake.log_chance(patterns)
    seen = before - np.log(np.exp(before).sum()) + likelihood(levels, patterns @ given[0].T)
    # all doses before each level are in its block, so nothing is left to chance but doses after
    assert weight[0] == pytest.approx(np.log(np.exp(seen).sum()), abs=1e-9)


def test_blocks_of_half_a_year_stay_small() -> None:
    doses = tuple(Dose(24.0 * n, 50.0, "oral_tablet", "reported") for n in range(180))
    levels_at = tuple(
        MeasuredLevel(24.0 * day + 2.0, "naltrexone", 3.0) for day in range(20, 180, 20)
    )
    known = checked(Known(doses, levels_at))
    prior = priors_of(known, parameter_set())[0]
    levels = levels_of(known.levels, weights())
    eta = np.random.default_rng(1).standard_normal((40, len(prior.names))) @ prior.root.T
    given = contributions(prior, prior.phi(eta), known, levels)
    how = weights().reckoning
    blocks = blocks_of(
        shares(given), levels.time_h, np.array([d.time_h for d in doses]),
        intake_of(known, weights()), least_share=how.least_share, most=how.most_enumerated,
    )  # fmt: skip
    assert len(blocks) == len(levels_at)
    assert sum(len(b.patterns) for b in blocks) <= len(levels_at) * 2**how.most_enumerated
