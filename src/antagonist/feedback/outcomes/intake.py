"""Which doses were in truth taken: drawn from what is known of each.

A sampler is an argument of the measures. This one takes each dose by itself; the posterior of a
patient's own model gives whole patterns through the same form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from antagonist.feedback.outcomes.course import Intake
from antagonist.feedback.outcomes.rules import intake_rules
from antagonist.foundation.data import near_match
from antagonist.foundation.errors import InputError

Floats = NDArray[np.float64]
Taken = NDArray[np.bool_]
Sampler = Callable[[Sequence[Intake], int, np.random.Generator], Taken]
"""From doses and a number of draws to who took what, shape (draws, doses)."""


def by_evidence(doses: Sequence[Intake], draws: int, rng: np.random.Generator) -> Taken:
    """Each dose by itself, from the range of its kind of evidence (data/intake.yaml)."""
    return drawn(intake_probabilities(doses, draws, rng), rng)


def intake_probabilities(doses: Sequence[Intake], draws: int, rng: np.random.Generator) -> Floats:
    """Probability that each dose was taken, shape (draws, doses).

    A kind's probability is drawn once for each draw, evenly from its range, and holds for all
    doses of the kind in it. Raises InputError for evidence that is not in the file.
    """
    known = intake_rules().evidence
    found = np.empty((draws, len(doses)))
    of_kind: dict[str, Floats] = {}
    for name in known:  # in the file's order, whatever doses there are
        of_kind[name] = rng.uniform(known[name].low, known[name].high, draws)
    for i, dose in enumerate(doses):
        if dose.evidence not in of_kind:
            raise InputError(
                "intake.yaml", "evidence", dose.evidence, near_match(dose.evidence, known)
            )
        found[:, i] = of_kind[dose.evidence]
    return found


def drawn(probabilities: Floats, rng: np.random.Generator) -> Taken:
    """Patterns of doses taken, each dose by itself. probabilities: shape (draws, doses)."""
    taken: Taken = rng.random(probabilities.shape) < probabilities
    return taken


def fixed(probabilities: Sequence[float]) -> Sampler:
    """A sampler of known probabilities, one for each dose.

    Raises InputError where their number is not that of the doses, or one is not from 0 to 1.
    """
    given = np.asarray(probabilities, dtype=float)
    if not ((given >= 0) & (given <= 1)).all():
        raise InputError("outcomes", "probabilities", list(probabilities), "each from 0 to 1")

    def sample(doses: Sequence[Intake], draws: int, rng: np.random.Generator) -> Taken:
        if len(doses) != len(given):
            raise InputError("outcomes", "probabilities", len(given), f"{len(doses)}, one a dose")
        return drawn(np.broadcast_to(given, (draws, len(given))), rng)

    return sample
