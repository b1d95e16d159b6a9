"""Until when: crossings of a threshold by every draw, and the times stated from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.results import StatedTime

Floats = NDArray[np.float64]


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

    crossing_h: shape (S,), h, as ``Ensemble.falls_h`` gives from as_of_h on.
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
