"""An opioid dose against blockade, on draws with closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from tests.unit.pharmacology.small_models import V1, Floats, scene

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.agonists import agonist, agonists
from antagonist.pharmacology.challenge import (
    breakthrough_low_mg,
    challenge_points,
    effect_left,
    odds_after,
)
from antagonist.pharmacology.ensemble import Ensemble
from antagonist.pharmacology.responses import Endpoint, remaining

HILL, ED50 = 1.5, 3.0


def falling(odds: float, half_life_h: float) -> Ensemble:
    """Odds at hour 0 that fall by half each half-life. K_mu is 0.5 ng/mL."""
    dose_mg = odds * 0.5 * V1 / 1000
    return Ensemble((scene(dose_mg, CL=np.log(2) / half_life_h * V1),))


def constant(odds: Floats) -> Ensemble:
    """One draw for each odds, which stays as it is."""
    return Ensemble((scene(0.5 * V1 / 1000, K_mu=0.5 / odds, CL=1e-12),))


def left_of(drawn: Ensemble, name: str, dose_mg: float, at_h: float, endpoint: Endpoint) -> Floats:
    """What is left of a dose into a vein."""
    odds = odds_after(drawn, name, "iv", [at_h])[:, 0]
    return effect_left(drawn.held, odds, name, "iv", dose_mg, endpoint)


def effect(dose_mg: float) -> float:
    return float(dose_mg**HILL / (ED50**HILL + dose_mg**HILL))


@pytest.mark.parametrize("name", ["heroin", "methadone"])
def test_constant_blockade_leaves_the_effect_of_the_moment(name: str) -> None:
    drawn = constant(np.array([3.0, 30.0]))
    found = left_of(drawn, name, 25.0, 8.0, "subjective")
    potency = {"heroin": 1.0, "methadone": 0.4 * 1.41}[name]
    odds = np.array([[3.0], [30.0]])
    want = remaining(25.0 * potency, odds, drawn.held, "subjective")[:, 0]
    assert found == pytest.approx(want)


def test_methadone_acts_most_when_the_blockade_has_gone() -> None:
    """Its 15 h outlast a blockade that halves each 3 h; the greatest effect is found by search."""
    drawn, half_life_h = falling(1000.0, 3.0), agonist("methadone", "iv").half_life_h
    mg = 40.0 * 0.4 * 1.41
    found = left_of(drawn, "methadone", 40.0, 0.0, "subjective")[0]
    at_once = remaining(mg, np.array([[1000.0]]), drawn.held, "subjective")[0, 0]

    def lost(after_h: float) -> float:
        present = mg * 2 ** (-after_h / half_life_h)
        return -effect(present / (1 + 1000.0 * 2 ** (-after_h / 3.0))) / effect(mg)

    best = minimize_scalar(lost, bounds=(0.0, 75.0), method="bounded")
    assert best.x > 10
    assert found == pytest.approx(-best.fun, rel=0.02)
    assert found > 20 * at_once


def test_a_short_opioid_acts_most_at_once_under_a_slow_fall() -> None:
    drawn = falling(50.0, 60.0)
    found = left_of(drawn, "heroin", 25.0, 0.0, "subjective")
    want = remaining(25.0, np.array([[50.0]]), drawn.held, "subjective")[0]
    assert found == pytest.approx(want)


def test_break_through_is_the_low_end_of_the_dose_ratio() -> None:
    odds = np.linspace(10.0, 110.0, 101)
    shuffled = np.random.default_rng(5).permutation(odds)
    assert breakthrough_low_mg(shuffled, 25.0) == pytest.approx(25.0 * (1 + 15.0))


def test_points_carry_both_endpoints_for_every_hour() -> None:
    odds = np.linspace(10.0, 110.0, 101)
    points = challenge_points(constant(odds), "heroin", "iv", 25.0, [4.0, 9.0])
    assert [(p.time_h, p.endpoint) for p in points] == [
        (4.0, "subjective"),
        (4.0, "physiological"),
        (9.0, "subjective"),
        (9.0, "physiological"),
    ]
    low, middle, high = points[0].remaining
    want = [effect(25 / (1 + o)) / effect(25.0) for o in (105.0, 60.0, 15.0)]
    assert [low, middle, high] == pytest.approx(want)


def test_break_through_stands_beside_the_physiological_endpoint_only() -> None:
    points = challenge_points(constant(np.array([5.0, 6.0])), "heroin", "iv", 25.0, [1.0])
    by_endpoint = {p.endpoint: p.breakthrough_low_mg for p in points}
    assert by_endpoint["subjective"] is None
    assert by_endpoint["physiological"] == pytest.approx(25 * 6.05)


@pytest.mark.parametrize("name", sorted(agonists()))
def test_what_no_trial_fitted_is_called_extrapolated(name: str) -> None:
    points = challenge_points(constant(np.array([5.0])), name, "iv", 10.0, [1.0])
    fitted = agonists()[name].fitted
    assert {p.endpoint: p.extrapolated for p in points} == {e: not f for e, f in fitted.items()}


def test_methadone_is_extrapolated_and_heroin_is_not() -> None:
    drawn = constant(np.array([5.0]))
    assert all(p.extrapolated for p in challenge_points(drawn, "methadone", "oral", 10.0, [0.0]))
    assert not any(p.extrapolated for p in challenge_points(drawn, "heroin", "iv", 10.0, [0.0]))


def test_an_unknown_opioid_is_refused_before_anything_is_solved() -> None:
    with pytest.raises(InputError, match="did you mean morphine"):
        challenge_points(constant(np.array([5.0])), "morphin", "iv", 10.0, [0.0])
