"""The common work by other tools: NumPy, SciPy's solver, and a compiled solver.

Each gives the mu-receptor odds of every subject on the hourly grid over the 26 weeks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from antagonist.bench.work import PRODUCT, Work, hours, odds_rows, population_of
from antagonist.pharmacology.kernel.parallel import in_blocks
from antagonist.pharmacology.population import assembly_of
from antagonist.pharmacology.varying import value_of

Floats = NDArray[np.float64]
# Which subjects, and their odds at every hour, shape (n, 4369).
Odds = Iterator[tuple[slice, Floats]]
RTOL, ATOL = 1e-6, 1e-9  # of the solvers that step
NUMPY_BLOCK = 128  # subjects at once, 12 MB: they stay in the cache; the fastest of 16 to 512


@dataclass(frozen=True)
class Doses:
    """The work as plain arrays: dx/dt = K x, and doses that are added to one state.

    rates_per_h: shape (N, m, m). weights: odds = weights @ x, shape (N, m).
    time_h, amount: shape (1, M) or (N, M), ascending; amount in the unit of the state.
    target: the state that receives them.
    """

    rates_per_h: Floats
    weights: Floats
    time_h: Floats
    amount: Floats
    target: int


def doses_of(work: Work) -> Doses:
    """The work in the form that every rival starts from."""
    assembly = assembly_of(population_of(work))
    (slot,) = assembly.slots[PRODUCT]
    delay_h = value_of(slot.delay_h)
    return Doses(
        assembly.system.rates_per_h[:, 0],
        odds_rows(work, assembly),
        work.dose_time_h + delay_h if delay_h.any() else work.dose_time_h,
        work.dose_mg * value_of(slot.amount),
        slot.target,
    )


# NumPy


def numpy_odds(work: Work) -> Odds:
    """Modes by ``np.linalg.eig`` and whole blocks of subjects at once.

    Each dose's modes are brought to the first hour after it; from there to the next dose the odds
    are one product of matrices. No care is taken of modes that cancel.
    """
    for which in in_blocks(work.subjects, NUMPY_BLOCK):
        yield which, _numpy_block(doses_of(work.part(which)), len(hours()))


def _numpy_block(doses: Doses, count: int) -> Floats:
    """Odds at hours 0, 1, ... count - 1, shape (n, count)."""
    values, vectors = np.linalg.eig(doses.rates_per_h)
    seen = (doses.weights[:, None] @ vectors)[:, 0]
    unit = seen * np.linalg.inv(vectors)[:, :, doses.target]
    # A dose of nothing at hour 0, so that the stretches between doses cover the grid.
    time_h, amount = (np.pad(a, ((0, 0), (1, 0))) for a in (doses.time_h, doses.amount))
    first = np.clip(np.ceil(time_h), 0, count)
    length = np.diff(first, axis=1, append=count)
    modes = np.exp(values[:, None] * (first - time_h)[..., None])
    modes = modes * unit[:, None] * amount[..., None]
    fades = np.exp(values[:, None] * length[..., None])
    for n in range(1, modes.shape[1]):
        modes[:, n] += modes[:, n - 1] * fades[:, n - 1]
    ahead_h = np.arange(length.max())
    odds = (modes @ np.exp(values[..., None] * ahead_h)).real
    inside = np.broadcast_to(ahead_h < length[..., None], odds.shape)
    hourly: Floats = odds[inside].reshape(len(odds), count)
    return hourly


# Solvers that step from dose to dose

# State at the start and hours from then on -> states at those hours, shape (m, T).
Stepper = Callable[[Floats, Floats], Floats]


def dose_by_dose(doses: Doses, s: int, step: Stepper, count: int) -> Floats:
    """Odds of one subject at hours 0, 1, ... count - 1, shape (count,).

    s: which subject of the doses. step: takes the state from one dose to the next.
    """
    row = 0 if len(doses.time_h) == 1 else s
    edges_h = [*doses.time_h[row].tolist(), float(count)]
    state, odds = np.zeros(doses.rates_per_h.shape[-1]), np.zeros(count)
    for n, (start_h, end_h) in enumerate(pairwise(edges_h)):
        state[doses.target] += doses.amount[s, n]
        grid = np.arange(max(np.ceil(start_h), 0.0), np.ceil(end_h))
        states = step(state, np.append(grid, end_h) - start_h)
        odds[grid.astype(np.intp)] = doses.weights[s] @ states[:, :-1]
        state = states[:, -1].copy()
    return odds


def scipy_odds(work: Work) -> Odds:
    """SciPy's ``solve_ivp`` with LSODA and the exact Jacobian, dose by dose."""
    doses = doses_of(work)
    for s, rates in enumerate(doses.rates_per_h):

        def step(state: Floats, time_h: Floats, rates: Floats = rates) -> Floats:
            found = solve_ivp(
                lambda _, x: rates @ x,
                (0.0, float(time_h[-1])),
                state,
                method="LSODA",
                t_eval=time_h,
                jac=lambda _, x: rates,  # noqa: ARG005
                rtol=RTOL,
                atol=ATOL,
            )
            states: Floats = found.y
            return states

        yield slice(s, s + 1), dose_by_dose(doses, s, step, len(hours()))[None]


def pydiffsol_odds(work: Work) -> Odds:
    """Diffsol, a solver in Rust with its equations compiled: Tsitouras 5(4), dose by dose.

    The fastest found that installs as a wheel: its other methods (BDF and two implicit
    Runge-Kutta ones) are three to ten times slower here, and CVODE by scikit-sundae, whose
    equations stay in Python, nearly twenty times. numbalsoda has no wheel.
    Raises ImportError where pydiffsol is not installed.
    """
    doses = doses_of(work)
    rows, columns = np.nonzero((doses.rates_per_h != 0).any(axis=0))
    pairs = tuple(zip(rows.tolist(), columns.tolist(), strict=True))
    ode = _compiled(diffsl(pairs, doses.rates_per_h.shape[-1]))
    for s, rates in enumerate(doses.rates_per_h[:, rows, columns]):

        def step(state: Floats, time_h: Floats, rates: Floats = rates) -> Floats:
            states: Floats = ode.solve_dense(np.concatenate([rates, state]), time_h).ys
            return states

        yield slice(s, s + 1), dose_by_dose(doses, s, step, len(hours()))[None]


def diffsl(pairs: tuple[tuple[int, int], ...], size: int) -> str:
    """The equations dx/dt = K x in diffsol's own language.

    pairs: (row, column) of the rates that are not 0. Parameters: those rates, then the state at
    the start.
    """
    starts = [f"s{i} = 0" for i in range(size)]
    names = [f"k{i}c{j} = 1" for i, j in pairs]
    slopes = ["0" for _ in range(size)]
    for i, j in pairs:
        slopes[i] += f" + k{i}c{j} * x{j}"
    parts = {
        "in_i": names + starts,
        "u_i": [f"x{i} = s{i}" for i in range(size)],
        "F_i": slopes,
    }
    return "\n".join(f"{name} {{ {', '.join(lines)} }}" for name, lines in parts.items())


@lru_cache(maxsize=4)
def _compiled(code: str) -> Any:
    pydiffsol = import_module("pydiffsol")
    ode = pydiffsol.Ode(code, matrix_type=pydiffsol.nalgebra_dense)
    ode.ode_solver = pydiffsol.tsit45
    ode.rtol, ode.atol = RTOL, ATOL
    return ode
