"""Quantiles over draws are NumPy's; hour by hour they are those of the signals themselves."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.pharmacology.small_models import Floats

from antagonist.pharmacology.dosing.records import Covariate, EventRecord, Subject
from antagonist.pharmacology.ensemble import Ensemble, ensemble
from antagonist.pharmacology.forecast import signals_of
from antagonist.pharmacology.kernel.trajectories import Steps
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.percentiles import hourly_quantiles, quantiles
from antagonist.pharmacology.settings import settings

SHARES = (0.0, 0.05, 0.5, 0.95, 1.0)


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (7, 127), (40, 128), (41, 300)])
def test_quantiles_are_numpys(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(1).standard_normal(shape)
    expected = np.quantile(values, SHARES, axis=0)
    np.testing.assert_allclose(quantiles(values.T.copy(), SHARES), expected, rtol=1e-14, atol=1e-14)


def drawn(records: list[EventRecord], covariates: dict[str, Covariate] | None = None) -> Ensemble:
    subject = Subject("one", tuple(records), covariates=covariates or {})
    chosen = parameter_set(settings().parameter_set)
    return ensemble(chosen, subject, draws=70, rng=np.random.default_rng(3))


def dose(time_h: float, product: str = "oral_tablet", **more: object) -> EventRecord:
    mg = 380.0 if product == "xr_im_380" else 50.0
    return EventRecord(time_h, 1, mg, product=product, **more)  # type: ignore[arg-type]


COURSES = {
    "tablets": [dose(0.0), dose(24.0), dose(47.5), dose(96.25)],
    "before the first hour, and at the end": [dose(-30.0), dose(5.0), dose(150.0)],
    "injection": [dose(0.0, "xr_im_380")],
    "a weight that changes": [
        dose(0.0),
        EventRecord(20.0, 2, covariates={"liver": "decompensated_cirrhosis"}),
        dose(48.0),
    ],
}


@pytest.mark.parametrize("name", list(COURSES))
@pytest.mark.parametrize("steps", [Steps(0.0, 1.0, 151), Steps(0.0, 0.5, 129), Steps(0.0, 7.0, 3)])
def test_hour_by_hour_as_the_signals(name: str, steps: Steps) -> None:
    """Every quantity against NumPy's quantiles of signals worked out one moment at a time."""
    found = drawn(COURSES[name])
    threshold = settings().threshold
    seen = signals_of(found, threshold, steps.time_h)
    told = hourly_quantiles(found, np.full((70, 1), threshold.dose_mg), steps, SHARES)
    assert set(told) == set(seen)
    for quantity, value in told.items():
        expected: Floats = np.quantile(seen[quantity], SHARES, axis=0)
        bound = {"rtol": 3e-7} if quantity.startswith("conc") else {"rtol": 0, "atol": 1e-6}
        floor = 1e-12 * np.abs(expected).max()
        np.testing.assert_allclose(value, expected, **{"atol": floor, **bound})
