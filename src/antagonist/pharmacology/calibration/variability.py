"""Between-subject variability from published coefficients of variation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.stats import norm

from antagonist.pharmacology.calibration.answers import RowAnswer
from antagonist.pharmacology.models import Parameter, Structure
from antagonist.pharmacology.subjects import subject_covariance

Floats = NDArray[np.float64]
# Prior sd of the logarithm of a between-subject sd.
PRIOR_SD = 0.3


@dataclass(frozen=True)
class Variability:
    """Between-subject sds and the sd of their logarithms."""

    sd: Mapping[str, float]
    log_sd: Mapping[str, float]


def log_spread(answer: RowAnswer, structure: Structure, sds: Mapping[str, float]) -> float:
    """The row's published measure of spread as predicted, on the log scale.

    A coefficient of variation is sqrt(exp(s^2) - 1) of a log-normal quantity with log-sd s; a fold
    range of n subjects is exp(2 s z) with z Blom's score of the largest of n.
    Source: Blom 1958 for the expected extremes of a normal sample.
    """
    names = tuple(answer.gradient)
    slope = np.array(list(answer.gradient.values()))
    variance = float(slope @ subject_covariance(structure, names, sds) @ slope)
    if answer.question.kind == "cv":
        return 0.5 * float(np.log(np.expm1(max(variance, 1e-8))))
    n = answer.question.subjects
    return float(np.log(2 * np.sqrt(max(variance, 1e-8)) * norm.ppf((n - 0.375) / (n + 0.25))))


def observed_log_spread(answer: RowAnswer) -> float:
    """The row's published measure of spread on the scale of ``log_spread``."""
    value = answer.question.value
    assert value is not None
    if answer.question.kind == "cv":
        return float(np.log(value))
    return float(np.log(np.log(value)))


def fit_variability(
    structure: Structure, parameters: Mapping[str, Parameter], answers: Sequence[RowAnswer]
) -> Variability:
    """Maximum a posteriori between-subject sds given the rows' sensitivities.

    answers: rows of kind ``cv`` and ``fold_range`` (others are ignored).
    The prior is the sd in the model file, log-normal with sd PRIOR_SD.
    """
    prior = {n: p.between_subject for n, p in parameters.items() if p.between_subject > 0}
    names = list(prior)
    rows = [a for a in answers if a.question.kind in ("cv", "fold_range")]
    centre = np.log([prior[n] for n in names])

    def residuals(x: Floats) -> Floats:
        sds = dict(zip(names, np.exp(x), strict=True))
        gaps = [
            np.sqrt(a.question.weight)
            * (log_spread(a, structure, sds) - observed_log_spread(a))
            / a.question.sd
            for a in rows
        ]
        return np.array([*gaps, *((x - centre) / PRIOR_SD)])

    found = least_squares(residuals, centre)
    jacobian = np.asarray(found.jac, dtype=float)
    covariance = np.linalg.inv(jacobian.T @ jacobian)
    return Variability(
        dict(zip(names, map(float, np.exp(found.x)), strict=True)),
        dict(zip(names, map(float, np.sqrt(np.diag(covariance))), strict=True)),
    )
