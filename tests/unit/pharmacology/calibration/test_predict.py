"""Answers to questions against closed forms of one compartment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.unit.pharmacology.calibration.small_problems import ask
from tests.unit.pharmacology.small_models import (
    CL,
    KA,
    KE,
    PRODUCTS,
    SOURCED,
    V1,
    Floats,
    heroin_only,
    one_compartment,
)

from antagonist.pharmacology.calibration.predict import HORIZON_H, Predictor

START = 1000 * 40 / V1
LIVER = {
    "parameter": "CL",
    "covariate": "liver",
    "when": "ill",
    "shift": "log(0.5)",
    **SOURCED,
}
STRUCTURE = one_compartment(covariates=[LIVER])


def predictor(**values: list[float]) -> Predictor:
    known = {n: [p.value] for n, p in STRUCTURE.parameters.items()} | values
    count = max(len(v) for v in known.values())
    phi = {n: np.log(np.broadcast_to(v, count)) for n, v in known.items()}
    return Predictor(STRUCTURE, PRODUCTS, dict(STRUCTURE.parameters), phi, heroin_only)


def predict(**question: Any) -> float:
    found: Floats = predictor().predict(ask("x", **question))
    assert found.shape == (1,)
    return float(found[0])


def decay(time_h: float) -> float:
    return float(START * np.exp(-KE * time_h))


def test_parameter_with_its_unit() -> None:
    assert predict(kind="parameter", formula="CL / V1") == pytest.approx(KE)
    assert predict(kind="parameter", formula="CL", conversion=1000 / 60) == pytest.approx(
        CL * 1000 / 60
    )
    assert predict(kind="parameter", formula="V_ss") == pytest.approx(80.0)


def test_level_for_every_vector_at_once() -> None:
    found = predictor(CL=[5.0, 10.0, 20.0]).predict(ask("x", time_h=8.0))
    assert found == pytest.approx(START * np.exp(-np.array([0.1, 0.2, 0.4]) * 8))


def test_relative_to_its_own_reference_time() -> None:
    found = predict(kind="relative", time_h=10.0, reference_h=1.0)
    assert found == pytest.approx(np.exp(-9 * KE))


def test_several_doses_add_up() -> None:
    """Three doses 12 h apart, counted from the last."""
    found = predict(count=3, interval_h=12.0, time_h=4.0)
    assert found == pytest.approx(decay(4) + decay(16) + decay(28))


def test_peak_and_its_time() -> None:
    tmax = np.log(KA / KE) / (KA - KE)
    question = {"signal": "conc_ntx", "product": "absorbed", "window_h": (0.0, 12.0)}
    assert predict(kind="peak_time", **question) == pytest.approx(tmax, rel=5e-3)
    cmax = START * (KA / KE) ** (-KE / (KA - KE))
    assert predict(kind="peak", **question) == pytest.approx(cmax, rel=1e-4)


def test_half_life_in_days() -> None:
    found = predict(kind="half_life", window_h=(2.0, 9.0), conversion=1 / 24)
    assert found == pytest.approx(np.log(2) / KE / 24)


def test_range_and_duration() -> None:
    assert predict(kind="range", window_h=(2.0, 10.0)) == pytest.approx(decay(6))
    days = np.log(START / 3) / KE / 24
    assert predict(kind="duration", above=3.0) == pytest.approx(days, rel=1e-6)
    assert predict(kind="duration", above=3.0, hours=True) == pytest.approx(24 * days, rel=1e-6)


def test_a_duration_ends_at_the_route_s_horizon() -> None:
    found = predict(kind="duration", above=1e-9 * START, hours=True)
    assert found == pytest.approx(np.log(1e9) / KE, rel=1e-6)
    slow = predictor(CL=[1e-4]).predict(ask("x", kind="duration", above=1.0, hours=True))
    assert slow == pytest.approx([HORIZON_H["iv"]])


def test_area_and_share_of_the_dose() -> None:
    assert predict(kind="area", until_h=10.0) == pytest.approx((START - decay(10)) / KE)
    excreted = predict(
        kind="area", signal="0.3 * CL * conc_ntx / 1000", share_of_dose=True, until_h=300.0
    )
    assert excreted == pytest.approx(0.3)


def test_area_over_that_of_another_dose_and_product() -> None:
    """All of both is absorbed in the end: the ratio is that of the doses."""
    other = {"product": "absorbed", "dose_mg": 10.0}
    found = predict(kind="area", until_h=400.0, relative_to=other)
    assert found == pytest.approx(4.0)


def test_area_over_that_of_a_whole_course() -> None:
    """From the first of three doses to one interval after the last: what three bring to then."""
    other = {"dose_mg": 20.0, "interval_h": 24.0, "count": 3, "until_h": 72.0, "start": "first"}
    found = predict(kind="area", until_h=72.0, interval_h=10.0, relative_to=other)
    half, whole = START / 2, START
    course = sum(half / KE * (1 - np.exp(-KE * left)) for left in (72.0, 48.0, 24.0))
    assert found == pytest.approx(whole / KE * (1 - np.exp(-KE * 72)) / course)


def test_area_after_the_last_dose_over_that_of_one() -> None:
    """Accumulation: an interval's area after the third dose over the first's."""
    question = {"count": 3, "interval_h": 8.0, "until_h": 8.0}
    alone = {"interval_h": 8.0, "count": 1, "until_h": 8.0}
    found = predict(kind="area", relative_to=alone, **question)
    assert found == pytest.approx(1 + np.exp(-8 * KE) + np.exp(-16 * KE))


def test_covariates_move_the_row_but_not_its_reference() -> None:
    """Half the clearance: in the end twice the area."""
    found = predict(kind="area", until_h=2000.0, covariates={"liver": "ill"}, relative_to={})
    assert found == pytest.approx(2.0)
    assert predict(kind="parameter", formula="CL", covariates={"liver": "ill"}) == pytest.approx(
        CL / 2
    )


def test_the_challenge_dose_of_the_row_counts() -> None:
    """Odds of twice the level; subjective ED50 3 mg, Hill 1.5."""
    odds = decay(40) / 0.5

    def effect(dose_mg: float) -> float:
        return float(dose_mg**1.5 / (3**1.5 + dose_mg**1.5))

    for mg in (6.0, 25.0):
        dose = {"name": "heroin", "route": "iv", "dose_mg": mg}
        found = predict(signal="blocked_subjective", time_h=40.0, agonist=dose)
        assert found == pytest.approx(1 - effect(mg / (1 + odds)) / effect(mg))


def test_rows_of_one_course_share_its_solution() -> None:
    shared = predictor()
    first = shared.scene("bolus", 40.0, 1, 24.0, {})
    second = shared.scene("bolus", 40.0, 1, 24.0, {}, 6.0)
    assert first.solution is second.solution
    assert shared.scene("bolus", 41.0, 1, 24.0, {}).solution is not first.solution
    assert shared.scene("bolus", 40.0, 1, 24.0, {"liver": "ill"}).solution is not first.solution
