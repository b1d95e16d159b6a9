"""The compiled loops against the kernel's general way, that knows nothing of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.pharmacology.estimation.fits import SOURCED, fit, model, parameter, with_parameters

from antagonist.pharmacology.assembly import assemble
from antagonist.pharmacology.estimation.batch import Batch
from antagonist.pharmacology.estimation.estimate import map_estimate
from antagonist.pharmacology.estimation.likelihood import by_arrays, evaluated, evaluated_at_each
from antagonist.pharmacology.estimation.loops import Loops
from antagonist.pharmacology.estimation.search import searched, searched_by_arrays
from antagonist.pharmacology.estimation.tape import tape_of
from antagonist.pharmacology.estimation.values import values_with_gradient
from antagonist.pharmacology.varying import value_of

HEAD = "ID,TIME,AMT,CMT,DV,EVID,RATE,CENS,WT,SEX\n"
TABLE = HEAD + (
    "1,0,100,1,.,1,0,0,70,0\n1,1.3,0,2,2.1,0,0,0,82,0\n1,6,0,2,1.0,0,0,1,60,1\n"
    "1,7,60,2,.,1,20,0,60,1\n1,9,0,2,2.2,0,0,0,55,1\n1,30,0,2,0.3,0,0,-1,90,1\n"
    "2,0,100,2,.,1,-2,0,70,1\n2,2,0,2,1.6,0,0,0,70,1\n2,2,50,1,.,4,0,0,70,1\n"
    "2,5,0,2,0.9,0,0,0,71,1\n3,1,80,1,.,1,0,0,50,0\n"
)


def rich(**error: Any) -> dict[str, Any]:
    """Two compartments, a lag, a modelled duration, a fraction on the logit scale, covariates."""
    content = with_parameters(
        {
            "lag": parameter(0.4, "h"),
            "dur": parameter(3.0, "h"),
            "F": parameter(0.7, "1", transform="logit"),
            "VP": parameter(20.0, "L", sd=0.0),
        },
        covariates=[
            {"parameter": "CL", "covariate": "WT", "shift": "0.75 * log(WT / 70)", **SOURCED},
            {"parameter": "V", "covariate": "SEX", "shift": "-0.1", "when": "1", **SOURCED},
        ],
        dose_inputs={
            "depot": {"lag_h": "lag", "fraction": "F"},
            "central": {"duration_h": "dur", "lag_h": "lag / 2"},
        },
        residuals={"conc": {**error, **SOURCED}},
    )
    content["compartments"] = ["depot", "central", "peripheral"]
    content["transfers"] += [
        {"from": "central", "to": "peripheral", "rate": "0.5 * CL ** 0.3 / sqrt(V)"},
        {"from": "peripheral", "to": "central", "rate": "2 / VP * exp(0.1)"},
    ]
    return content


ERRORS = (
    {"proportional": 0.2, "additive": 0.1},
    {"proportional": 0.2, "additive": 0.1, "adds": "deviations"},
    {"log_sd": 0.3},
    {"proportional": 0.2, "sd_at_zero": 0.2},
)


def batch(folder: Path, content: dict[str, Any]) -> Batch:
    found = fit(folder, content, TABLE, starts=0).batch
    assert isinstance(found.loops, Loops)
    assert found.loops.able.all()
    return found


@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_objective_and_derivatives_are_the_same(tmp_path: Path, error: dict[str, Any]) -> None:
    made = batch(tmp_path, rich(**error))
    rng = np.random.default_rng(4)
    points = rng.normal(0, 0.5, (20, 3, 6))
    values, gradients = evaluated_at_each(made, points)
    for point, value, gradient in zip(points, values, gradients, strict=True):
        plain, quick = by_arrays(made, point), evaluated(made, point)
        assert quick.value == pytest.approx(plain.value, rel=1e-9)
        assert value == pytest.approx(plain.value, rel=1e-9)
        known = np.isfinite(plain.value)
        assert known.any()
        there = made.levels.known
        for mine, reference in (
            (quick.gradient, plain.gradient),
            (gradient, plain.gradient),
            (quick.information, plain.information),
            (quick.prediction * there, plain.prediction * there),
        ):
            scale = np.abs(reference[known]).max()
            assert mine[known] == pytest.approx(reference[known], rel=1e-8, abs=1e-8 * scale)


def test_searches_end_at_the_same_place(tmp_path: Path) -> None:
    made = batch(tmp_path, rich(proportional=0.2, additive=0.1))
    start = np.random.default_rng(5).normal(0, 1.0, (3, 6))
    quick, plain = searched(made, start), searched_by_arrays(made, start)
    assert quick.at.value == pytest.approx(plain.at.value, abs=1e-7)
    assert quick.eta == pytest.approx(plain.eta, abs=1e-5)


def test_a_start_is_not_changed(tmp_path: Path) -> None:
    made = batch(tmp_path, rich(proportional=0.2, additive=0.1))
    start = np.full((3, 6), 0.5)
    searched(made, start)
    map_estimate(made.problem, made, start=start)
    assert (start == 0.5).all()


def test_levels_far_below_a_limit_and_far_above(tmp_path: Path) -> None:
    rows = "ID,TIME,AMT,CMT,DV,CENS\n1,0,100,2,.,0\n1,1,0,2,0.001,1\n1,2,0,2,500,-1\n"
    made = fit(tmp_path, model(residuals={"conc": {"additive": 0.05, **SOURCED}}), rows).batch
    eta = np.zeros((1, 3))
    plain, quick = by_arrays(made, eta), evaluated(made, eta)
    assert quick.value == pytest.approx(plain.value, rel=1e-10)
    assert quick.gradient == pytest.approx(plain.gradient, rel=1e-8, abs=1e-6)


def test_equal_rates_go_the_general_way(tmp_path: Path) -> None:
    content = model()
    content["parameters"]["CL"]["value"] = 30.0  # CL / V = ka
    rows = "ID,TIME,AMT,CMT,DV\n1,0,100,1,.\n1,2,0,2,0.5\n"
    made = fit(tmp_path, content, rows).batch
    assert made.loops is not None
    eta = np.zeros((1, 3))
    assert made.loops.call(made.rows, eta, search=False)[2].all()
    assert evaluated(made, eta).value == pytest.approx(by_arrays(made, eta).value)
    nearly = np.array([[1e-7, 0.0, 0.0]])
    assert made.loops.call(made.rows, nearly, search=False)[2].all()


def test_a_ring_of_compartments_goes_the_general_way(tmp_path: Path) -> None:
    content = model()
    content["compartments"] = ["depot", "central", "a", "b"]
    ring = (("central", "a"), ("a", "b"), ("b", "central"))
    content["transfers"] += [{"from": x, "to": y, "rate": "0.2"} for x, y in ring]
    found = fit(tmp_path, content, "ID,TIME,AMT,CMT,DV\n1,0,100,1,.\n1,2,0,2,0.9\n1,9,0,2,0.4\n")
    assert found.batch.loops is None
    assert found.estimates.end == ("least",)


def test_the_operations_give_what_the_formulas_do(tmp_path: Path) -> None:
    made = batch(tmp_path, rich(proportional=0.2))
    problem, plan = made.problem, made.plan
    tape = tape_of(problem, plan.used, {"conc"})
    assert tape is tape_of(problem, plan.used, {"conc"})
    assert tape.timed
    values = values_with_gradient(problem, made.effects, np.zeros((3, 6)), plan.regimes)
    built = assemble(problem.structure, problem.products, values, plan.used)
    assert len(tape.order) == built.system.rates_per_h.shape[-1]
    assert set(tape.of_way) >= {"cmt:depot", "cmt:central", "cmt:central|rate"}
    assert tape.widths["cmt:central|rate"] == 2
    assert value_of(values["CL"]).shape == (3, plan.regimes)
