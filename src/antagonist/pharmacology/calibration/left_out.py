"""Leave one study out: is a study predicted by the others, and better than by their mean?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from antagonist.pharmacology.calibration.answers import (
    Point,
    Problem,
    RowAnswer,
    answer_study,
    margin,
)
from antagonist.pharmacology.calibration.fit import minimise
from antagonist.pharmacology.calibration.observations import Question, transform
from antagonist.pharmacology.calibration.variability import log_spread, observed_log_spread

# Half-width of a 90 % interval, in sds.
Z90 = 1.6449
# Quantities proportional to the dose in a linear model: compared per mg by the reference.
_PER_MG = ("cmax_", "auc_", "conc_")


@dataclass(frozen=True)
class Forecasted:
    """A row predicted by a fit that did not see its study.

    mean, sd: on the row's scale. probability: of the published statement, for statements.
    log_score: natural log of the predictive density or probability at what was published.
    """

    question: Question
    mean: float
    sd: float
    probability: float | None
    inside: bool
    log_score: float


def _forecast(
    answer: RowAnswer, problem: Problem, cov: Mapping[tuple[str, str], float]
) -> Forecasted:
    q, parameters = answer.question, problem.parameters
    slope = answer.gradient
    doubt = sum(slope[a] * slope[b] * cov.get((a, b), 0.0) for a in slope for b in slope)
    study = sum((slope[n] * parameters[n].between_study) ** 2 for n in slope)
    sd = float(np.sqrt(max(doubt, 0.0) + study + answer.sd**2))
    if not q.numeric:
        distance, _ = margin(answer)
        p = float(norm.cdf(distance / sd))
        return Forecasted(q, answer.predicted, sd, p, p >= 0.1, float(np.log(max(p, 1e-12))))
    assert q.value is not None
    mean, at = answer.predicted, transform(q.value, q.scale)
    z = (at - mean) / sd
    return Forecasted(q, mean, sd, None, abs(z) <= Z90, float(norm.logpdf(z) - np.log(sd)))


def _spread_forecast(answer: RowAnswer, problem: Problem, sds: Mapping[str, float]) -> Forecasted:
    mean = log_spread(answer, problem.structure, sds)
    z = (observed_log_spread(answer) - mean) / answer.question.sd
    score = float(norm.logpdf(z) - np.log(answer.question.sd))
    return Forecasted(answer.question, mean, answer.question.sd, None, abs(z) <= Z90, score)


def forecast_study(problem: Problem, study: str, seen: Problem, point: Point) -> list[Forecasted]:
    """Predict a study from a fit to the others, warm-started at ``point``.

    problem: with the study. seen: without it.
    """
    kept = {key: u for key, u in point.effects.items() if key[0] != study}
    state = minimise(seen, Point(point.theta, kept, point.between_subject), rounds=1, steps=5)
    names = list(state.point.theta)
    covariance = np.linalg.inv(state.hessian)[: len(names), : len(names)]
    cov = {(a, b): covariance[i, j] for i, a in enumerate(names) for j, b in enumerate(names)}
    forecasts = []
    for answer in answer_study(problem, study, state.point):
        if answer.question.kind in ("cv", "fold_range"):
            forecasts.append(_spread_forecast(answer, problem, point.between_subject))
        else:
            forecasts.append(_forecast(answer, problem, cov))
    return forecasts


def leave_each_out(problem: Problem, point: Point, studies: Iterable[str]) -> list[Forecasted]:
    """Every study predicted by the others."""
    found: list[Forecasted] = []
    for study in studies:
        found += forecast_study(problem, study, problem.without(study), point)
    return found


def _reference_value(q: Question) -> float:
    assert q.value is not None
    per_mg = q.quantity.startswith(_PER_MG) and q.dose_mg > 0
    return transform(q.value / q.dose_mg if per_mg else q.value, q.scale)


def reference_scores(questions: Sequence[Question], routes: Mapping[str, str]) -> dict[str, float]:
    """Log score of the reference: the other studies' mean and spread of the same quantity.

    Per route; per mg where the quantity is proportional to dose. Rows with fewer than two other
    studies have no reference. routes: product -> route.
    Returns row id -> log score on the row's own scale.
    """
    scores: dict[str, float] = {}
    numeric = [q for q in questions if q.numeric and q.value is not None]
    for q in numeric:
        alike = [
            o
            for o in numeric
            if o.quantity == q.quantity
            and o.study != q.study
            and routes.get(o.product) == routes.get(q.product)
        ]
        by_study = [
            float(np.mean([_reference_value(o) for o in alike if o.study == s]))
            for s in dict.fromkeys(o.study for o in alike)
        ]
        if len(by_study) < 2:
            continue
        spread = float(np.std(by_study, ddof=1) * np.sqrt(1 + 1 / len(by_study)))
        sd = float(np.hypot(spread, q.sd))
        z = (_reference_value(q) - float(np.mean(by_study))) / sd
        scores[q.row_id] = float(norm.logpdf(z) - np.log(sd))
    return scores
