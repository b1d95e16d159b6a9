"""When to take a blood level so that it tells most of how long protection lasts.

Every draw of the patient's model is taken for the truth in turn: the level it would give at a
candidate time weighs the others, and the width of what is then left is averaged (a preposterior
analysis by nested Monte Carlo; Raiffa and Schlaifer 1961, chapter 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.ensemble import Ensemble

Floats = NDArray[np.float64]
LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True)
class Assay:
    """How one substance is measured.

    output: ``conc_ntx`` or ``conc_6bn``. proportional, additive_ng_per_ml: standard deviations of
    its error, added as variances. lower_ng_per_ml: what is less is only known to be less.
    """

    output: str
    proportional: float
    additive_ng_per_ml: float = 0.0
    lower_ng_per_ml: float = 0.0

    def sd_ng_per_ml(self, level_ng_per_ml: Floats) -> Floats:
        """Standard deviation of a level's error, same shape."""
        return np.hypot(self.proportional * level_ng_per_ml, self.additive_ng_per_ml)


@dataclass(frozen=True)
class Sampling:
    """What one level at one time would leave.

    width_h: expected 90 % width of the time at which protection ends. width_now_h: without it.
    mc_error_h: standard error of width_h over the draws taken for the truth.
    """

    time_h: float
    output: str
    width_h: float
    width_now_h: float
    mc_error_h: float


def expected_width(
    target: Floats, predicted: Floats, assay: Assay, noise: Floats
) -> tuple[float, float]:
    """Expected 90 % width of a target after one level, and its Monte Carlo error.

    target, predicted: of each draw, shape (S,); predicted levels, ng/mL. noise: standard normal,
    shape (S,), the error with which each draw's level would be read.
    """
    order = np.argsort(target)
    ranked, level = target[order], predicted[order]
    sd = assay.sd_ng_per_ml(level)
    told = level + sd * noise[order]
    below = told < assay.lower_ng_per_ml
    apart = (told[:, None] - level) / sd
    log_weight = -0.5 * apart**2 - np.log(sd)
    if below.any():
        log_weight[below] = _log_chance_below((assay.lower_ng_per_ml - level) / sd)
    # a draw taken for the truth does not vouch for itself
    np.fill_diagonal(log_weight, -np.inf)
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    total = weight.cumsum(axis=1)
    share = (total - 0.5 * weight) / total[:, -1:]
    widths = _quantile(share, ranked, HIGH) - _quantile(share, ranked, LOW)
    return float(widths.mean()), float(widths.std(ddof=1) / np.sqrt(len(widths)))


def _log_chance_below(standard: Floats) -> Floats:
    from scipy.special import log_ndtr  # takes longer to load than most commands take

    return np.asarray(log_ndtr(standard))


def _quantile(share: Floats, ranked: Floats, at: float) -> Floats:
    """Weighted quantiles of each row, on a line between draws; share: (S, S), rising in rows."""
    last = len(ranked) - 1
    after = np.minimum((share < at).sum(axis=1), last)
    before = np.maximum(after - 1, 0)
    rows = np.arange(len(share))
    low, high = share[rows, before], share[rows, after]
    part = np.clip((at - low) / np.where(high > low, high - low, 1.0), 0.0, 1.0)
    result: Floats = ranked[before] + part * (ranked[after] - ranked[before])
    return result


def sampling_times(
    drawn: Ensemble,
    ends_h: Floats,
    candidates_h: Floats,
    assays: Sequence[Assay],
    *,
    horizon_h: float,
    seed: int,
) -> tuple[Sampling, ...]:
    """What a level at each candidate time would leave of the doubt, the most telling first.

    drawn: equal-weight draws of the patient's model. ends_h: when protection ends in each, shape
    (S,), +inf for later than looked; horizon_h stands for that. candidates_h: hours since origin.
    Raises InputError for no candidates, and for fewer than 100 draws: they could not tell.
    """
    if len(candidates_h) == 0:
        raise InputError("", "candidates_h", "nothing", "at least one hour")
    if len(ends_h) < 100:
        raise InputError("", "draws", len(ends_h), "at least 100")
    target = np.minimum(ends_h, horizon_h)
    low, high = np.quantile(target, (LOW, HIGH))
    levels = drawn.signals([a.output for a in assays], np.asarray(candidates_h, dtype=float))
    noise = np.random.default_rng(seed).standard_normal(len(target))
    found = []
    for assay in assays:
        for n, time_h in enumerate(candidates_h):
            predicted = np.maximum(levels[assay.output][:, n], 1e-9)
            width_h, error_h = expected_width(target, predicted, assay, noise)
            found.append(Sampling(float(time_h), assay.output, width_h, float(high - low), error_h))
    return tuple(sorted(found, key=lambda s: (s.width_h, s.time_h, s.output)))
