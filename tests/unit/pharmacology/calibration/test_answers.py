"""Rows at a point: sensitivities, spreads and residuals, against closed forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm
from tests.unit.pharmacology.calibration.small_problems import ask, clearance, problem
from tests.unit.pharmacology.small_models import CL, KE, SOURCED, V1, parameter

from antagonist.pharmacology.calibration.answers import (
    Point,
    RowAnswer,
    answer_study,
    margin,
    residual,
    start,
)

FREE = {
    "CL": parameter(CL, prior_sd=0.5, between_subject=0.3, between_study=0.2),
    "V1": parameter(V1, prior_sd=0.4, between_subject=0.2),
}
START = 1000 * 40 / V1


def answered(question: Any, point: Point | None = None, **changes: Any) -> RowAnswer:
    asked = problem(question, parameters=FREE, **changes)
    return answer_study(asked, question.study, point or start(asked))[0]


def test_the_start_is_the_priors_centre_with_effects_for_each_study() -> None:
    found = start(problem(ask("a", study="A"), ask("b", study="B"), parameters=FREE))
    assert found.theta == pytest.approx({"CL": np.log(CL), "V1": np.log(V1)})
    assert found.effects == {("A", "CL"): 0.0, ("B", "CL"): 0.0}
    assert found.between_subject == {"CL": 0.3, "V1": 0.2}


def test_prediction_and_sensitivities_of_a_level() -> None:
    """Log C = log(1000 D) - log V - CL t / V."""
    found = answered(ask("a", time_h=5.0))
    assert found.typical == pytest.approx(np.log(START) - 5 * KE)
    assert found.gradient["CL"] == pytest.approx(-5 * KE, rel=1e-3)
    assert found.gradient["V1"] == pytest.approx(-1 + 5 * KE, abs=1e-3)


def test_spread_of_subjects_by_the_delta_method() -> None:
    slope = np.array([-2 * KE, -1 + 2 * KE])
    spread = np.sqrt((slope[0] * 0.3) ** 2 + (slope[1] * 0.2) ** 2)
    found = answered(ask("a", time_h=2.0, subjects=9, sd=0.1, statistic="median"))
    assert found.spread == pytest.approx(spread, rel=1e-3)
    assert found.sd == pytest.approx(np.hypot(0.1, spread / 3), rel=1e-3)
    assert found.skew == 0


def test_a_correlation_enters_the_spread() -> None:
    pair = {"between": ["CL", "V1"], "rho": 0.5, **SOURCED}
    slope = np.array([-2 * KE, -1 + 2 * KE]) * [0.3, 0.2]
    want = np.sqrt(slope @ np.array([[1, 0.5], [0.5, 1]]) @ slope)
    assert answered(ask("a", time_h=2.0), correlations=[pair]).spread == pytest.approx(
        want, rel=1e-3
    )


def test_a_mean_of_log_normal_levels_lies_above_their_median() -> None:
    found = answered(ask("a", time_h=2.0, statistic="mean"))
    assert found.skew == pytest.approx(found.spread**2 / 2)
    assert found.predicted == pytest.approx(found.typical + found.spread**2 / 2)


@pytest.mark.parametrize(
    "changes", [{"sd_is_total": True}, {"statistic": "typical"}, {"statistic": "slope"}]
)
def test_a_typical_figure_has_no_share_of_subjects(changes: dict[str, Any]) -> None:
    found = answered(ask("a", time_h=2.0, sd=0.1, **changes))
    assert found.sd == pytest.approx(0.1)
    assert found.skew == 0


def test_a_spread_beyond_one_is_held_at_one() -> None:
    """At 40 h the slope to CL is -8: a spread of 2.4 on the log scale means nothing."""
    found = answered(ask("a", time_h=40.0, subjects=4, sd=0.0))
    assert found.spread == 1.0
    assert found.sd == pytest.approx(0.5)


def test_study_effects_move_their_study_only() -> None:
    asked = problem(clearance("a", 10, study="A"), clearance("b", 10, study="B"), parameters=FREE)
    point = replace(start(asked), effects={("A", "CL"): 0.3, ("B", "CL"): 0.0})
    assert answer_study(asked, "A", point)[0].typical == pytest.approx(np.log(CL) + 0.3)
    assert answer_study(asked, "B", point)[0].typical == pytest.approx(np.log(CL))


def test_the_residual_of_a_number_is_weighted() -> None:
    row = clearance("a", 12.0, sd=0.25, weight=0.36)
    found, slope = residual(RowAnswer(row, np.log(10.0), {}, 0.0, 0.25, 0.0))
    assert found == pytest.approx(0.6 * np.log(10 / 12) / 0.25)
    assert slope == pytest.approx(0.6 / 0.25)


def statement(predicted: float, **changes: Any) -> RowAnswer:
    content = {"scale": "logit", "statement": "above", "threshold": 0.8, "value": 1.0}
    return RowAnswer(ask("a", **{**content, **changes}), predicted, {}, 0.0, 0.5, 0.0)


LOGIT_80 = np.log(4.0)


@pytest.mark.parametrize(
    ("changes", "probability"),
    [
        ({}, norm.cdf((2.0 - LOGIT_80) / 0.5)),
        ({"value": 0.0}, norm.cdf((LOGIT_80 - 2.0) / 0.5)),
        ({"statement": "below"}, norm.cdf((LOGIT_80 - 2.0) / 0.5)),
        ({"statement": "below", "value": 0.0}, norm.cdf((2.0 - LOGIT_80) / 0.5)),
        (
            {"statement": "within", "scale": "log", "threshold": 8.0},
            norm.cdf((np.log(8) - 2) / 0.5),
        ),
    ],
)
def test_a_statement_s_residual_gives_back_its_probability(
    changes: dict[str, Any], probability: float
) -> None:
    found, slope = residual(statement(2.0, **changes))
    assert found == pytest.approx(np.sqrt(-2 * np.log(probability)))
    step = 1e-6
    more, less = (residual(statement(2.0 + d, **changes))[0] for d in (step, -step))
    assert slope == pytest.approx((more - less) / (2 * step), rel=1e-4)


def test_a_statement_s_weight_scales_its_square() -> None:
    whole, part = residual(statement(1.0)), residual(statement(1.0, weight=0.25))
    assert part == pytest.approx((whole[0] / 2, whole[1] / 2))


@pytest.mark.parametrize("predicted", [-0.3, 0.3])
def test_within_holds_on_both_sides(predicted: float) -> None:
    row = {"statement": "within", "scale": "log", "threshold": 1.5}
    distance, slope = margin(statement(predicted, **row))
    assert distance == pytest.approx(np.log(1.5) - 0.3)
    assert slope == -np.sign(predicted)


def test_a_far_off_statement_still_pulls() -> None:
    """No probability rounds to nought: the residual and its slope stay finite."""
    found, slope = residual(statement(-40.0))
    assert np.isfinite(found)
    assert slope < 0


def test_a_study_uses_its_products_parameters() -> None:
    asked = problem(ask("a", study="A"), ask("b", study="B"), parameters=FREE)
    assert asked.studies == ("A", "B")
    assert asked.used("A") == ("CL", "V1")
    assert [q.row_id for q in asked.without("A").questions] == ["b"]
    assert [q.row_id for q in asked.only("A").questions] == ["a"]
