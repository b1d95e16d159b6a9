"""Individual objectives and their least, written apart from the engine: SciPy and closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import minimize
from scipy.stats import norm

Floats = NDArray[np.float64]
Slope = Callable[[float, Floats], Sequence[float]]


@dataclass(frozen=True)
class Seen:
    """A value with the variance it would have at a prediction; below: it is a limit.

    predicted: index of the prediction. sd: by prediction. logged: the error is on the logarithm.
    """

    predicted: int
    value: float
    sd: Callable[[float], float]
    below: bool = False
    logged: bool = False


def objective(
    seen: Sequence[Seen], predictions: Sequence[float], eta: Floats, omega: Floats
) -> float:
    """Minus twice the logarithm of levels and prior, without constants."""
    total = float(eta @ np.linalg.solve(omega, eta))
    for one in seen:
        f = float(predictions[one.predicted])
        sd = one.sd(f)
        y, mean = (math.log(one.value), math.log(f)) if one.logged else (one.value, f)
        if one.below:
            total -= 2.0 * float(norm.logcdf((y - mean) / sd))
        else:
            total += 2.0 * math.log(sd) + ((y - mean) / sd) ** 2
    return total


def least(goal: Callable[[Floats], float], size: int, spread: float = 0.4) -> tuple[Floats, float]:
    """The least of a goal from several starts, by a simplex and then by differences."""
    rng = np.random.default_rng(1)
    best = np.zeros(size)
    for start in (np.zeros(size), *rng.normal(0, spread, (3, size))):
        rough = minimize(goal, start, method="Nelder-Mead", options={"maxiter": 400})
        fine = minimize(goal, rough.x, method="BFGS", options={"gtol": 1e-7})
        best = min((best, rough.x, fine.x), key=goal)
    exact = minimize(
        goal, best, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-11, "maxiter": 4000}
    )
    return exact.x, float(exact.fun)


def absorbed(time_h: float, doses: Sequence[tuple[float, float]], ka: float, out: float) -> float:
    """Amount in the central compartment after doses into a depot: the Bateman function."""
    return sum(
        amount * ka / (ka - out) * (math.exp(-out * (time_h - at)) - math.exp(-ka * (time_h - at)))
        for at, amount in doses
        if time_h > at
    )


def metabolite(
    time_h: float,
    doses: Sequence[tuple[float, float]],
    ka: float,
    out: float,
    formed: float,
    gone: float,
) -> float:
    """Amount of a metabolite that forms at ``formed`` per hour of the central amount."""
    total = 0.0
    for at, amount in doses:
        t = time_h - at
        if t > 0:
            total += (
                amount
                * ka
                * formed
                * (
                    math.exp(-ka * t) / ((out - ka) * (gone - ka))
                    + math.exp(-out * t) / ((ka - out) * (gone - out))
                    + math.exp(-gone * t) / ((ka - gone) * (out - gone))
                )
            )
    return total


def followed(
    slope: Slope, events: Sequence[tuple[float, int, float]], at_h: Sequence[float], size: int
) -> Floats:
    """States at hours, shape (T, m), of an equation with amounts (hour, state, mg) put in."""
    state, now = np.zeros(size), min([*(e[0] for e in events), *at_h])
    found: list[Floats] = []
    stops = sorted(
        [(e[0], 1, e) for e in events] + [(t, 0, None) for t in at_h], key=lambda s: s[:2]
    )
    for hour, _, event in stops:
        if hour > now:
            way = solve_ivp(
                slope, (now, hour), state, method="DOP853", rtol=1e-10, atol=1e-10, max_step=2.0
            )
            state, now = way.y[:, -1], hour
        if event is None:
            found.append(state.copy())
        else:
            state = state.copy()
            state[event[1]] += event[2]
    return np.array(found)
