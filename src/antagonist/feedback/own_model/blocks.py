"""Patterns of intake for given parameters: enumerated where levels tell of them, drawn elsewhere.

Levels are gone through in blocks in order of time. A block is some levels and the questionable
doses that give more than a small share of one of them; at most so many, the most telling ones.
All patterns of a block are weighed, the others' doses held as drawn; the sum over them is the
block's part of the weight, and one pattern is drawn. Doses of no block keep what was drawn from
the evidence. Weights are unbiased whatever is left out of a block: importance sampling in order
of time. Source: Kong, Liu and Wong 1994, J Am Stat Assoc 89:278 (sequential imputation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from antagonist.feedback.own_model.intake import Intake, all_patterns, questionable
from antagonist.feedback.own_model.levels import Levels

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bits = NDArray[np.bool_]
# Doubles that one step works on at a time.
_AT_ONCE = 400_000


@dataclass(frozen=True)
class Block:
    """Levels that are weighed together with patterns of some doses; places of both."""

    levels: Ints
    doses: Ints

    @property
    def patterns(self) -> Bits:
        """All patterns of its doses, shape (2 ** k, k)."""
        return all_patterns(len(self.doses))


def shares(given: Floats) -> Floats:
    """Each dose's mean share of each level, shape (L, D). given: contributions, (N, L, D)."""
    total = given.sum(axis=2, keepdims=True)
    part = np.divide(given, total, out=np.zeros_like(given), where=total > 0)
    found: Floats = part.mean(axis=0)
    return found


def blocks_of(share: Floats, time_h: Floats, dose_h: Floats, intake: Intake, *,
              least_share: float, most: int) -> tuple[Block, ...]:  # fmt: skip
    """Blocks of levels in order of time.

    share: (L, D). time_h: of levels, (L,). dose_h: (D,). most: doses of a block.
    """
    asked = questionable(intake)
    doubt = intake.marginal * (1 - intake.marginal)
    telling = [most_telling(asked & (row >= least_share), row * doubt, most) for row in share]
    groups: list[tuple[list[int], set[int]]] = []
    for level, doses in enumerate(telling):
        levels, among = [level], set(doses.tolist())
        # A dose that an earlier block's level may tell of belongs to that block.
        while groups and any(dose_h[d] < time_h[groups[-1][0][-1]] for d in among):
            earlier, before = groups.pop()
            levels, among = earlier + levels, among | before
        groups.append((levels, among))
    found = []
    for levels, doses_in in groups:
        rows = np.array(sorted(levels), dtype=np.intp)
        inside = np.zeros(len(dose_h), dtype=bool)
        inside[list(doses_in)] = True
        found.append(Block(rows, most_telling(inside, share[rows].max(axis=0) * doubt, most)))
    return tuple(found)


def most_telling(among: Bits, telling: Floats, most: int) -> Ints:
    """The most telling places, in order."""
    places = np.flatnonzero(among)
    best = places[np.argsort(-telling[places], kind="stable")[:most]]
    return np.sort(best)


def imputed(
    given: Floats, levels: Levels, blocks: tuple[Block, ...], intake: Intake, taken: Bits,
    rng: np.random.Generator,
) -> tuple[Bits, Floats]:  # fmt: skip
    """Patterns given parameters and levels, with the logarithm of their weights.

    given: contributions (N, L, D). taken: patterns drawn from the evidence, (N, D).
    Returns patterns (N, D) and the log of an unbiased estimate of the levels' likelihood, (N,).
    """
    taken, weight = taken.copy(), np.zeros(len(taken))
    for block in blocks:
        patterns = block.patterns
        chosen = rng.random(len(taken))
        step = max(1, _AT_ONCE // (len(patterns) * max(1, len(block.levels))))
        for start in range(0, len(taken), step):
            rows = slice(start, start + step)
            inside = taken[rows]
            before = intake.log_relative(inside, block.doses, patterns)
            seen = before + _likelihood(given[rows], levels, block, inside, patterns)
            total = logsumexp(seen, axis=1)
            weight[rows] += total - logsumexp(before, axis=1)
            chance = np.exp(seen - np.where(np.isfinite(total), total, 0.0)[:, None])
            at = np.cumsum(chance, axis=1) < chosen[rows, None] * chance.sum(axis=1)[:, None]
            inside[:, block.doses] = patterns[np.minimum(at.sum(axis=1), len(patterns) - 1)]
    return taken, weight


def _likelihood(given: Floats, levels: Levels, block: Block, taken: Bits, patterns: Bits) -> Floats:
    """Log likelihood of a block's levels for each pattern, shape (N, M)."""
    found = np.zeros((len(given), len(patterns)))
    for level in block.levels:
        found += levels.log_likelihood(
            int(level), predictions(given, level, block, taken, patterns)
        )
    return found


def predictions(given: Floats, level: int, block: Block, taken: Bits, patterns: Bits) -> Floats:
    """Predictions of a level for each pattern of a block, the other doses as taken, (N, M)."""
    others = taken.copy()
    others[:, block.doses] = False
    base = (given[:, level] * others).sum(axis=1)
    own: Floats = base[:, None] + given[:, level][:, block.doses] @ patterns.T
    return own
