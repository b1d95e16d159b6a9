"""How searches end: kinks, walls, other minima, and what cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.unit.pharmacology.estimation.fits import SOURCED, fit, model, parameter, with_parameters

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.estimation.estimate import map_estimate
from antagonist.pharmacology.estimation.likelihood import evaluated
from antagonist.pharmacology.estimation.problem import problem_of
from antagonist.pharmacology.estimation.starts import spread

LAGGED = with_parameters({"lag": parameter(1.0, "h")}, dose_inputs={"depot": {"lag_h": "lag"}})
HEAD = "ID,TIME,AMT,CMT,DV\n1,0,100,1,.\n"


def test_a_level_before_the_typical_lag_is_reached(tmp_path: Path) -> None:
    found = fit(tmp_path, LAGGED, HEAD + "1,0.5,0,2,0.4\n1,3,0,2,2.1\n1,9,0,2,0.9\n").estimates
    assert found.end == ("least",)
    assert np.exp(found.eta[0, 3]) < 0.5
    assert found.best[0] > 0  # at etas of 0 there is no variance


def test_a_minimum_at_a_kink_is_marked_and_lies_on_it(tmp_path: Path) -> None:
    # The level at 24.9 h lies below what is left of the first dose, so the second may not have
    # arrived; the prior wants it earlier.
    content = with_parameters(
        {"lag": parameter(0.5, "h")},
        dose_inputs={"depot": {"lag_h": "lag"}},
        residuals={"conc": {"additive": 0.02, **SOURCED}},
    )
    rows = "1,2,0,2,2.4\n1,6,0,2,1.7\n1,12,0,2,0.75\n1,24,100,1,.\n1,24.9,0,2,0.06\n"
    found = fit(tmp_path, content, HEAD + rows)
    assert found.estimates.end == ("kink",)
    eta = found.estimates.eta
    assert np.exp(eta[0, 3]) * 0.5 == pytest.approx(0.9, abs=1e-6)
    value = evaluated(found.batch, eta).value[0]
    for step in (*np.eye(4), *-np.eye(4)):
        assert evaluated(found.batch, eta + 1e-4 * step).value[0] >= value


def test_more_starts_never_end_higher(tmp_path: Path) -> None:
    rows = HEAD + "1,0.9,0,2,0.2\n1,1.1,0,2,1.9\n1,9,0,2,0.4\n"
    few = fit(tmp_path, LAGGED, rows, starts=0).estimates.fit[0]
    more = fit(tmp_path, LAGGED, rows, starts=8).estimates.fit[0]
    assert not more > few + 1e-9


def test_a_level_that_no_eta_gives_a_variance_is_impossible(tmp_path: Path) -> None:
    content = model(dose_inputs={"depot": {"fraction": "0"}})
    found = fit(tmp_path, content, HEAD + "1,2,0,2,1.0\n").estimates
    assert found.end == ("impossible",)
    assert not found.converged.any()


@pytest.mark.parametrize(("before", "counts"), [("0", 1), ("0.3", None)])
def test_a_level_before_the_first_dose(tmp_path: Path, before: str, counts: int | None) -> None:
    rows = f"ID,TIME,AMT,CMT,DV\n1,0,0,2,{before}\n1,1,100,1,.\n1,5,0,2,1.5\n"
    if counts is None:
        with pytest.raises(InputError, match=r"line 2, column dv: 0\.3"):
            fit(tmp_path, model(), rows)
        return
    assert len(fit(tmp_path, model(), rows).histories[0].levels) == counts


def test_a_limit_that_is_sure_pulls_at_nothing(tmp_path: Path) -> None:
    rows = "ID,TIME,AMT,CMT,DV,CENS\n1,0,100,1,.,0\n1,0.3,0,2,0.1,1\n1,4,0,2,2.0,0\n"
    with_limit = fit(tmp_path, LAGGED, rows).estimates
    without = fit(tmp_path, LAGGED, rows.replace("1,0.3,0,2,0.1,1\n", "")).estimates
    assert with_limit.fit == pytest.approx(without.fit, abs=1e-4)
    assert with_limit.converged.all()


def test_a_prior_of_ones_own(tmp_path: Path) -> None:
    found = fit(tmp_path, model(), HEAD + "1,4,0,2,1.8\n")
    structure = found.problem.structure
    narrow = problem_of(structure, names=["CL"], omega=np.array([[1e-8]]))
    held = map_estimate(narrow, found.histories)
    assert held.eta == pytest.approx(np.zeros((1, 1)), abs=1e-5)
    moved = problem_of(structure, centre={"CL": np.log(8.0)}, names=["CL"], omega=np.eye(1))
    assert map_estimate(moved, found.histories).eta[0, 0] < found.estimates.eta[0, 0]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"names": ["CLX"]}, "CLX"),
        ({"centre": {"CLX": 1.0}}, "CLX"),
        ({"names": ["CL"], "omega": -np.eye(1)}, "positive definite"),
        ({"names": []}, "between_subject"),
    ],
)
def test_a_prior_that_cannot_be_is_refused(
    tmp_path: Path, asked: dict[str, object], words: str
) -> None:
    structure = fit(tmp_path, model(), HEAD + "1,4,0,2,1.8\n").problem.structure
    with pytest.raises(InputError, match=words):
        problem_of(structure, **asked)  # type: ignore[arg-type]


def test_points_are_spread_like_a_normal() -> None:
    points = spread(4000, 4)
    assert points.mean(axis=0) == pytest.approx(np.zeros(4), abs=0.02)
    assert np.cov(points.T) == pytest.approx(np.eye(4), abs=0.05)
