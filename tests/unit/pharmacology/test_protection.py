"""Crossings of a threshold, and the cautious side of what is stated from them."""

from __future__ import annotations

import numpy as np
import pytest

from antagonist.pharmacology.protection import (
    Statement,
    stated_time,
    statements,
)

LOW = Statement("protected_until_at_least", "subjective", 0.9, 5.0)
HIGH = Statement("opioids_may_be_blunted_until", "subjective", 0.1, 95.0)


def test_the_low_percentile_takes_the_earlier_rank() -> None:
    """5 % of 49 steps is rank 2.45: the third smallest of 50, never the fourth."""
    crossing_h = np.random.default_rng(3).permutation(np.arange(100.0, 150.0))
    found = stated_time(LOW, crossing_h, 50.0)
    assert (found.state, found.at_h) == ("at", 102.0)
    assert found.percentile == 5.0


def test_the_high_percentile_takes_the_later_rank() -> None:
    """95 % of 49 steps is rank 46.55: the 48th of 50."""
    crossing_h = np.random.default_rng(3).permutation(np.arange(100.0, 150.0))
    found = stated_time(HIGH, crossing_h, 50.0)
    assert (found.state, found.at_h) == ("at", 147.0)


def test_endless_crossings_do_not_spoil_a_low_percentile() -> None:
    crossing_h = np.array([*np.arange(60.0, 70.0), *[np.inf] * 90])
    found = stated_time(LOW, crossing_h, 50.0)
    assert (found.state, found.at_h) == ("at", 64.0)
    assert found.median_h is None
    assert found.share_over_now == 1.0


def test_beyond_the_horizon_has_no_time() -> None:
    few = np.array([*np.arange(60.0, 154.0), *[np.inf] * 6])
    assert stated_time(HIGH, few, 50.0).state == "beyond"
    assert stated_time(HIGH, few, 50.0).at_h is None
    assert stated_time(HIGH, few, 50.0).median_h == 109.0
    all_endless = np.full(100, np.inf)
    assert stated_time(LOW, all_endless, 50.0).state == "beyond"


def test_not_protected_now_has_no_time() -> None:
    """Six of a hundred are under at now: the fifth percentile is not protected."""
    crossing_h = np.array([50.0] * 6 + [80.0] * 94)
    found = stated_time(LOW, crossing_h, 50.0)
    assert (found.state, found.at_h, found.median_h) == ("never", None, 80.0)
    assert found.share_over_now == pytest.approx(0.94)
    five = stated_time(LOW, np.array([50.0] * 4 + [80.0] * 96), 50.0)
    assert (five.state, five.at_h) == ("at", 80.0)


def test_each_statement_has_its_own_line_and_side() -> None:
    found = statements("subjective", 0.9, ("subjective", 0.1), ("physiological", 0.8))
    assert [(s.name, s.endpoint, s.blocked_fraction, s.percentile) for s in found] == [
        ("protected_until_at_least", "subjective", 0.9, 5.0),
        ("opioids_may_be_blunted_until", "subjective", 0.1, 95.0),
        ("overdose_danger_from", "physiological", 0.8, 5.0),
    ]
