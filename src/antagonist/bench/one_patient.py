"""One patient's forecast: the 26 weeks of the common work, with everything uncertain drawn."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from antagonist.bench.work import HORIZON_H, PRODUCT, planned_doses
from antagonist.pharmacology.dosing.records import Course, EventRecord, Subject
from antagonist.pharmacology.forecast import simulate
from antagonist.pharmacology.settings import settings

DRAWS = 500
RUNS = 7


def course() -> Course:
    """The course, seen from its middle."""
    time_h, dose_mg = planned_doses()
    pairs = zip(time_h[0], dose_mg[0], strict=True)
    records = tuple(EventRecord(float(t), 1, float(mg), product=PRODUCT) for t, mg in pairs)
    return Course("26 weeks", Subject("bench", records), HORIZON_H / 2, HORIZON_H, "Europe/Berlin")


def milliseconds(draws: int = DRAWS) -> float:
    """Median time of a warm forecast of every hour with its bands and stated times, ms."""
    asked, chosen = course(), settings(draws=draws)
    simulate(asked, chosen)
    taken = []
    for _ in range(RUNS):
        start_s = perf_counter()
        simulate(asked, chosen)
        taken.append(perf_counter() - start_s)
    return 1e3 * median(taken)
