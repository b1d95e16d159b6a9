"""Predict every row of a file of observations with the product's own mixture of structures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.agonists import heroin_equivalent
from antagonist.pharmacology.calibration.answers import Point, Problem, RowAnswer, answer_study
from antagonist.pharmacology.calibration.observations import Question, transform
from antagonist.pharmacology.calibration.predict import Predictor
from antagonist.pharmacology.calibration.scales import off_scale, on_scale
from antagonist.pharmacology.calibration.variability import log_spread, observed_log_spread
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.ensemble import counts
from antagonist.pharmacology.parameter_sets import Fitted, ParameterSet
from antagonist.pharmacology.subjects import Include, definitions, draw_phi

Floats = NDArray[np.float64]
# A statement is outside when the model gives what was published less than this.
STATEMENT_FLOOR = 0.1


@dataclass(frozen=True)
class Prediction:
    """A row and what the model predicts for a study of its size.

    observed: published value (for a statement 1 = holds, 0 = not). predicted: median, or the
    probability that the statement holds. low, high: 90 % prediction interval in the row's unit.
    log_width: width of the interval on the row's scale. inside: None where nothing is predicted.
    """

    question: Question
    observed: float | None
    predicted: float | None
    low: float | None
    high: float | None
    log_width: float | None
    inside: bool | None
    reason: str


def _point(part: Fitted) -> Point:
    estimates = part.estimates
    theta = dict(zip(estimates.names, map(float, estimates.mean), strict=True))
    return Point(theta, {}, estimates.between_subject)


def _centre(part: Fitted, question: Question) -> RowAnswer:
    """The row at the typical values, for its between-subject spread."""
    lone = Problem(part.structure, formulations(), heroin_equivalent, (question,))
    return answer_study(lone, question.study, _point(part))[0]


def _group(q: Question) -> float:
    """Subjects whose mean the row is; infinite where the row has no between-subject part."""
    return float("inf") if q.typical else float(q.subjects)


def _draws(
    part: Fitted, questions: Sequence[Question], count: int, size: float, rng: np.random.Generator
) -> dict[str, Floats]:
    """Draws of each row on its scale, new study effects included, of one structure."""
    products = formulations()
    parameters = definitions(part.structure, products)
    include = Include(subjects=np.isfinite(size))
    mean_of = size if np.isfinite(size) else 1.0
    phi = draw_phi(part.structure, parameters, part.estimates, count, rng, include, mean_of)
    predictor = Predictor(part.structure, products, parameters, phi, heroin_equivalent)
    found = {}
    for q in questions:
        if q.kind in ("cv", "fold_range"):
            centre = log_spread(_centre(part, q), part.structure, part.estimates.between_subject)
            found[q.row_id] = centre + q.sd * rng.standard_normal(count)
            continue
        seen = on_scale(predictor.predict(q), q.scale)
        if q.scale == "log" and q.statistic == "mean" and np.isfinite(size):
            seen = seen + _centre(part, q).skew
        found[q.row_id] = seen + q.sd * rng.standard_normal(count)
    return found


def _statement(q: Question, drawn: Floats) -> Prediction:
    at = transform(q.threshold, q.scale)
    sides = {"above": drawn > at, "below": drawn < at, "within": np.abs(drawn) < abs(at)}
    assert q.statement is not None
    p = float(np.mean(sides[q.statement]))
    seen = p if q.value == 1.0 else 1 - p
    return Prediction(q, q.value, p, None, None, None, seen >= STATEMENT_FLOOR, "")


def _numeric(q: Question, drawn: Floats) -> Prediction:
    assert q.value is not None
    spread = q.kind in ("cv", "fold_range")
    at = observed_log_spread_of(q) if spread else transform(q.value, q.scale)
    low, middle, high = np.percentile(drawn, (5, 50, 95))
    ends = np.array([low, middle, high])
    shown = np.exp(np.exp(ends)) if q.kind == "fold_range" else off_scale(ends, q.scale)
    return Prediction(
        q, q.value, float(shown[1]), float(shown[0]), float(shown[2]),
        float(high - low), bool(low <= at <= high), "",
    )  # fmt: skip


def observed_log_spread_of(q: Question) -> float:
    """The published spread of a question on the scale it is predicted on."""
    return observed_log_spread(RowAnswer(q, 0.0, {}, 0.0, 0.0, 0.0))


def predict_rows(
    parameters: ParameterSet,
    questions: Sequence[Question],
    *,
    draws: int = 600,
    seed: int = 2026,
    watch: Callable[[int], None] | None = None,
) -> list[Prediction]:
    """Every question with its 90 % prediction interval, in the questions' order.

    draws: over all structures. watch: told how many rows are done.
    """
    asked = [q for q in questions if q.use != "not_modelled"]
    drawn: dict[str, list[Floats]] = {q.row_id: [] for q in asked}
    done = 0
    for size in sorted({_group(q) for q in asked}):
        rows = [q for q in asked if _group(q) == size]
        for part, count in zip(parameters.fitted, counts(parameters.fitted, draws), strict=True):
            rng = np.random.default_rng(seed)
            for row, values in _draws(part, rows, count, size, rng).items():
                drawn[row].append(values)
        done += len(rows)
        if watch:
            watch(done)
    found = []
    for q in questions:
        if q.use == "not_modelled":
            found.append(Prediction(q, q.value, None, None, None, None, None, q.reason))
            continue
        values = np.concatenate(drawn[q.row_id])
        found.append(_numeric(q, values) if q.numeric else _statement(q, values))
    return found


@dataclass(frozen=True)
class Bar:
    """The stated bar: coverage counted by study, and the share of numeric rows modelled."""

    coverage: float
    modelled: float
    coverage_bounds: tuple[float, float] = (0.80, 0.97)
    modelled_bound: float = 0.70

    @property
    def met(self) -> bool:
        """Whether both figures meet the bar."""
        low, high = self.coverage_bounds
        return low <= self.coverage <= high and self.modelled >= self.modelled_bound


def bar(predictions: Sequence[Prediction]) -> Bar:
    """Coverage as the mean over studies of the share of their rows inside; NaN without rows."""
    studies = {p.question.study for p in predictions if p.inside is not None}
    shares = [
        np.mean(
            [bool(p.inside) for p in predictions if p.question.study == s and p.inside is not None]
        )
        for s in sorted(studies)
    ]
    numeric = [p for p in predictions if p.question.numeric]
    modelled = [p for p in numeric if p.inside is not None]
    coverage = float(np.mean(shares)) if shares else float("nan")
    return Bar(coverage, len(modelled) / len(numeric) if numeric else float("nan"))


def with_only(parameters: ParameterSet, structure_id: str) -> ParameterSet:
    """The set with one structure alone."""
    kept = tuple(
        replace(f, weight=1.0) for f in parameters.fitted if f.structure.id == structure_id
    )
    return replace(parameters, fitted=kept)
