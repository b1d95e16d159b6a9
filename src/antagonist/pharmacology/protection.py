"""Until when: crossings of a threshold by every draw, and the times stated from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.results import StatedTime

Floats = NDArray[np.float64]


def first_fall(time_h: Floats, over: Floats) -> Floats:
    """First time at which a signal falls under its threshold, for each draw.

    time_h: shape (T,), h, increasing. over: shape (S, T), logarithm of signal over threshold.
    Returns shape (S,), h: the start where a draw is under it already, +inf where it never falls.
    Interpolated linearly on ``over``, which is exact for a single exponential.
    """
    under = over <= 0
    after = np.argmax(under, axis=1)
    rows, before = np.arange(len(over)), np.maximum(after - 1, 0)
    fall = over[rows, before] - over[rows, after]
    share = np.where(fall > 0, over[rows, before] / np.where(fall > 0, fall, 1.0), 0.0)
    at = time_h[before] + np.clip(share, 0.0, 1.0) * (time_h[after] - time_h[before])
    at = np.where(after == 0, time_h[0], at)
    return np.where(under.any(axis=1), at, np.inf)


@dataclass(frozen=True)
class Statement:
    """A time to state. percentile: of the crossing; the side that errs on caution."""

    name: str
    endpoint: str
    blocked_fraction: float
    percentile: float


def statements(
    endpoint: str, protected: float, blunted: tuple[str, float], danger: tuple[str, float]
) -> tuple[Statement, ...]:
    """The three times every answer states, each on its cautious side.

    protected: share of the effect blocked on ``endpoint``; blunted, danger: (endpoint, share).
    """
    return (
        Statement("protected_until_at_least", endpoint, protected, 5.0),
        Statement("opioids_may_be_blunted_until", *blunted, 95.0),
        Statement("overdose_danger_from", *danger, 5.0),
    )


def stated_time(statement: Statement, crossing_h: Floats, as_of_h: float) -> StatedTime:
    """The time a statement makes of the draws' crossings.

    crossing_h: shape (S,), h, as ``first_fall`` gives from as_of_h on.
    """
    kept = np.sort(crossing_h)
    position = statement.percentile / 100 * (len(kept) - 1)
    # whole ranks keep infinities and err to the cautious side
    rank = np.floor(position) if statement.percentile < 50 else np.ceil(position)
    at_h, middle_h = float(kept[int(rank)]), float(kept[(len(kept) - 1) // 2])
    state: Literal["at", "never", "beyond"] = "at"
    if at_h <= as_of_h:
        state = "never"
    elif not np.isfinite(at_h):
        state = "beyond"
    return StatedTime(
        name=statement.name,
        at_h=at_h if state == "at" else None,
        state=state,
        median_h=middle_h if np.isfinite(middle_h) and middle_h > as_of_h else None,
        share_over_now=float(np.mean(crossing_h > as_of_h)),
        endpoint=statement.endpoint,
        blocked_fraction=statement.blocked_fraction,
        percentile=statement.percentile,
    )


def share_of_time(over: Floats) -> Floats:
    """Share of an even time grid that each draw spends over its threshold, shape (S,).

    over: shape (S, T), positive where over.
    """
    result: Floats = np.mean(over > 0, axis=1)
    return result
