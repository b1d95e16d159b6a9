"""Where else to begin: points spread over the prior, the most promising of each subject."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np

from antagonist.pharmacology.estimation.batch import Batch
from antagonist.pharmacology.estimation.likelihood import evaluated_at_each
from antagonist.pharmacology.estimation.problem import Floats


@lru_cache(maxsize=32)
def spread(count: int, size: int) -> Floats:
    """Points spread evenly over a standard normal, shape (count, size), always the same.

    Source: the additive recurrence with the generalised golden ratio, x ** (size + 1) = x + 1
    (Roberts 2018, The unreasonable effectiveness of quasirandom sequences).
    """
    ratio = 2.0
    for _ in range(60):
        ratio = (1.0 + ratio) ** (1.0 / (size + 1))
    steps = ratio ** -np.arange(1.0, size + 1)
    places = (0.5 + np.arange(1, count + 1)[:, None] * steps) % 1.0
    normal = NormalDist()
    return np.array([[normal.inv_cdf(float(x)) for x in row] for row in places])


def promising(batch: Batch, tried: int, kept: int) -> list[Floats]:
    """The ``kept`` best of ``tried`` points for each subject, the best first; each (S, q)."""
    root = batch.problem.root
    points = spread(tried, len(root)) @ root.T
    each = np.broadcast_to(points[:, None], (tried, batch.subjects, len(root)))
    order = np.argsort(evaluated_at_each(batch, each)[0], axis=0, kind="stable")
    return [points[order[k]] for k in range(kept)]
