"""What a calibration writes down: parameter files that load again, and a plain report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.pharmacology.calibration.small_problems import ask, clearance

from antagonist.pharmacology.calibration.answers import start
from antagonist.pharmacology.calibration.fit import evaluate
from antagonist.pharmacology.calibration.left_out import Forecasted
from antagonist.pharmacology.calibration.publish import report, write_report, write_set
from antagonist.pharmacology.calibration.run import StructureFit, TargetResult, problem
from antagonist.pharmacology.calibration.variability import Variability
from antagonist.pharmacology.parameter_sets import load_estimates

NAME = "slow_effect"
QUESTIONS = [
    clearance("a", 120.0, study="A", product="iv"),
    ask("b", study="B", product="iv", value=3.0),
    ask("cv", study="B", product="iv", kind="cv", of="level", value=0.4),
    clearance("v", 150.0, study="C", product="iv", use="validates", reason="restates A"),
]
TARGET = TargetResult("t", "a thing", 0.2, 0.4, 0.3, 0.5, "a test")


@pytest.fixture(scope="module")
def fit() -> StructureFit:
    """The start of a fit to three rows, with CL moved to 130 L/h."""
    p = problem(NAME, QUESTIONS)
    point = start(p)
    point = replace(point, theta={**point.theta, "CL": float(np.log(130.0))})
    state = evaluate(p, point)
    left_out = (Forecasted(QUESTIONS[0], 4.8, 0.3, None, True, -0.2),)
    variability = Variability({"CL": 0.37}, {"CL": 0.2})
    profiles = {"ke0": ((0.05, 1.2), (0.1, 0.9))}
    return StructureFit(NAME, state, variability, left_out, ("ke0",), (12.0, 12.1), profiles)


@pytest.fixture(scope="module")
def content(fit: StructureFit) -> dict[str, Any]:
    return report([fit], QUESTIONS, {NAME: 1.0}, {NAME: [TARGET]}, 2026)


def test_a_written_set_loads_as_the_fit(fit: StructureFit, tmp_path: Path) -> None:
    (path,) = write_set(tmp_path / "small-1", [fit], {NAME: 0.5}, "1")
    stored, fitted = load_estimates(path)
    assert (stored.set, stored.version, stored.structure) == ("small-1", "1", NAME)
    assert fitted.weight == 0.5
    names = list(fit.state.point.theta)
    assert list(fitted.estimates.names) == names
    assert fitted.estimates.mean == pytest.approx(list(fit.state.point.theta.values()), rel=1e-8)
    inverse = np.linalg.inv(fit.state.hessian)[: len(names), : len(names)]
    assert fitted.estimates.covariance == pytest.approx(inverse, rel=1e-6, abs=1e-12)
    assert fitted.estimates.between_subject == {"CL": 0.37}
    assert fitted.estimates.between_subject_sd == {"CL": 0.2}


def test_free_and_fixed_parameters_say_where_they_are_from(
    fit: StructureFit, tmp_path: Path
) -> None:
    (path,) = write_set(tmp_path / "small-1", [fit], {NAME: 0.5}, "1")
    stored = load_estimates(path)[0].estimates
    definitions = problem(NAME, ()).parameters
    assert set(stored) == set(definitions)
    clearance_row = stored["CL"]
    assert clearance_row.value == pytest.approx(130.0)
    assert clearance_row.provenance == "calibrated"
    assert definitions["CL"].source in clearance_row.source
    fixed = stored["molar_ratio_6bn"]
    assert (fixed.sd, fixed.provenance) == (0.0, definitions["molar_ratio_6bn"].provenance)
    assert fixed.source == definitions["molar_ratio_6bn"].source
    assert [n for n, e in stored.items() if e.at_bound] == ["ke0"]


def test_the_report_is_plain_data_to_six_digits(content: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    write_report(path, content)
    read = json.loads(path.read_text(encoding="utf-8"))
    assert read["schema"] == "antagonist.calibrate/1"
    assert read["seed"] == 2026
    assert list(read) == list(content)
    cost = content["structures"][NAME]["cost"]
    assert read["structures"][NAME]["cost"] == float(f"{cost:.6g}")


def test_the_report_names_every_row_and_its_use(content: dict[str, Any]) -> None:
    found = content["questions"]
    assert list(found) == ["a", "b", "cv", "v"]
    assert found["v"]["use"] == "validates"
    assert found["v"]["reason"] == "restates A"
    assert found["a"]["study"] == "A"


def test_the_report_of_a_structure(content: dict[str, Any], fit: StructureFit) -> None:
    found = content["structures"][NAME]
    assert (found["weight"], found["at_bounds"]) == (1.0, ["ke0"])
    assert found["cost"] == fit.state.cost
    assert found["log_score_left_out"] == pytest.approx(-0.2)
    assert found["modes_from_starts"] == [12.0, 12.1]
    assert found["profiles"] == {"ke0": [[0.05, 1.2], [0.1, 0.9]]}
    assert set(found["rows"]) == {"a", "b"}
    gap = np.log(130 / 120) / 0.2
    assert found["rows"]["a"]["residual"] == pytest.approx(gap)
    assert found["left_out"]["a"]["log_score"] == -0.2
    assert found["targets"]["t"]["met"] is True


def test_the_report_of_parameters_and_correlations(
    content: dict[str, Any], fit: StructureFit
) -> None:
    found = content["structures"][NAME]
    names = list(fit.state.point.theta)
    assert list(found["parameters"]) == names
    row = found["parameters"]["CL"]
    assert row["estimate"] == pytest.approx(130.0)
    assert row["between_subject"] == 0.37
    inverse = np.linalg.inv(fit.state.hessian)
    i, j = names.index("CL"), names.index("V1")
    assert row["sd"] == pytest.approx(np.sqrt(inverse[i, i]))
    shown = found["correlations"]
    matrix = np.array(shown["matrix"])
    assert matrix.shape == (len(shown["names"]),) * 2
    a, b = shown["names"].index("CL"), shown["names"].index("V1")
    want = inverse[i, j] / np.sqrt(inverse[i, i] * inverse[j, j])
    assert matrix[a, b] == pytest.approx(want, abs=5e-4)
    assert np.diag(matrix).tolist() == [1.0] * len(shown["names"])
