"""Share of time protected when doses are missed: drawn, each dose by itself (Monte Carlo).

Each drawn patient has missed doses of their own; a dose taken at the clinic is taken surely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import ceil

import numpy as np
from numpy.typing import NDArray

from antagonist.planning.compare import share_over
from antagonist.planning.regimens import DAY_H
from antagonist.planning.response import Floats, HourDose, Response, over_line, summed

WEEK_DAYS = 7
# A whole number of cycles of 1, 2, 3, 7 and 28 days, each begun on a Monday somewhere in it.
SEEN_DAYS = 84
Pattern = tuple[float, ...]  # mg on each day of the week, Monday first
_DAY = int(DAY_H)
_WEEK = WEEK_DAYS * _DAY
# Screening of patterns is coarser than the figures shown: those are worked out again.
_WORLDS, _STEP_H, _MEMORY_WEEKS = 8, 2, 6
_CHUNK = 256


def course(doses: Sequence[tuple[int, float]], cycle_days: int, run_in_days: int) -> list[HourDose]:
    """Doses from whole cycles of run-in to the end of the days that are looked at.

    doses: day of the cycle and mg. Hour 0 is a Monday, and the start of what is looked at.
    """
    before = ceil(run_in_days / (cycle_days * WEEK_DAYS)) * WEEK_DAYS
    return [
        ((n * cycle_days + day - 1) * _DAY, mg)
        for n in range(-before, ceil(SEEN_DAYS / cycle_days))
        for day, mg in doses
        if n * cycle_days + day - 1 < SEEN_DAYS
    ]


def is_supervised(hour: int, weekdays: frozenset[int]) -> bool:
    """Whether an hour of a course lies on one of some weekdays (0 = Monday)."""
    return hour // _DAY % WEEK_DAYS in weekdays


def protected_shares(
    unit: Response,
    doses: Sequence[HourDose],
    until_h: int,
    adherence: float,
    sure: Sequence[bool],
    rng: np.random.Generator,
) -> Floats:
    """Share of hours 0 to until_h that each draw is protected, shape (S,).

    sure: which doses are taken surely; the others with chance ``adherence``, each by itself.
    """
    chances = np.where(np.asarray(sure), 1.0, adherence)
    taken = rng.random((len(unit.odds_per_mg), len(doses))) < chances
    odds = summed(unit, doses, 0, until_h, taken)
    return share_over(np.arange(until_h + 1.0), over_line(unit, odds))


def patterns(sizes_mg: Sequence[float], *, rotations: bool) -> tuple[Pattern, ...]:
    """Every week of doses of some sizes, one at least.

    rotations: whether patterns that differ only in the day they begin are all kept.
    """
    every = product((0.0, *sorted(sizes_mg)), repeat=WEEK_DAYS)
    return tuple(p for p in every if any(p) and (rotations or p == max(rotated(p))))


def rotated(pattern: Pattern) -> list[Pattern]:
    """A week begun on each of its days."""
    return [pattern[i:] + pattern[:i] for i in range(len(pattern))]


def kept_shares(
    unit: Response,
    weeks: Sequence[Pattern],
    adherence: float,
    supervised: frozenset[int],
    percentile: float,
    rng: np.random.Generator,
) -> Floats:
    """Share of time protected at a percentile over draws, for each pattern; shape (patterns,).

    By superposition: each weekday's dose of 1 mg is solved once with its missed weeks, and every
    pattern is a weighted sum of the seven. Coarse: for choosing, not for showing.
    """
    basis = _basis(unit, adherence, supervised, rng)
    amounts = np.asarray(weeks, dtype=np.float32)
    draws = len(unit.odds_per_mg)
    found = np.empty(len(amounts))
    for part in _chunks(len(amounts)):
        over = (amounts[part] @ basis) > 1.0
        shares = over.reshape(len(over), draws, -1).mean(axis=2)
        found[part] = np.percentile(shares, percentile, axis=1)
    return found


def _chunks(count: int) -> Iterator[slice]:
    return (slice(i, i + _CHUNK) for i in range(0, count, _CHUNK))


def _basis(
    unit: Response, adherence: float, supervised: frozenset[int], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Odds over the line of 1 mg on each weekday, shape (7, draws x weeks x hours)."""
    scaled, hours = unit.odds_per_mg / unit.line, np.arange(0, _WEEK, _STEP_H)
    rows = []
    for day in range(WEEK_DAYS):
        after_h = hours + np.arange(_MEMORY_WEEKS + 1)[:, None] * _WEEK - day * _DAY
        known = (after_h >= 0) & (after_h <= unit.span_h)
        parts = np.where(known, scaled[:, np.clip(after_h, 0, unit.span_h)], 0.0)
        chance = 1.0 if day in supervised else adherence
        taken = rng.random((len(scaled), _WORLDS, _MEMORY_WEEKS + 1)) < chance
        rows.append((taken.astype(float) @ parts).astype(np.float32).reshape(-1))
    return np.stack(rows)
