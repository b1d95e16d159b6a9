"""Prediction intervals of published rows, and the stated bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm
from tests.unit.pharmacology.calibration.small_problems import ask, clearance
from tests.unit.pharmacology.small_models import CL, one_compartment, parameter

from antagonist.pharmacology.calibration.observations import Question
from antagonist.pharmacology.calibration.predictive import (
    Bar,
    Prediction,
    bar,
    predict_rows,
    with_only,
)
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.parameter_sets import Fitted, ParameterSet
from antagonist.pharmacology.subjects import Estimates

TAU, OMEGA, DOUBT, SD = 0.15, 0.4, 0.1, 0.2
Z90 = 1.6449
# A clearance is a typical figure: no subjects in it.
TOTAL = np.sqrt(TAU**2 + DOUBT**2 + SD**2)
SALT = formulations()["iv"].salt_factor


def part(name: str, value: float = CL, weight: float = 1.0) -> Fitted:
    small = one_compartment(
        {"CL": parameter(value, prior_sd=0.5, between_study=TAU, between_subject=OMEGA)}, id=name
    )
    known = Estimates(
        ("CL",), np.array([np.log(value)]), np.array([[DOUBT**2]]), {"CL": OMEGA}, {"CL": 0.0}
    )
    return Fitted(small, known, weight)


def parameters(*parts: Fitted) -> ParameterSet:
    return ParameterSet("test", "1", "0" * 64, parts or (part("one"),))


def predict(*questions: Question, draws: int = 20_000) -> list[Prediction]:
    return predict_rows(parameters(), questions, draws=draws, seed=3)


def row(value: float, **changes: Any) -> Question:
    return clearance("a", value, sd=SD, product="iv", **changes)


def test_the_interval_holds_doubt_studies_and_the_row_s_own_error() -> None:
    (found,) = predict(row(CL))
    assert found.predicted == pytest.approx(CL, rel=0.01)
    assert found.low == pytest.approx(CL * np.exp(-Z90 * TOTAL), rel=0.02)
    assert found.high == pytest.approx(CL * np.exp(Z90 * TOTAL), rel=0.02)
    assert found.log_width == pytest.approx(2 * Z90 * TOTAL, rel=0.02)


@pytest.mark.parametrize(
    ("sds", "inside"), [(0.0, True), (1.55, True), (-1.55, True), (1.75, False), (-1.75, False)]
)
def test_inside_on_both_sides(sds: float, inside: bool) -> None:
    (found,) = predict(row(float(CL * np.exp(sds * TOTAL))))
    assert found.inside is inside


@pytest.mark.parametrize("subjects", [1, 16])
def test_a_larger_study_has_a_narrower_interval(subjects: int) -> None:
    """At one mean life the level's slope to CL is -1: subjects add OMEGA over root n."""
    time_h = 5.0
    question = ask("a", product="iv", time_h=time_h, sd=SD, subjects=subjects, statistic="median")
    (found,) = predict(question, draws=60_000)
    curved = predict_by_hand(subjects, time_h)
    assert [found.low, found.high] == pytest.approx(list(curved), rel=0.03)


def test_a_published_mean_is_predicted_above_the_median() -> None:
    """By half the variance of subjects, as of a log-normal level: slope -1 at one mean life."""
    question = ask("a", product="iv", time_h=5.0, sd=SD, subjects=16, statistic="median")
    (median,) = predict(question)
    (mean,) = predict(question.model_copy(update={"statistic": "mean"}))
    assert median.predicted is not None
    assert mean.predicted == pytest.approx(median.predicted * np.exp(OMEGA**2 / 2), rel=1e-3)


def predict_by_hand(subjects: int, time_h: float) -> tuple[float, float]:
    """Percentiles of 1000 D / V exp(-CL t / V) with CL and the row's error log-normal."""
    rng = np.random.default_rng(9)
    sd = np.sqrt(TAU**2 + DOUBT**2 + OMEGA**2 / subjects)
    rate = CL / 50.0 * np.exp(sd * rng.standard_normal(200_000))
    level = 1000 * 40 * SALT / 50.0 * np.exp(-rate * time_h)
    low, high = np.percentile(level * np.exp(SD * rng.standard_normal(200_000)), (5, 95))
    return float(low), float(high)


@pytest.mark.parametrize(
    ("statement", "threshold_sds", "value", "probability"),
    [
        ("above", -1.0, 1.0, norm.cdf(1.0)),
        ("above", 1.0, 1.0, norm.cdf(-1.0)),
        ("below", 1.0, 1.0, norm.cdf(1.0)),
    ],
)
def test_a_statement_has_a_probability(
    statement: str, threshold_sds: float, value: float, probability: float
) -> None:
    threshold = float(CL * np.exp(threshold_sds * TOTAL))
    (found,) = predict(row(value, statement=statement, threshold=threshold))
    assert found.predicted == pytest.approx(probability, abs=0.01)
    assert (found.low, found.high, found.log_width) == (None, None, None)


