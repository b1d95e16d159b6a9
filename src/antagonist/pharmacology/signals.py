"""Named signals of a solved system: levels, occupancies and blocked effects over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.expressions import parse
from antagonist.pharmacology.kernel import Solution
from antagonist.pharmacology.receptors import RECEPTORS, antagonist_odds, occupancy, odds_weights
from antagonist.pharmacology.responses import ENDPOINTS, blocked, odds_that_block

Floats = NDArray[np.float64]
DAY_H = 24.0


@dataclass(frozen=True)
class Scene:
    """A solved dosing history with what the functionals need.

    values: parameters, each of shape (S, P); the last regime serves receptors and effects.
    outputs: names of the solution's outputs. last_dose_h: hour that row times count from.
    agonist_mg: challenge dose as intravenous heroin equivalent, shape (S, 1) or scalar.
    """

    solution: Solution
    values: Mapping[str, Floats]
    outputs: tuple[str, ...]
    dose_mg: float
    last_dose_h: float = 0.0
    agonist_mg: Floats | float = 25.0

    @property
    def held(self) -> dict[str, Floats]:
        """Parameter values of the last regime, each of shape (S, 1)."""
        return {name: value[:, -1:] for name, value in self.values.items()}

    def part(self, which: slice) -> Scene:
        """The scene of some of the draws."""
        values = {name: value[which] for name, value in self.values.items()}
        return replace(self, solution=self.solution.part(which), values=values)

    @property
    def weights(self) -> Floats:
        """Of the outputs in plasma naltrexone, 6-beta-naltrexol and mu odds, shape (S, 3, o)."""
        odds = odds_weights(self.values, self.outputs, self.values["K_mu"])
        found = np.zeros((len(odds), 3, len(self.outputs)))
        found[:, 0, self.outputs.index("conc_ntx")] = 1.0
        found[:, 1, self.outputs.index("conc_6bn")] = 1.0
        found[:, 2] = odds
        return found

    def levels(self, time_h: Floats, *, cumulative: bool = False) -> dict[str, Floats]:
        """Outputs at hours after the last dose, each of shape (S, T)."""
        seen = self.solution.at(time_h + self.last_dose_h, cumulative=cumulative)
        return {name: seen[:, i] for i, name in enumerate(self.outputs)}

    def signal(self, formula: str, time_h: Floats) -> Floats:
        """A formula over outputs, occupancies, blocked effects and parameters, shape (S, T)."""
        return self.signals((formula,), time_h)[formula]

    def signals(self, formulas: Sequence[str], time_h: Floats) -> dict[str, Floats]:
        """Several formulas at the same times, by formula; levels are worked out once."""
        levels, held = self.levels(time_h), self.held
        known: dict[str, Floats | float] = {**held, **levels, "dose_mg": self.dose_mg}
        wanted = {name for formula in formulas for name in parse(formula).names}
        for receptor in RECEPTORS:
            if any(name.startswith(f"{receptor}_") for name in wanted):
                odds = antagonist_odds(levels["effect_ntx"], levels["effect_6bn"], held, receptor)
                known[f"{receptor}_odds"], known[f"{receptor}_occupancy"] = odds, occupancy(odds)
        for endpoint in ENDPOINTS:
            if f"blocked_{endpoint}" in wanted:
                odds = antagonist_odds(levels["effect_ntx"], levels["effect_6bn"], held)
                known[f"blocked_{endpoint}"] = blocked(self.agonist_mg, odds, held, endpoint)
        shape = next(iter(levels.values())).shape
        return {f: np.broadcast_to(parse(f)(known), shape) for f in formulas}

    def area(self, formula: str, from_h: float, until_h: float) -> Floats:
        """Integral of a formula that is linear in one output, shape (S,)."""
        ends = np.array([from_h, until_h])
        total = {n: np.diff(v, axis=1) for n, v in self.levels(ends, cumulative=True).items()}
        known: dict[str, Floats | float] = {**self.held, **total, "dose_mg": self.dose_mg}
        return np.broadcast_to(parse(formula)(known), (len(self.solution.state), 1))[:, 0]


def derived_values(values: Mapping[str, Floats]) -> dict[str, Floats]:
    """Parameters with the quantities derived from them that published tables name."""
    found = dict(values)
    found["V_ss"] = values["V1"] + values["V2"]
    if "Q3" in values:
        found["V_ss"] = found["V_ss"] + values["Q3"] * values["deep_half_life_h"] / np.log(2)
    found["odds_that_block_80"] = odds_that_block(0.8, 25.0, values, "subjective")
    return found


def level(scene: Scene, formula: str, at_h: float) -> Floats:
    """Signal at one hour after the last dose, shape (S,)."""
    return scene.signal(formula, np.array([at_h]))[:, 0]


def _grid(window_h: tuple[float, float], points: int = 240) -> Floats:
    low, high = window_h
    return low + (high - low) * np.linspace(0.0, 1.0, points) ** 2


def _vertex(time_h: Floats, signal: Floats) -> tuple[Floats, Floats]:
    """Time and height of the highest point, by a parabola through its neighbours."""
    rows = np.arange(len(signal))
    i = np.clip(np.argmax(signal, axis=1), 1, signal.shape[1] - 2)
    t0, t1, t2 = time_h[i - 1], time_h[i], time_h[i + 1]
    y0, y1, y2 = signal[rows, i - 1], signal[rows, i], signal[rows, i + 1]
    slope1, slope2 = (y1 - y0) / (t1 - t0), (y2 - y1) / (t2 - t1)
    bend = (slope2 - slope1) / (t2 - t0)
    curved = bend < 0
    at = np.where(curved, (t0 + t1) / 2 - slope1 / np.where(curved, 2 * bend, 1.0), t1)
    at = np.clip(at, t0, t2)
    height = y0 + slope1 * (at - t0) + bend * (at - t0) * (at - t1)
    best = np.maximum(np.maximum(y0, y1), y2)
    return np.where(curved, at, time_h[np.argmax(signal, axis=1)]), np.maximum(height, best)


def peak(scene: Scene, formula: str, window_h: tuple[float, float]) -> Floats:
    """Highest value in a window after the last dose, shape (S,)."""
    grid = _grid(window_h)
    return _vertex(grid, scene.signal(formula, grid))[1]


def peak_time(scene: Scene, formula: str, window_h: tuple[float, float]) -> Floats:
    """Hour of the highest value in a window after the last dose, shape (S,)."""
    grid = _grid(window_h)
    return np.maximum(_vertex(grid, scene.signal(formula, grid))[0], 1e-3)


def half_life(scene: Scene, formula: str, window_h: tuple[float, float]) -> Floats:
    """Half-life of the log-linear slope between the ends of a window, h, shape (S,)."""
    ends = np.maximum(scene.signal(formula, np.array(window_h)), 1e-300)
    slope = np.log(ends[:, 0] / ends[:, 1]) / (window_h[1] - window_h[0])
    result: Floats = np.log(2) / np.maximum(slope, 1e-6)
    return result


def middle_of_range(scene: Scene, formula: str, window_h: tuple[float, float]) -> Floats:
    """Geometric mean of the highest and lowest signal in a window, shape (S,)."""
    signal = scene.signal(formula, np.linspace(*window_h, 60))
    result: Floats = np.sqrt(signal.max(axis=1) * np.maximum(signal.min(axis=1), 1e-12))
    return result


def duration_d(scene: Scene, formula: str, above: float, horizon_h: float) -> Floats:
    """Days from the last dose until a signal last falls under a value, shape (S,).

    Interpolated on the logarithm (logit for fractions below one). Not reached: less than half a
    day, falling with the shortfall so that a fit sees a slope; beyond ``horizon_h``: the horizon.
    """
    grid = np.concatenate([[0.0], np.geomspace(0.25, horizon_h, 500)])
    signal = np.maximum(scene.signal(formula, grid), 1e-12)
    if formula.startswith(("blocked", "mu_", "kappa_", "delta_")):
        kept = np.minimum(signal, 1 - 1e-12)
        over = np.log(kept / (1 - kept)) - np.log(above / (1 - above))
    else:
        over = np.log(signal / above)
    rows, last = np.arange(len(over)), over.shape[1] - 1
    held = over > 0
    i = np.where(held.any(axis=1), last - np.argmax(held[:, ::-1], axis=1), 0)
    after = np.minimum(i + 1, last)
    fall = over[rows, i] - over[rows, after]
    share = np.where(fall > 0, over[rows, i] / np.where(fall > 0, fall, 1.0), 0.0)
    at = grid[i] + np.clip(share, 0.0, 1.0) * (grid[after] - grid[i])
    short = 12.0 * np.exp(np.minimum(over.max(axis=1), 0.0))
    days: Floats = np.maximum(np.where(held.any(axis=1), at, short), 0.24) / DAY_H
    return days
