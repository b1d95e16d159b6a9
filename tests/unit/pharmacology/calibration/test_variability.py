"""Published spreads as between-subject sds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from tests.unit.pharmacology.calibration.small_problems import answer, ask
from tests.unit.pharmacology.small_models import SOURCED, one_compartment, parameter

from antagonist.pharmacology.calibration.answers import RowAnswer
from antagonist.pharmacology.calibration.variability import (
    PRIOR_SD,
    fit_variability,
    log_spread,
    observed_log_spread,
)
from antagonist.pharmacology.models import Parameter

STRUCTURE = one_compartment()
PAIR = {"between": ["CL", "V1"], "rho": 0.5, **SOURCED}


def spread(
    kind: str, value: float = 0.4, sd: float = 0.1, subjects: int = 10, **slope: float
) -> RowAnswer:
    row = ask("a", kind=kind, of="level", value=value, sd=sd, subjects=subjects)
    return answer(row, slope or {"CL": 1.0})


def test_cv_of_a_log_normal_quantity() -> None:
    """sqrt(exp(s^2) - 1), with s = 2 * 0.3."""
    found = log_spread(spread("cv", CL=2.0), STRUCTURE, {"CL": 0.3})
    assert np.exp(found) == pytest.approx(np.sqrt(np.exp(0.36) - 1))


def test_cv_is_that_of_a_sample() -> None:
    rng = np.random.default_rng(1)
    drawn = np.exp(0.5 * rng.standard_normal(400_000))
    found = log_spread(spread("cv", CL=1.0), STRUCTURE, {"CL": 0.5})
    assert np.exp(found) == pytest.approx(drawn.std() / drawn.mean(), rel=0.02)


def test_independent_and_correlated_subject_effects() -> None:
    row = spread("cv", CL=1.0, V1=-1.0)
    apart = np.exp(2 * log_spread(row, STRUCTURE, {"CL": 0.3, "V1": 0.4}))
    assert np.log1p(apart) == pytest.approx(0.25)
    together = np.exp(
        2 * log_spread(row, one_compartment(correlations=[PAIR]), {"CL": 0.3, "V1": 0.4})
    )
    assert np.log1p(together) == pytest.approx(0.25 - 2 * 0.5 * 0.3 * 0.4)


@pytest.mark.parametrize("subjects", [4, 10, 24])
def test_fold_range_is_that_of_samples_of_its_size(subjects: int) -> None:
    """The mean log of the highest over the lowest of n log-normal subjects."""
    rng = np.random.default_rng(2)
    drawn = 0.4 * rng.standard_normal((40_000, subjects))
    mean_log_range = np.mean(np.ptp(drawn, axis=1))
    found = log_spread(spread("fold_range", subjects=subjects), STRUCTURE, {"CL": 0.4})
    assert np.exp(found) == pytest.approx(mean_log_range, rel=0.02)


def test_published_spreads_on_the_same_scale() -> None:
    assert observed_log_spread(spread("cv", value=0.4)) == pytest.approx(np.log(0.4))
    fold = observed_log_spread(spread("fold_range", value=8.0))
    assert fold == pytest.approx(np.log(np.log(8.0)))


def known(prior: float) -> Mapping[str, Parameter]:
    return one_compartment({"CL": parameter(10.0, between_subject=prior)}).parameters


def test_a_sharp_row_decides_the_sd() -> None:
    """A cv of 0.8 is a log-sd of sqrt(log(1.64))."""
    found = fit_variability(STRUCTURE, known(0.3), [spread("cv", value=0.8, sd=1e-3)])
    assert found.sd["CL"] == pytest.approx(np.sqrt(np.log(1.64)), rel=1e-3)
    assert found.log_sd["CL"] < 0.01


def test_a_blunt_row_leaves_the_prior() -> None:
    found = fit_variability(STRUCTURE, known(0.3), [spread("cv", value=0.8, sd=1e3)])
    assert found.sd["CL"] == pytest.approx(0.3, rel=1e-4)
    assert found.log_sd["CL"] == pytest.approx(PRIOR_SD, rel=1e-4)


def test_small_spreads_weigh_as_normals() -> None:
    """For a small s the cv is s: on the log scale the prior and the row are conjugate."""
    found = fit_variability(
        STRUCTURE, known(0.01), [spread("cv", value=0.02, sd=PRIOR_SD), spread("level")]
    )
    assert found.sd["CL"] == pytest.approx(np.sqrt(0.01 * 0.02), rel=1e-3)
    assert found.log_sd["CL"] == pytest.approx(PRIOR_SD / np.sqrt(2), rel=1e-3)


def test_a_row_s_weight_counts_as_its_precision() -> None:
    whole = spread("cv", value=0.02, sd=2 * PRIOR_SD)
    weighted = replace(whole, question=whole.question.model_copy(update={"weight": 4.0}))
    found = fit_variability(STRUCTURE, known(0.01), [weighted])
    assert found.sd["CL"] == pytest.approx(np.sqrt(0.01 * 0.02), rel=1e-3)


def test_parameters_without_a_prior_spread_get_none() -> None:
    found = fit_variability(STRUCTURE, known(0.3), [spread("cv", CL=1.0, V1=3.0)])
    assert set(found.sd) == {"CL"}
