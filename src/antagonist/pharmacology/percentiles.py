"""Quantiles over draws of every quantity at every hour, a few days at a time, on all cores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.ensemble import Ensemble
from antagonist.pharmacology.kernel.abreast import Abreast, Singles, filled
from antagonist.pharmacology.kernel.limits import HOURS
from antagonist.pharmacology.kernel.parallel import cores, in_blocks
from antagonist.pharmacology.kernel.trajectories import Steps
from antagonist.pharmacology.receptors import RECEPTORS, occupancy, odds_of
from antagonist.pharmacology.responses import ENDPOINTS, blocked

Floats = NDArray[np.float64]


def quantiles(values: NDArray[np.floating], shares: Sequence[float]) -> Floats:
    """Quantiles over the draws at each moment, shape (len(shares), T). Sorts ``values`` in place.

    values: shape (T, S). Between two draws on a line, as ``numpy.quantile`` does.
    """
    last = values.shape[1] - 1
    place = np.asarray(shares) * last
    below = np.floor(place).astype(np.intp)
    values.sort(axis=1)
    low = values[:, below].astype(np.float64)
    high = values[:, np.minimum(below + 1, last)]
    found: Floats = (low + (high - low) * (place - below)).T
    return found


def _single(values: NDArray[np.floating]) -> Floats:
    """In single precision; the formulas keep what they are given, whatever their types say."""
    return cast(Floats, values.astype(np.float32, copy=False))


def _quantities(seen: Singles, dose_mg: Floats, held: Mapping[str, Floats]) -> dict[str, Floats]:
    """What a forecast shows, each of shape (T, S). seen: (3, T, S). held, dose_mg: (1, S)."""
    conc_ntx, conc_6bn, odds = _single(seen)
    found = {"conc_ntx": conc_ntx, "conc_6bn": conc_6bn}
    for receptor in RECEPTORS:
        found[f"{receptor}_occupancy"] = occupancy(odds_of(odds, held, receptor))
    for endpoint in ENDPOINTS:
        found[f"blocked_{endpoint}"] = blocked(dose_mg, odds, held, endpoint)
    return found


def hourly_quantiles(
    drawn: Ensemble, dose_mg: Floats, steps: Steps, shares: Sequence[float]
) -> dict[str, Floats]:
    """Quantiles of every quantity of a forecast on an even grid, each (len(shares), T).

    dose_mg: opioid dose as intravenous heroin, shape (S, 1). Ranked in single precision, which is
    many times as fast: levels are off by 1e-7 of themselves, fractions by 1e-6.
    """
    parts = [Abreast.of(scene.solution, scene.weights) for scene in drawn.scenes]
    held = {name: _single(value.T) for name, value in drawn.held.items()}
    dose, time_h = _single(dose_mg.T), steps.time_h

    def work(some: slice) -> dict[str, Floats]:
        seen = filled(parts, time_h[some], steps.step_h)
        return {n: quantiles(v, shares) for n, v in _quantities(seen, dose, held).items()}

    with ThreadPoolExecutor(cores()) as pool:
        done = list(pool.map(work, in_blocks(steps.count, HOURS)))
    return {name: np.concatenate([part[name] for part in done], axis=1) for name in done[0]}
