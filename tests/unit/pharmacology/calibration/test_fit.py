"""The fit on problems whose answer is known: normal priors, normal rows on the log scale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm
from tests.unit.pharmacology.calibration.small_problems import ask, clearance, problem
from tests.unit.pharmacology.small_models import CL, V1, parameter

from antagonist.pharmacology.calibration.answers import Problem, start
from antagonist.pharmacology.calibration.fit import State, at_bounds, evaluate, minimise

PRIOR_SD = 0.5
FREE = {"CL": parameter(CL, prior_sd=PRIOR_SD)}


def fitted(p: Problem) -> State:
    return minimise(p, start(p), tolerance=1e-12)


def sd_of(state: State) -> list[float]:
    return [float(x) for x in np.sqrt(np.diag(np.linalg.inv(state.hessian)))]


def test_one_parameter_is_the_conjugate_normal() -> None:
    """Precisions add: 1 / 0.25 for the prior, weight / sd^2 for each row."""
    rows = [(14.0, 0.2, 1.0), (20.0, 0.4, 1.0), (8.0, 0.3, 0.5)]
    asked = [
        clearance(str(n), value, sd=sd, weight=weight) for n, (value, sd, weight) in enumerate(rows)
    ]
    precision = 1 / PRIOR_SD**2 + sum(w / sd**2 for _, sd, w in rows)
    mean = np.log(CL) / PRIOR_SD**2 + sum(w * np.log(v) / sd**2 for v, sd, w in rows)
    found = fitted(problem(*asked, parameters=FREE))
    assert found.point.theta["CL"] == pytest.approx(mean / precision, abs=1e-6)
    assert sd_of(found) == pytest.approx([precision**-0.5], rel=1e-6)


def test_study_effects_share_the_blame_as_in_a_one_way_model() -> None:
    """Marginally a study's mean has variance tau^2 + sd^2 / n; three rows of A count as one."""
    tau, sd = 0.3, 0.2
    a, b = [16.0, 18.0, 17.0], [9.0]
    asked = [clearance(f"a{n}", v, study="A", sd=sd) for n, v in enumerate(a)]
    asked += [clearance(f"b{n}", v, study="B", sd=sd) for n, v in enumerate(b)]
    free = {"CL": parameter(CL, prior_sd=PRIOR_SD, between_study=tau)}
    found = fitted(problem(*asked, parameters=free))
    means = [np.mean(np.log(a)), np.mean(np.log(b))]
    variances = [tau**2 + sd**2 / 3, tau**2 + sd**2]
    precision = 1 / PRIOR_SD**2 + sum(1 / v for v in variances)
    theta = np.log(CL) / PRIOR_SD**2 + sum(m / v for m, v in zip(means, variances, strict=True))
    theta /= precision
    assert found.point.theta["CL"] == pytest.approx(theta, abs=1e-6)
    assert sd_of(found)[0] == pytest.approx(precision**-0.5, rel=1e-6)
    shrunk = tau**2 / (tau**2 + sd**2 / 3) * (means[0] - theta)
    assert found.point.effects["A", "CL"] == pytest.approx(shrunk, abs=1e-6)


def test_cost_and_gradient_at_the_start() -> None:
    p = problem(clearance("a", 20.0, sd=0.25), parameters=FREE)
    state = evaluate(p, start(p))
    gap = np.log(CL / 20) / 0.25
    assert state.cost == pytest.approx(gap**2 / 2)
    assert state.gradient == pytest.approx([gap / 0.25])
    assert state.hessian == pytest.approx(np.array([[1 / 0.25**2 + 1 / PRIOR_SD**2]]))


def test_no_rows_leave_the_prior() -> None:
    found = fitted(problem(parameters=FREE))
    assert found.point.theta["CL"] == pytest.approx(np.log(CL))
    assert sd_of(found) == pytest.approx([PRIOR_SD])


