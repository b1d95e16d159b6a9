"""Levels that fit no pattern: laboratory error, wrong product, wrong patient, wrong time.

A level's tail chance is that of a value at least so far out, on either side, for parameters and
patterns learnt from the patient's other levels and the evidence of intake:
    T = 2 min(P(Y <= y), P(Y >= y)), P the sum over patterns of their chance times that under each.
T is at least chance times tail of every single pattern, so where it is below a stated line, the
level is out of reach under every pattern that is itself believable. Learning once more without a
level takes time, so only those are that look odd among draws of the prior, of the posterior, or of
the posterior with the level's own weight taken back (Gelfand 1996, in Markov Chain Monte Carlo in
Practice, chapter 9; truncated as Ionides 2008, J Comput Graph Stat 17:295).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from antagonist.feedback.own_model.known import Known
from antagonist.feedback.own_model.levels import Levels, contributions
from antagonist.feedback.own_model.sampling import Draws, Posterior

Floats = NDArray[np.float64]
_ODD = 0.05


class Learn(Protocol):
    """The posterior from some levels; roughly: with less work."""

    def __call__(self, some: Levels, *, roughly: bool = False) -> Posterior: ...


def misfit_tails(learn: Learn, found: Posterior, known: Known, levels: Levels) -> Floats:
    """Each level's tail chance given the others; 1 where it does not look odd, shape (L,).

    learn: the posterior from some levels. found: that from all of them.
    """
    count = len(levels.value)
    before = _tails(learn(levels.part(_rows()), roughly=True), known, levels)
    after = _tails(found, known, levels)
    taken_back = _tails(found, known, levels, take_back=True)
    tails = np.ones(count)
    for level in np.flatnonzero(np.minimum(np.minimum(before, after), taken_back) < _ODD):
        if count == 1:
            tails[level] = before[level]
            continue
        others = learn(levels.part(np.delete(np.arange(count), level)), roughly=True)
        tails[level] = _tails(others, known, levels.part(_rows(int(level))))[0]
    return tails


def _rows(*places: int) -> NDArray[np.intp]:
    return np.array(places, dtype=np.intp)


def _tails(found: Posterior, known: Known, levels: Levels, *, take_back: bool = False) -> Floats:
    """Tail chance of each level among weighted draws, shape (L,).

    take_back: weigh each draw also by the inverse of its likelihood of the level.
    """
    predicted = np.concatenate([_predicted(draws, known, levels) for draws in found.draws])
    tails = np.ones(len(levels.value))
    for level in range(len(tails)):
        own, weight = predicted[:, level], found.weight
        if take_back:
            # Draws that the level made all but impossible would weigh most: none does so alone.
            logs = np.log(np.maximum(weight, 1e-300)) - levels.log_likelihood(level, own)
            logs[weight <= 0] = -np.inf
            back = np.exp(logs - logs.max())
            weight = np.minimum(back, back.mean() * np.sqrt(len(back)))
            weight = weight / weight.sum()
        low = float(weight @ levels.chance_below(level, own))
        tails[level] = low if levels.below[level] else 2 * min(low, max(0.0, 1 - low))
    return tails


def _predicted(draws: Draws, known: Known, levels: Levels) -> Floats:
    """Levels of each draw with its own pattern, shape (N, L)."""
    given = contributions(draws.prior, draws.prior.phi(draws.eta), known, levels)
    found: Floats = np.einsum("nld,nd->nl", given, draws.taken.astype(float))
    return found
