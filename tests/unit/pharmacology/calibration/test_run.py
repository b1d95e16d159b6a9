"""Which structures take part in the product's intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from tests.unit.pharmacology.calibration.small_problems import clearance, stub_fit

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.calibration.campaign import run_campaign
from antagonist.pharmacology.calibration.run import (
    TargetResult,
    estimates_of,
    evidence_folder,
    evidence_questions,
    problem,
    shares,
)

ROWS = 16
BEST = [0.0] * ROWS


def target(in_study: float) -> TargetResult:
    return TargetResult("t", "a thing", 0.2, 0.4, in_study, 0.3, "a test")


def behind(standard_errors: float) -> list[float]:
    """Scores whose sum lies so many paired standard errors under the best one's.

    Gaps of m +/- 1 have a sample sd of sqrt(16 / 15).
    """
    error = np.sqrt(ROWS / (ROWS - 1)) * np.sqrt(ROWS)
    mean = standard_errors * error / ROWS
    return [-(mean + (1 if n % 2 else -1)) for n in range(ROWS)]


def shared(
    scores: Mapping[str, list[float]], met: Mapping[str, bool] | None = None
) -> dict[str, float]:
    met = met or {}
    fits = [stub_fit(name, s) for name, s in scores.items()]
    return shares(fits, {n: [target(0.3 if met.get(n) else 0.9)] for n in scores})


@pytest.mark.parametrize(("errors", "kept"), [(0.5, True), (1.99, True), (2.01, False)])
def test_two_standard_errors_decide(errors: float, kept: bool) -> None:
    found = shared({"best": BEST, "other": behind(errors)})
    assert found == ({"best": 0.5, "other": 0.5} if kept else {"best": 1.0, "other": 0.0})


def test_a_structure_that_meets_every_target_takes_part_anyway() -> None:
    scores = {"best": BEST, "other": behind(8.0), "third": behind(8.0)}
    assert shared(scores, {"other": True}) == {"best": 0.5, "other": 0.5, "third": 0.0}


def test_one_missed_target_is_one_too_many() -> None:
    fits = [stub_fit("best", BEST), stub_fit("other", behind(8.0))]
    targets = {"best": [target(0.9)], "other": [target(0.3), target(0.1)]}
    assert shares(fits, targets)["other"] == 0.0


def test_the_best_need_not_come_first() -> None:
    assert shared({"a": behind(5.0), "b": BEST}) == {"a": 0.0, "b": 1.0}


def test_without_left_out_rows_all_take_part() -> None:
    found = shared({"a": [], "b": [], "c": []})
    assert found == pytest.approx({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3})


def test_an_unknown_structure_is_refused_before_any_work() -> None:
    with pytest.raises(InputError, match="did you mean slow_plasma"):
        run_campaign(["slow_plasm"])


def test_a_problem_holds_the_rows_that_calibrate() -> None:
    rows = [
        clearance("a", 100.0),
        clearance("b", 100.0, use="validates"),
        clearance("c", 100.0, use="not_modelled"),
    ]
    assert [q.row_id for q in problem("slow_effect", rows).questions] == ["a"]


def test_estimates_are_the_typical_values_part_of_the_posterior() -> None:
    """A Hessian over one typical value and one study effect: its inverse's first entry."""
    fit = stub_fit("slow_effect", [])
    point = replace(fit.state.point, theta={"CL": 4.7}, effects={("A", "CL"): 0.1})
    hessian = np.array([[4.0, 2.0], [2.0, 5.0]])
    found = estimates_of(replace(fit, state=replace(fit.state, point=point, hessian=hessian)))
    assert found.names == ("CL",)
    assert found.mean.tolist() == [4.7]
    assert found.covariance == pytest.approx(np.array([[5.0 / 16.0]]))


def test_the_evidence_is_found_and_read_once_each() -> None:
    found = evidence_questions()
    assert (evidence_folder() / "targets.yaml").exists()
    assert len({q.row_id for q in found}) == len(found)
    assert {q.use for q in found} == {"calibrates", "validates", "not_modelled"}
