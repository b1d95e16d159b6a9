"""How long a course goes on acting after a moment: exact ends, looked for from the right point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from antagonist.pharmacology.ensemble import Ensemble
from antagonist.pharmacology.forecast import crossings_h, lines_of
from antagonist.pharmacology.protection import Statement
from antagonist.pharmacology.results import Threshold
from antagonist.planning.response import Floats

BLUNTED = "opioids_may_be_blunted_until"
# Hours looked at for the highest point: each of them while a dose by mouth still rises, then fewer,
# since a depot's peaks last for days. The end that is looked for after it is exact.
_RISING_H, _STEP_H = 48.0, 6.0


def lasting_h(drawn: Ensemble, line: Floats, dose_h: float, after_h: Floats) -> Floats:
    """How long each draw stays over its line: from a dose to the fall after the highest point.

    line: mu-receptor odds, shape (S, 1). after_h: hours after dose_h at which the highest point
    is looked for, the last of them how far its fall is. Returns shape (S,), h: 0 where the line
    is not reached, +inf where not left.
    """
    odds = drawn.signal("mu_odds", dose_h + after_h)
    peak_h = dose_h + after_h[odds.argmax(axis=1)]
    ends_h = drawn.falls_after_h(line, peak_h, dose_h + float(after_h[-1]))
    return np.where(odds.max(axis=1) > line[:, 0], ends_h - dose_h, 0.0)


def ends_h(
    drawn: Ensemble, threshold: Threshold, told: Sequence[Statement],
    last_h: float, from_h: float, until_h: float,
) -> Floats:  # fmt: skip
    """When what each statement says ends in each draw, from an hour on, shape (S, statements).

    last_h: of the last dose. 'May be blunted until' is looked for after the highest point to come:
    just after a dose its effect has not set in, and would else count as over.
    """
    blunted = np.array([statement.name == BLUNTED for statement in told])
    plain = [statement for statement in told if statement.name != BLUNTED]
    found: Floats = np.empty((len(drawn.held["K_mu"]), len(told)))
    if plain:
        found[:, ~blunted] = crossings_h(drawn, threshold, plain, from_h, until_h)
    after_h = _looked_at_h(max(last_h - from_h, 0.0), until_h - from_h)
    for n, statement in enumerate(told):
        if statement.name == BLUNTED:
            line = lines_of(drawn, threshold, [statement])
            found[:, n] = from_h + lasting_h(drawn, line, from_h, after_h)
    return found


def _looked_at_h(last_h: float, length_h: float) -> Floats:
    """Hours from 0 to length_h at which the highest point is looked for. last_h: last dose."""
    rising_h = min(last_h + _RISING_H, length_h)
    hourly = np.linspace(0.0, rising_h, int(np.ceil(rising_h)) + 1)
    rest = np.linspace(rising_h, length_h, int(np.ceil((length_h - rising_h) / _STEP_H)) + 1)
    return np.concatenate([hourly, rest[1:]])