def test_a_statement_moves_the_mode_to_where_a_search_finds_it() -> None:
    row = clearance("a", 1.0, sd=0.2, statement="above", threshold=15.0)
    found = fitted(problem(row, parameters=FREE))

    def cost(x: Any) -> float:
        prior = ((x[0] - np.log(CL)) / PRIOR_SD) ** 2 / 2
        return float(prior - norm.logcdf((x[0] - np.log(15.0)) / 0.2))

    best = minimize(cost, [np.log(12.0)], method="Nelder-Mead", options={"xatol": 1e-8})
    assert found.point.theta["CL"] == pytest.approx(best.x[0], abs=1e-4)
    assert found.cost == pytest.approx(best.fun, abs=1e-6)


def test_a_statement_that_holds_anyway_moves_nothing() -> None:
    row = clearance("a", 1.0, sd=0.1, statement="above", threshold=1.0)
    assert fitted(problem(row, parameters=FREE)).point.theta["CL"] == pytest.approx(
        np.log(CL), abs=1e-6
    )


def test_two_parameters_of_a_curved_problem_reach_the_mode_a_search_finds() -> None:
    """Two typical levels on a line of log C = log(1000 D / V) - CL t / V."""
    seen = [(2.0, 900.0), (8.0, 250.0)]
    asked = [
        ask(str(n), time_h=t, value=v, sd=0.15, statistic="typical")
        for n, (t, v) in enumerate(seen)
    ]
    free = {"CL": parameter(CL, prior_sd=0.6), "V1": parameter(V1, prior_sd=0.4)}
    found = fitted(problem(*asked, parameters=free))

    def cost(x: Any) -> float:
        cl, v = np.exp(x)
        gaps = [(np.log(40e3 / v) - cl * t / v - np.log(c)) / 0.15 for t, c in seen]
        prior = [(x[0] - np.log(CL)) / 0.6, (x[1] - np.log(V1)) / 0.4]
        return float(np.sum(np.square([*gaps, *prior])) / 2)

    best = minimize(cost, np.log([CL, V1]), method="Nelder-Mead", options={"xatol": 1e-8})
    assert list(found.point.theta.values()) == pytest.approx(best.x, abs=1e-4)
    assert found.cost == pytest.approx(best.fun, abs=1e-6)


def test_a_bound_pins_the_parameter_and_is_reported() -> None:
    pulls = [clearance(str(n), 40.0, sd=0.1) for n in range(3)]
    free = {"CL": parameter(CL, prior_sd=PRIOR_SD, bounds=[5.0, 12.0])}
    p = problem(*pulls, parameters=free)
    found = fitted(p)
    assert found.point.theta["CL"] == pytest.approx(np.log(12.0))
    assert at_bounds(p, found.point) == ("CL",)
    assert at_bounds(p, start(p)) == ()


def test_a_parameter_may_leave_a_bound_again() -> None:
    p = problem(
        clearance("a", 8.0, sd=0.1),
        parameters={"CL": parameter(CL, prior_sd=PRIOR_SD, bounds=[5.0, 12.0])},
    )
    pinned = replace(start(p), theta={"CL": float(np.log(12.0))})
    found = minimise(p, pinned, tolerance=1e-12)
    assert at_bounds(p, found.point) == ()
    precision = 1 / PRIOR_SD**2 + 100
    want = (np.log(CL) / PRIOR_SD**2 + 100 * np.log(8)) / precision
    assert found.point.theta["CL"] == pytest.approx(want, abs=1e-6)


def test_rows_of_spread_do_not_move_the_typical_values() -> None:
    spread = ask("cv", kind="cv", of="level", value=0.5, quantity="cv_conc_ntx")
    p = problem(spread, parameters={"CL": parameter(CL, prior_sd=PRIOR_SD, between_subject=0.3)})
    found = fitted(p)
    assert found.point.theta["CL"] == pytest.approx(np.log(CL))
    assert [a.question.row_id for a in found.answers] == ["cv"]


def test_progress_is_told_and_never_rises() -> None:
    told: list[float] = []
    p = problem(clearance("a", 30.0, sd=0.1), parameters=FREE)
    minimise(p, start(p), watch=told.append)
    assert told
    assert told == sorted(told, reverse=True)
