"""Which doses were taken, before any level: evidence of each dose, urine, pill counts.

The chance of a pattern x (0 or 1 for each dose) is a product over the doses, times the chance of
every pill count given how many of its doses were taken, times that of every urine result:
    negative: (1 - f) prod (1 - s_d) over doses taken in its window; positive: 1 - that.
Negatives change single doses; counts and positives tie doses together (``passes``). A positive
that is one of too many open at the same time is left out.
Source: Pearl 1988, Probabilistic Reasoning in Intelligent Systems, section 4.3 (several causes,
each enough).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from antagonist.feedback.own_model.known import Known
from antagonist.feedback.own_model.passes import (
    MOST_OPEN,
    Counted,
    Passes,
    Positive,
    backward,
    drawn,
    marginal,
)
from antagonist.feedback.own_model.weights import Counting, Urine, Weights
from antagonist.pharmacology.catalogue import formulations

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class Intake:
    """Chances of patterns of D doses.

    chance: of each dose from its own evidence and negative tests, shape (D,).
    stated: the same without the tests, shape (D,).
    """

    stated: Floats
    chance: Floats
    counted: tuple[Counted, ...]
    positive: tuple[Positive, ...]

    @cached_property
    def _passes(self) -> Passes:
        return backward(self.chance, self.counted, self.positive)

    @cached_property
    def marginal(self) -> Floats:
        """Chance that each dose was taken given all evidence but levels, shape (D,)."""
        return marginal(self.chance, self._passes)

    def drawn(self, count: int, rng: np.random.Generator) -> Bits:
        """Patterns drawn from their chances, shape (count, D)."""
        return drawn(self.chance, self._passes, count, rng)

    def log_relative(self, taken: Bits, block: Ints, patterns: Bits) -> Floats:
        """Log chances of patterns of a block with the other doses held, up to a constant.

        taken: (N, D), of which the block's columns do not count. block: places, (K,).
        patterns: (M, K). Returns shape (N, M).
        """
        p = np.clip(self.chance[block], 1e-300, 1 - 1e-16)
        chances: Floats = patterns.astype(float) @ (np.log(p) - np.log1p(-p)) + np.log1p(-p).sum()
        found: Floats = np.zeros((len(taken), len(patterns))) + chances
        place = {int(d): k for k, d in enumerate(block)}
        for counted in self.counted:
            inside = [place[int(d)] for d in counted.doses if int(d) in place]
            if inside:
                rest = taken[:, _without(counted.doses, place)].sum(axis=1)
                more = patterns[:, inside].sum(axis=1)
                found += np.log(counted.chance)[rest[:, None] + more]
        for test in self.positive:
            columns = [k for k, d in enumerate(test.doses) if int(d) in place]
            if columns:
                others = [k for k, d in enumerate(test.doses) if int(d) not in place]
                silent = np.log1p(-test.shows)
                rest_log = taken[:, test.doses[others]] @ silent[others]
                inside = [place[int(test.doses[k])] for k in columns]
                more_log = patterns[:, inside] @ silent[columns]
                missed = (1 - test.false_positive) * np.exp(rest_log[:, None] + more_log)
                found += np.log1p(-missed)
        return found

    def log_chance(self, patterns: Bits) -> Floats:
        """Log chances of whole patterns (M, D), up to a constant; shape (M,)."""
        everything = np.arange(len(self.chance))
        none = np.zeros((1, len(self.chance)), dtype=bool)
        found: Floats = self.log_relative(none, everything, patterns)[0]
        return found


def _without(doses: Ints, place: dict[int, int]) -> list[int]:
    return [int(d) for d in doses if int(d) not in place]


def intake_of(known: Known, weights: Weights) -> Intake:
    """The chances of what is known, its doses in order of time.

    Raises InputError for evidence that the weights do not name.
    """
    time_h = np.array([d.time_h for d in known.doses])
    stated = np.array([
        weights.chance(d.evidence) if d.chance is None else d.chance for d in known.doses
    ])  # fmt: skip
    oral = np.array([formulations()[d.product].route == "oral" for d in known.doses])
    chance = stated.copy()
    positive = []
    for test in known.urine:
        shows = _shows(weights.urine, test.time_h - time_h, oral)
        if test.positive:
            positive.append(_positive(shows, stated, weights.urine.false_positive))
        else:
            chance = chance * (1 - shows) / (1 - chance * shows)
    counted = [
        Counted(doses, _count_chances(weights.pill_count, len(doses), c.gone))
        for c in known.pill_counts
        if len(doses := np.flatnonzero((time_h >= c.from_h) & (time_h < c.until_h) & oral))
    ]
    return Intake(stated, chance, tuple(counted), _few_open(positive))


def _positive(shows: Floats, stated: Floats, false_positive: float) -> Positive:
    """A test of the doses that may have been taken; those that certainly were are no question."""
    certain = stated == 1
    doses = np.flatnonzero((shows > 0) & (stated > 0) & ~certain)
    silent = (1 - false_positive) * float(np.prod(1 - shows[certain]))
    return Positive(doses, shows[doses], 1 - silent)


def _few_open(tests: Sequence[Positive]) -> tuple[Positive, ...]:
    """Tests that a dose may bear on, without those that come while too many are open."""
    kept: list[Positive] = []
    for test in tests:
        if len(test.doses):
            open_ = sum(int(k.doses[-1]) >= int(test.doses[0]) for k in kept)
            kept += [test] * (open_ < MOST_OPEN)
    return tuple(kept)


def _shows(urine: Urine, age_h: Floats, oral: Bits) -> Floats:
    """Chance that each dose of an age makes a test positive, shape (D,)."""
    found = np.zeros(len(age_h))
    for rows, steps in ((oral, urine.oral), (~oral, urine.other)):
        until, chances = (np.array([s[n] for s in steps]) for n in (0, 1))
        at = np.searchsorted(until, age_h, side="left")
        inside = rows & (age_h > 0) & (at < len(until))
        found[inside] = chances[at[inside]]
    return found


def _count_chances(counting: Counting, doses: int, gone: int) -> Floats:
    beyond = [counting.beyond.get(gone - n, counting.any_other) for n in range(doses + 1)]
    return np.array(beyond)


def all_patterns(size: int) -> Bits:
    """Every pattern of so many doses, shape (2 ** size, size)."""
    return (np.arange(1 << size)[:, None] >> np.arange(size) & 1).astype(bool)


def questionable(intake: Intake) -> Bits:
    """Doses that may or may not have been taken, shape (D,)."""
    return (intake.marginal > 1e-6) & (intake.marginal < 1 - 1e-6)