@pytest.mark.parametrize(
    ("threshold_sds", "value", "inside"),
    [
        (1.2, 1.0, True),  # 11.5 % that it holds
        (1.4, 1.0, False),  # 8.1 %
        (1.4, 0.0, True),
        (-1.4, 0.0, False),
    ],
)
def test_a_statement_is_outside_under_a_tenth(
    threshold_sds: float, value: float, inside: bool
) -> None:
    threshold = float(CL * np.exp(threshold_sds * TOTAL))
    (found,) = predict(row(value, statement="above", threshold=threshold))
    assert found.inside is inside


def test_within_counts_both_sides() -> None:
    """A ratio of one that varies by TOTAL lies within exp(TOTAL) in 68 % of studies."""
    question = row(1.0, statement="within", threshold=float(np.exp(TOTAL)))
    relative = question.model_copy(update={"formula": f"CL / {CL}"})
    (found,) = predict(relative)
    assert found.predicted == pytest.approx(norm.cdf(1) - norm.cdf(-1), abs=0.01)


def test_spread_rows_are_judged_on_their_own_scale() -> None:
    """At one mean life the slope to CL is -1: the cv is that of a log-sd of OMEGA."""
    cv = float(np.sqrt(np.expm1(OMEGA**2)))
    question = ask("cv", kind="cv", of="level", product="iv", time_h=5.0, sd=0.1, value=cv)
    (found,) = predict(question)
    assert found.predicted == pytest.approx(cv, rel=0.02)
    assert found.high == pytest.approx(cv * np.exp(Z90 * 0.1), rel=0.02)
    assert found.inside is True
    (far,) = predict(question.model_copy(update={"value": cv * 1.3}))
    assert far.inside is False


def test_fold_range_is_shown_as_a_fold() -> None:
    fold = float(np.exp(2 * OMEGA * norm.ppf((9 - 0.375) / 9.25)))
    question = ask("f", kind="fold_range", of="level", product="iv", time_h=5.0, value=fold, sd=0.1)
    (found,) = predict(question)
    assert found.predicted == pytest.approx(fold, rel=0.03)
    assert found.low is not None
    assert found.high is not None
    assert 1 < found.low < fold < found.high


def test_what_cannot_be_predicted_keeps_its_reason_and_its_place() -> None:
    lost = ask("x", kind="none", use="not_modelled", reason="an effect in the gut")
    first, second = predict(lost, row(CL), draws=50)
    assert (first.inside, first.predicted, first.reason) == (None, None, "an effect in the gut")
    assert second.question.row_id == "a"


def test_structures_share_the_draws_by_weight() -> None:
    """Half at 10 and half at 1000 L/h: the median lies between, the ends in each."""
    both = parameters(part("low", 10.0, 0.5), part("high", 1000.0, 0.5))
    (found,) = predict_rows(both, [row(CL)], draws=4000, seed=1)
    assert found.low == pytest.approx(10 * np.exp(norm.ppf(0.1) * TOTAL), rel=0.05)
    assert found.high == pytest.approx(1000 * np.exp(norm.ppf(0.9) * TOTAL), rel=0.05)
    only = with_only(both, "high")
    assert [(f.structure.id, f.weight) for f in only.fitted] == [("high", 1.0)]


def test_progress_counts_rows() -> None:
    told: list[int] = []
    rows = [row(CL), ask("b", product="iv"), ask("c", product="iv", subjects=3)]
    predict_rows(parameters(), rows, draws=20, watch=told.append)
    assert told == [1, 2, 3]


def judged(study: str, inside: Sequence[bool | None], **changes: Any) -> list[Prediction]:
    question = ask("x", study=study, **changes)
    return [Prediction(question, 1.0, None, None, None, None, i, "") for i in inside]


def test_coverage_counts_by_study() -> None:
    """Ten rows of one study, all inside, weigh as much as one row of another, outside."""
    found = bar([*judged("A", [True] * 10), *judged("B", [False])])
    assert found.coverage == pytest.approx(0.5)
    assert found.modelled == 1.0


def test_modelled_counts_numeric_rows_only() -> None:
    statement = {"statement": "above", "value": 1.0}
    rows = [*judged("A", [True, None, None]), *judged("B", [True, True], **statement)]
    assert bar(rows).modelled == pytest.approx(1 / 3)
    assert bar(rows).coverage == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("coverage", "modelled", "met"),
    [
        (0.80, 0.70, True),
        (0.97, 1.0, True),
        (0.799, 1.0, False),
        (0.971, 1.0, False),
        (0.9, 0.699, False),
        (float("nan"), 1.0, False),
        (0.9, float("nan"), False),
    ],
)
def test_the_bar_has_two_sides(coverage: float, modelled: float, met: bool) -> None:
    assert Bar(coverage, modelled).met is met


def test_no_rows_do_not_meet_the_bar() -> None:
    assert not bar([]).met
    assert not bar(judged("A", [None])).met
