"""An opioid dose against the blockade of a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.agonists import agonist, heroin_equivalent
from antagonist.pharmacology.ensemble import Ensemble
from antagonist.pharmacology.responses import ENDPOINTS, Endpoint, effect
from antagonist.pharmacology.results import ChallengePoint

Floats = NDArray[np.float64]
# How many half-lives of the opioid are followed after the dose, and in how many steps.
_HALF_LIVES, _STEPS = 5.0, 21


def _after_h(name: str, route: str) -> Floats:
    return np.linspace(0.0, _HALF_LIVES * agonist(name, route).half_life_h, _STEPS)


def odds_after(ensemble: Ensemble, name: str, route: str, at_h: Sequence[float]) -> Floats:
    """Mu-receptor odds while an opioid given at some hours is there, shape (S, hours, steps)."""
    time_h = np.add.outer(np.asarray(at_h, dtype=float), _after_h(name, route))
    odds = ensemble.signal("mu_odds", time_h.ravel())
    return odds.reshape(-1, *time_h.shape)


def effect_left(
    held: Mapping[str, Floats], odds: Floats, name: str, route: str, dose_mg: float,
    endpoint: Endpoint,
) -> Floats:  # fmt: skip
    """Greatest effect of a dose given at one hour, as a share of the unblocked effect.

    The dose falls with its half-life while the blockade falls with its own: an opioid that stays
    longer than the antagonist acts when the blockade is gone.
    held: parameters, (S, 1). odds: of ``odds_after`` at one hour, (S, steps).
    Returns shape (S,), in (0, 1].
    """
    dose = dose_mg * heroin_equivalent(name, route, held)
    present = dose * 2.0 ** (-_after_h(name, route) / agonist(name, route).half_life_h)
    with_antagonist = effect(present / (1.0 + odds), held, endpoint).max(axis=1)
    left: Floats = with_antagonist / effect(dose, held, endpoint)[:, 0]
    return left


def breakthrough_low_mg(odds: Floats, dose_mg: float) -> float:
    """Low end (5th percentile) of the dose that acts as ``dose_mg`` does without naltrexone, mg.

    odds: mu-receptor odds of the draws, shape (S,). Professional output only. The dose ratio is
    1 + odds for every competing opioid. Source: Arunlakshana and Schild 1959.
    """
    return float(dose_mg * np.percentile(1.0 + odds, 5.0))


def challenge_points(
    ensemble: Ensemble, name: str, route: str, dose_mg: float, at_h: Sequence[float]
) -> tuple[ChallengePoint, ...]:
    """What a dose would still do at some hours, on both endpoints.

    at_h: hours since origin. Raises InputError for an unknown opioid or route.
    """
    found, held = agonist(name, route), ensemble.held
    odds = odds_after(ensemble, name, route, at_h)
    points = []
    for n, hour in enumerate(at_h):
        low_mg = breakthrough_low_mg(odds[:, n, 0], dose_mg)
        for endpoint in ENDPOINTS:
            left = effect_left(held, odds[:, n], name, route, dose_mg, endpoint)
            low, middle, high = (float(x) for x in np.percentile(left, (5, 50, 95)))
            points.append(
                ChallengePoint(
                    time_h=float(hour),
                    agonist=name,
                    route=route,
                    dose_mg=dose_mg,
                    endpoint=endpoint,
                    remaining=(low, middle, high),
                    breakthrough_low_mg=low_mg if endpoint == "physiological" else None,
                    extrapolated=not found.fitted[endpoint],
                )
            )
    return tuple(points)
