"""All that a model file can say, against an equation followed by SciPy and an objective by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.map_by_hand import Seen, followed, least, objective
from tests.unit.pharmacology.estimation.fits import (
    SD,
    SOURCED,
    fit,
    model,
    parameter,
    with_parameters,
)

from antagonist.pharmacology.estimation.fitting import Fit

Floats = NDArray[np.float64]


def proportional(prediction: float) -> float:
    return 0.2 * abs(prediction)


def small(p: Sequence[float], given: Callable[[float], float] = lambda _: 0.0) -> Any:
    """Slope of depot and central; given: mg/h straight into central at an hour."""
    cl, v, ka = p[:3]

    def slope(time_h: float, x: Floats) -> list[float]:
        return [-ka * x[0], ka * x[0] - cl / v * x[1] + given(time_h)]

    return slope


def scaled(eta: Floats, *typical: float) -> list[float]:
    return [value * math.exp(e) for value, e in zip(typical, eta, strict=True)]


def agree(found: Fit, predictions: Callable[[Floats], Sequence[float]], seen: list[Seen]) -> None:
    """Objective and predictions at the etas found, and that no eta near them is better."""
    eta, size = found.estimates.eta[0], len(found.problem.names)
    omega = SD**2 * np.eye(size)
    assert found.estimates.converged.all()
    by_hand = predictions(eta)
    mine = found.estimates.prediction[0, : len(by_hand)]
    assert mine == pytest.approx(by_hand, rel=1e-6, abs=1e-9)

    def goal(at: Floats) -> float:
        return objective(seen, predictions(at), at, omega)

    value = goal(eta)
    assert found.estimates.fit[0] == pytest.approx(value, rel=1e-6, abs=1e-6)
    rng = np.random.default_rng(3)
    for reach in (1e-3, 1e-2, 0.1):
        for step in rng.normal(0, reach, (4, size)):
            assert goal(eta + step) > value - 1e-6


def test_infusions_with_rate_and_a_lag(tmp_path: Path) -> None:
    content = with_parameters(
        {"lag": parameter(0.5, "h")}, dose_inputs={"central": {"lag_h": "lag", "fraction": "0.8"}}
    )
    table = (
        "ID,TIME,AMT,RATE,CMT,DV,EVID\n1,0,100,25,2,.,1\n1,2,0,0,2,1.5,0\n1,8,0,0,2,1.1,0\n"
        "1,12,60,60,2,.,1\n1,14,0,0,2,2.2,0\n"
    )

    def predictions(eta: Floats) -> list[float]:
        cl, v, ka, lag = scaled(eta, 4, 30, 1, 0.5)

        def given(t: float) -> float:
            first = 25.0 if lag <= t < lag + 0.8 * 4.0 else 0.0
            return first + (60.0 if 12 + lag <= t < 12 + lag + 0.8 else 0.0)

        stops = [lag, lag + 3.2, 12 + lag, 12.8 + lag]
        hours = sorted([*stops, 2.0, 8.0, 14.0])
        states = followed(small((cl, v, ka), given), [(0.0, 1, 0.0)], hours, 2)
        return [states[hours.index(t)][1] / v for t in (2.0, 8.0, 14.0)]

    seen = [Seen(n, y, proportional) for n, y in enumerate((1.5, 1.1, 2.2))]
    agree(fit(tmp_path, content, table), predictions, seen)


@pytest.mark.parametrize(("rate", "key"), [(-2, "duration_h"), (-1, "rate_mg_per_h")])
def test_rate_and_duration_of_the_model(tmp_path: Path, rate: int, key: str) -> None:
    typical = 3.0 if rate == -2 else 20.0
    content = with_parameters(
        {"held": parameter(typical, "h")}, dose_inputs={"central": {key: "held"}}
    )
    table = (
        f"ID,TIME,AMT,RATE,CMT,DV,EVID\n1,0,90,{rate},2,.,1\n1,1.5,0,0,2,1.0,0\n"
        "1,7,0,0,2,1.4,0\n1,14,0,0,2,0.5,0\n"
    )

    def predictions(eta: Floats) -> list[float]:
        cl, v, ka, held = scaled(eta, 4, 30, 1, typical)
        lasts = held if rate == -2 else 90.0 / held

        def given(t: float) -> float:
            return 90.0 / lasts if t < lasts else 0.0

        hours = sorted([lasts, 1.5, 7.0, 14.0])
        states = followed(small((cl, v, ka), given), [(0.0, 1, 0.0)], hours, 2)
        return [states[hours.index(t)][1] / v for t in (1.5, 7.0, 14.0)]

    seen = [Seen(n, y, proportional) for n, y in enumerate((1.0, 1.4, 0.5))]
    agree(fit(tmp_path, content, table), predictions, seen)


def test_parallel_inputs_of_one_dose_row(tmp_path: Path) -> None:
    parts = [
        {"to": "depot", "fraction": "share"},
        {"to": "central", "fraction": "1 - share", "duration_h": "lasts"},
    ]
    content = with_parameters(
        {
            "share": parameter(0.6, "1", transform="logit"),
            "lasts": parameter(5.0, "h"),
        },
        dose_inputs={"depot": {"parts": parts}},
    )
    table = "ID,TIME,AMT,CMT,DV,EVID\n1,0,100,1,.,1\n1,1,0,2,1.2,0\n1,4,0,2,2.4,0\n1,11,0,2,0.7,0\n"

    def predictions(eta: Floats) -> list[float]:
        cl, v, ka, lasts = scaled(eta[[0, 1, 2, 4]], 4, 30, 1, 5)
        share = 1.0 / (1.0 + math.exp(-(math.log(0.6 / 0.4) + eta[3])))

        def given(t: float) -> float:
            return 100.0 * (1 - share) / lasts if t < lasts else 0.0

        hours = sorted([lasts, 1.0, 4.0, 11.0])
        states = followed(small((cl, v, ka), given), [(0.0, 0, 100 * share)], hours, 2)
        return [states[hours.index(t)][1] / v for t in (1.0, 4.0, 11.0)]

    seen = [Seen(n, y, proportional) for n, y in enumerate((1.2, 2.4, 0.7))]
    agree(fit(tmp_path, content, table), predictions, seen)


def test_steady_state_with_a_lag_then_a_reset_with_time_that_starts_again(tmp_path: Path) -> None:
    content = with_parameters({"lag": parameter(0.7, "h")}, dose_inputs={"depot": {"lag_h": "lag"}})
    table = (
        "ID,TIME,AMT,CMT,DV,EVID,SS,II\n1,0,50,1,.,1,1,12\n1,3,0,2,2.6,0,0,0\n1,11,0,2,1.2,0,0,0\n"
        "1,0,80,1,.,4,0,0\n1,5,0,2,1.4,0,0,0\n"
    )

    def predictions(eta: Floats) -> list[float]:
        cl, v, ka, lag = scaled(eta, 4, 30, 1, 0.7)
        past = [(-12.0 * n + lag, 0, 50.0) for n in range(40)]
        steady = followed(small((cl, v, ka)), past, [3.0, 11.0], 2)
        fresh = followed(small((cl, v, ka)), [(lag, 0, 80.0)], [5.0], 2)
        return [steady[0][1] / v, steady[1][1] / v, fresh[0][1] / v]

    seen = [Seen(n, y, proportional) for n, y in enumerate((2.6, 1.2, 1.4))]
    found = fit(tmp_path, content, table)
    agree(found, predictions, seen)
    assert found.histories[0].shift_h == (0.0, 0.0, 11.0)


def test_two_outputs_by_dvid_limits_and_an_error_on_the_logarithm(tmp_path: Path) -> None:
    content = model(
        outputs={
            "conc": {"of": "central", "gain": "1 / V", "unit": "mg/L", "dvid": 1},
            "excreted": {"of": "urine", "gain": "1", "unit": "mg", "dvid": 2},
        },
        compartments=["depot", "central", "urine"],
        residuals={
            "conc": {"proportional": 0.1, "additive": 0.1, "adds": "deviations", **SOURCED},
            "excreted": {"log_sd": 0.3, **SOURCED},
        },
    )
    content["transfers"][1] = {"from": "central", "to": "urine", "rate": "CL / V"}
    table = (
        "ID,TIME,AMT,CMT,DVID,DV,EVID,BLQ,LLOQ\n1,0,100,1,.,.,1,0,0\n1,2,0,2,1,2.1,0,0,0\n"
        "1,6,0,3,2,44,0,0,0\n1,24,0,2,1,0,0,1,0.4\n"
    )

    def predictions(eta: Floats) -> list[float]:
        cl, v, ka = scaled(eta, 4, 30, 1)

        def slope(_: float, x: Floats) -> list[float]:
            return [-ka * x[0], ka * x[0] - cl / v * x[1], cl / v * x[1]]

        states = followed(slope, [(0.0, 0, 100.0)], [2.0, 6.0, 24.0], 3)
        return [states[0][1] / v, states[1][2], states[2][1] / v]

    def both(prediction: float) -> float:
        return 0.1 + 0.1 * prediction

    seen = [
        Seen(0, 2.1, both),
        Seen(1, 44.0, lambda _: 0.3, logged=True),
        Seen(2, 0.4, both, below=True),
    ]
    agree(fit(tmp_path, content, table), predictions, seen)


def test_covariates_hold_to_their_row_and_a_level_sees_no_later_dose(tmp_path: Path) -> None:
    content = model(
        covariates=[
            {"parameter": "CL", "covariate": "WT", "shift": "0.75 * log(WT / 70)", **SOURCED}
        ]
    )
    # At hour 6 the level comes before the dose, at hour 12 after it.
    table = (
        "ID,TIME,AMT,CMT,DV,EVID,WT\n1,0,100,2,.,1,70\n1,6,0,2,1.6,0,140\n1,6,50,2,.,1,140\n"
        "1,12,50,2,.,1,35\n1,12,0,2,3.0,0,35\n"
    )

    def predictions(eta: Floats) -> list[float]:
        cl, v, _ = scaled(eta, 4, 30, 1)
        fast, slow = (cl * (w / 70) ** 0.75 / v for w in (140, 35))
        first = 100.0 * math.exp(-fast * 6)
        second = (first + 50.0) * math.exp(-slow * 6) + 50.0
        return [first / v, second / v]

    seen = [Seen(0, 1.6, proportional), Seen(1, 3.0, proportional)]
    agree(fit(tmp_path, content, table), predictions, seen)


def test_correlated_effects_by_an_independent_optimiser(tmp_path: Path) -> None:
    content = model(correlations=[{"between": ["CL", "V"], "rho": 0.7, **SOURCED}])
    table = "ID,TIME,AMT,CMT,DV\n1,0,100,2,.\n1,4,0,2,1.1\n1,10,0,2,0.9\n"
    omega = SD**2 * np.array([[1, 0.7, 0], [0.7, 1, 0], [0, 0, 1]])

    def goal(eta: Floats) -> float:
        cl, v, _ = scaled(eta, 4, 30, 1)
        levels = [100.0 / v * math.exp(-cl / v * t) for t in (4, 10)]
        seen = [Seen(0, 1.1, proportional), Seen(1, 0.9, proportional)]
        return objective(seen, levels, eta, omega)

    eta, value = least(goal, 3)
    found = fit(tmp_path, content, table).estimates
    assert found.fit[0] == pytest.approx(value, abs=1e-6)
    assert found.eta[0] == pytest.approx(eta, abs=1e-4)
