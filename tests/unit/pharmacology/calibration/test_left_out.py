"""Left-out studies: what the others say of them, and the reference to beat."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from tests.unit.pharmacology.calibration.small_problems import ask, clearance, problem
from tests.unit.pharmacology.small_models import CL, parameter

from antagonist.pharmacology.calibration.answers import Problem, start
from antagonist.pharmacology.calibration.fit import minimise
from antagonist.pharmacology.calibration.left_out import (
    Forecasted,
    forecast_study,
    leave_each_out,
    reference_scores,
)
from antagonist.pharmacology.calibration.observations import Question

PRIOR_SD, TAU, SD = 0.5, 0.3, 0.2
FREE = {"CL": parameter(CL, prior_sd=PRIOR_SD, between_study=TAU)}
SEEN = [clearance(f"a{n}", v, study="A", sd=SD) for n, v in enumerate((14.0, 16.0))]
# The posterior after study A alone: its mean has variance tau^2 + sd^2 / 2.
MARGINAL = TAU**2 + SD**2 / 2
PRECISION = 1 / PRIOR_SD**2 + 1 / MARGINAL
MEAN = (np.log(CL) / PRIOR_SD**2 + np.mean(np.log([14.0, 16.0])) / MARGINAL) / PRECISION


def with_b(value: float = 20.0, **changes: object) -> Problem:
    return problem(*SEEN, clearance("b", value, study="B", sd=SD, **changes), parameters=FREE)


def left_out(p: Problem) -> Forecasted:
    """Study B from study A, started where the fit to A alone ends."""
    point = minimise(p.without("B"), start(p.without("B")), tolerance=1e-12).point
    (found,) = forecast_study(p, "B", p.without("B"), point)
    return found


def test_the_forecast_is_the_posterior_predictive_of_the_others() -> None:
    found = left_out(with_b())
    sd = np.sqrt(1 / PRECISION + TAU**2 + SD**2)
    assert found.mean == pytest.approx(MEAN, abs=1e-5)
    assert found.sd == pytest.approx(sd, rel=1e-4)
    assert found.log_score == pytest.approx(norm.logpdf(np.log(20.0), MEAN, sd), abs=1e-4)


def test_a_study_s_own_value_does_not_enter_its_forecast() -> None:
    near, far = left_out(with_b(20.0)), left_out(with_b(200.0))
    assert (near.mean, near.sd) == (far.mean, far.sd)
    assert far.log_score < near.log_score
    assert near.inside
    assert not far.inside


def test_a_warm_start_that_saw_the_study_is_forgotten() -> None:
    """The point handed in was fitted with study B; its pull must not survive."""
    p = with_b(60.0)
    point = minimise(p, start(p), tolerance=1e-12).point
    assert abs(point.theta["CL"] - MEAN) > 0.2
    (found,) = forecast_study(p, "B", p.without("B"), point)
    assert found.mean == pytest.approx(MEAN, abs=0.01)


@pytest.mark.parametrize(
    ("sds", "inside"), [(1.6, True), (-1.6, True), (1.7, False), (-1.7, False)]
)
def test_inside_is_the_ninety_percent_interval(sds: float, inside: bool) -> None:
    sd = np.sqrt(1 / PRECISION + TAU**2 + SD**2)
    assert left_out(with_b(float(np.exp(MEAN + sds * sd)))).inside is inside


@pytest.mark.parametrize("holds", [1.0, 0.0])
def test_a_statement_scores_its_probability(holds: float) -> None:
    found = left_out(with_b(holds, statement="above", threshold=18.0))
    z = (MEAN - np.log(18.0)) / np.sqrt(1 / PRECISION + TAU**2 + SD**2)
    p = norm.cdf(z if holds else -z)
    assert found.probability == pytest.approx(p, abs=1e-4)
    assert found.log_score == pytest.approx(np.log(p), abs=1e-3)
    assert found.inside


@pytest.mark.parametrize(("sds", "inside"), [(1.25, True), (1.31, False)])
def test_a_statement_the_model_gives_less_than_a_tenth_is_outside(sds: float, inside: bool) -> None:
    """The 90th percentile of a normal is 1.28 sds from its middle."""
    sd = np.sqrt(1 / PRECISION + TAU**2 + SD**2)
    above, below = (float(np.exp(MEAN + s * sd)) for s in (sds, -sds))
    assert left_out(with_b(1.0, statement="above", threshold=above)).inside is inside
    assert left_out(with_b(0.0, statement="above", threshold=below)).inside is inside
    assert left_out(with_b(0.0, statement="above", threshold=above)).inside


def test_every_study_is_left_out_in_turn() -> None:
    p = with_b()
    found = leave_each_out(p, start(p), p.studies)
    assert [f.question.row_id for f in found] == ["a0", "a1", "b"]


ROUTES = {"bolus": "iv", "absorbed": "oral"}


def level(row_id: str, study: str, value: float, **changes: object) -> Question:
    return ask(row_id, study=study, value=value, **{"sd": 0.1, "dose_mg": 40.0, **changes})


def test_the_reference_is_the_other_studies_mean_and_spread() -> None:
    rows = [level("a", "A", 10.0), level("b", "B", 20.0), level("c", "C", 40.0)]
    logs = np.log([0.5, 1.0])  # of the other two, per mg of 40
    spread = np.std(logs, ddof=1) * np.sqrt(1.5)
    sd = np.hypot(spread, 0.1)
    want = norm.logpdf(np.log(0.25), logs.mean(), sd)
    assert reference_scores(rows, ROUTES)["a"] == pytest.approx(want)


def test_levels_are_compared_per_milligram() -> None:
    """Twice the dose and twice the level is the same row."""
    plain = [level("a", "A", 10.0), level("b", "B", 20.0), level("c", "C", 40.0)]
    doubled = [*plain[:2], level("c", "C", 80.0, dose_mg=80.0)]
    assert reference_scores(doubled, ROUTES) == pytest.approx(reference_scores(plain, ROUTES))


def test_half_lives_are_not_divided_by_the_dose() -> None:
    rows = [
        level(n, n, v, quantity="thalf_ntx", dose_mg=d)
        for n, v, d in (("a", 4.0, 10.0), ("b", 8.0, 1000.0), ("c", 5.0, 1.0))
    ]
    logs = np.log([8.0, 5.0])
    sd = np.hypot(np.std(logs, ddof=1) * np.sqrt(1.5), 0.1)
    want = norm.logpdf(np.log(4.0), logs.mean(), sd)
    assert reference_scores(rows, ROUTES)["a"] == pytest.approx(want)


def test_a_study_counts_once_however_many_rows_it_has() -> None:
    plain = [level("a", "A", 10.0), level("b", "B", 20.0), level("c", "C", 40.0)]
    repeated = [*plain, level("b2", "B", 20.0), level("b3", "B", 20.0)]
    found, want = reference_scores(repeated, ROUTES), reference_scores(plain, ROUTES)
    assert found["a"] == pytest.approx(want["a"])


def test_other_routes_quantities_and_statements_are_no_reference() -> None:
    rows = [
        level("a", "A", 10.0),
        level("b", "B", 20.0),
        level("c", "C", 40.0, product="absorbed"),
        level("d", "D", 40.0, quantity="cmax_ntx"),
        level("e", "E", 1.0, statement="above", threshold=5.0),
    ]
    assert reference_scores(rows, ROUTES) == {}
