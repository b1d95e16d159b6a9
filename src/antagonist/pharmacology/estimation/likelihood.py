"""The objective of the random effects: levels given their predictions, and the prior.

All sums are on NONMEM's scale, minus twice the logarithm without constants:
    sum(log v + (y - f)^2 / v) + eta' omega^-1 eta,  v the variance at the individual prediction f.
A value below a limit L adds -2 log Phi((L - f) / sd) instead (Beal 2001, method M3), one above it
the same with the sign turned; an error on the logarithm has log y and log f in place of y and f.
"""

from __future__ import annotations

import numpy as np

from antagonist.pharmacology.estimation.batch import Batch, Levels, predicted
from antagonist.pharmacology.estimation.evaluation import Evaluation
from antagonist.pharmacology.estimation.problem import Floats

_LOG_ROOT_2_PI = 0.9189385332046727


def evaluated(batch: Batch, eta: Floats) -> Evaluation:
    """The objective at etas of shape (S, q).

    By compiled loops; by arrays (``by_arrays``) for whom these cannot serve or may lose digits.
    """
    if batch.loops is None:
        return by_arrays(batch, eta)
    found, _, doubts = batch.loops.call(batch.rows, np.ascontiguousarray(eta), search=False)
    rows = np.flatnonzero(doubts)
    if len(rows):
        found.put(rows, by_arrays(batch.part(rows), eta[rows]))
    return found


def evaluated_at_each(batch: Batch, points: Floats) -> tuple[Floats, Floats]:
    """Objectives (K, S) and gradients (K, S, q) at K etas of each subject, shape (K, S, q)."""
    count, subjects = points.shape[:2]
    if batch.loops is None or count == 1:
        each = [evaluated(batch, point) for point in points]
        return np.array([e.value for e in each]), np.array([e.gradient for e in each])
    flat = np.ascontiguousarray(points).reshape(count * subjects, -1)
    found, _, doubts = batch.loops.call(np.tile(batch.rows, count), flat, search=False)
    value, gradient = found.value.reshape(count, subjects), found.gradient.reshape(points.shape)
    for k in np.flatnonzero(doubts.reshape(count, subjects).any(axis=1)):
        rows = np.flatnonzero(doubts.reshape(count, subjects)[k])
        again = by_arrays(batch.part(rows), points[k, rows])
        value[k, rows], gradient[k, rows] = again.value, again.gradient
    return value, gradient


def by_arrays(batch: Batch, eta: Floats) -> Evaluation:
    """The objective at etas of shape (S, q), by the kernel's general way.

    The expected Hessian of a value is f_i f_j / v + v_i v_j / (2 v^2). Source: Wang 2007,
    J Pharmacokinet Pharmacodyn 34:575, equations of FOCE with interaction; Almquist, Leander and
    Jirstrand 2015, J Pharmacokinet Pharmacodyn 42:191 (gradients of the same objective).
    """
    precision = batch.problem.precision
    with np.errstate(all="ignore"):
        prediction, slope = predicted(batch, eta)
        levels = batch.own()[2]
        scale, stretch = _scaled(levels, prediction)
        terms, by_scale, weight = _terms(levels, scale)
        by_eta = stretch[..., None] * slope
        pulled = eta @ precision
        value = terms.sum(axis=1) + (pulled * eta).sum(axis=1)
        gradient = (by_scale[..., None] * by_eta).sum(axis=1) + pulled
        information = np.swapaxes(by_eta, 1, 2) @ (weight[..., None] * by_eta) + precision
    lost = ~(np.isfinite(value) & np.isfinite(gradient).all(axis=1))
    lost |= ~np.isfinite(information).all(axis=(1, 2))
    if lost.any():
        value[lost], gradient[lost], information[lost] = np.inf, 0.0, precision
    return Evaluation(value, gradient, information, prediction)


def _scaled(levels: Levels, prediction: Floats) -> tuple[Floats, Floats]:
    """Predictions on the scale of their errors, and the slope of that scale."""
    if not levels.logged.any():
        return prediction, np.ones_like(prediction)
    return (
        np.where(levels.logged, np.log(prediction), prediction),
        np.where(levels.logged, 1.0 / prediction, 1.0),
    )


def deviation(levels: Levels, scale: Floats) -> tuple[Floats, Floats]:
    """Sd of the error at each prediction, and its derivative by the prediction; shapes (S, T).

    scale: predictions, for errors on the logarithm their logarithm.
    """
    part = levels.proportional * scale
    root = np.sqrt(levels.additive**2 + part**2)
    slope = np.divide(levels.proportional * part, root, out=np.zeros_like(root), where=root > 0)
    if levels.at_zero.any():
        root = np.where(scale == 0, np.maximum(root, levels.at_zero), root)
    if levels.linear.any():
        root = np.where(levels.linear, levels.additive + part, root)
        slope = np.where(levels.linear, levels.proportional, slope)
    if levels.logged.any():
        root = np.where(levels.logged, levels.proportional, root)
        slope = np.where(levels.logged, 0.0, slope)
    return root, slope


def _terms(levels: Levels, scale: Floats) -> tuple[Floats, Floats, Floats]:
    """Each value's part of the objective; of half of it the slope and the weight of its square."""
    sd, sd_slope = deviation(levels, scale)
    off = (levels.value - scale) / sd
    lean = sd_slope / sd
    terms = 2.0 * np.log(np.abs(sd)) + off**2
    slope = -off / sd + lean * (1.0 - off**2)
    weight = 1.0 / sd**2 + 2.0 * lean**2
    beyond = levels.beyond
    if (beyond != 0).any():
        from scipy.special import log_ndtr

        z = -beyond * off
        chance = log_ndtr(z)
        hazard = np.exp(-0.5 * z**2 - _LOG_ROOT_2_PI - chance)
        z_slope = beyond / sd - z * lean
        # A limit out of reach, as of a prediction of 0, is certain and pulls at nothing.
        pull = np.where(hazard > 0, hazard * z_slope, 0.0)
        terms = np.where(beyond != 0, -2.0 * chance, terms)
        slope = np.where(beyond != 0, -pull, slope)
        curve = np.where(hazard > 0, pull * (z + hazard) * z_slope, 0.0)
        weight = np.where(beyond != 0, curve, weight)
    out = levels.known == 0
    if out.any():
        terms, slope, weight = (np.where(out, 0.0, a) for a in (terms, slope, weight))
    return terms, slope, weight


def residuals(levels: Levels, prediction: Floats) -> Floats:
    """Observed minus predicted over the sd there, shape (S, T); nan beyond limits and for padding.

    prediction: shape (S, T), in the unit of the levels.
    """
    with np.errstate(all="ignore"):
        scale = _scaled(levels, prediction)[0]
        off: Floats = (levels.value - scale) / deviation(levels, scale)[0]
    return np.where((levels.known > 0) & (levels.beyond == 0), off, np.nan)
