"""What half a year of doses costs the own model: docs/reference/calibration-own-model.md.

python benchmarks/own_model_long.py

Tablets by the patient's word, one a day, both levels at three visits spread over the course, a pill
count a month and a urine test a fortnight; simulated, then learnt. Seconds of processor time.
"""

from __future__ import annotations

from time import process_time

import numpy as np

from antagonist.feedback.own_model.known import Dose, Known, PillCount, UrineResult
from antagonist.feedback.own_model.model import own_model
from antagonist.feedback.own_model.simulated import asked, simulated
from antagonist.feedback.own_model.weights import weights
from antagonist.pharmacology.parameter_sets import parameter_set

LENGTHS = (10, 30, 90, 180, 360)
MONTH = 30


def course(days: int) -> Known:
    """So many days of reported tablets with evidence of all kinds."""
    doses = tuple(Dose(24.0 * n, 50.0, "oral_tablet", "reported") for n in range(days))
    visits = [24.0 * (days * share // 3 - 1) + 2.0 for share in (1, 2, 3)]
    counts = tuple(
        PillCount(
            24.0 * start, 24.0 * min(start + MONTH, days), round(0.7 * min(MONTH, days - start))
        )
        for start in range(0, days, MONTH)
    )
    urine = tuple(UrineResult(24.0 * n + 5.0, True) for n in range(13, days, 14))
    return Known(doses, tuple(x for h in visits for x in asked(h)), urine, counts)


def main() -> None:
    """Print the table."""
    print("| doses | seconds | effective sample | Pareto k |\n| --- | --- | --- | --- |")
    for days in LENGTHS:
        rng = np.random.default_rng(days)
        known = simulated(course(days), parameter_set(), weights(), rng).known
        own_model(known, misfit="ignore", draws=20)
        start_s = process_time()
        found = own_model(known).diagnostics
        seconds = process_time() - start_s
        print(f"| {days} | {seconds:.2f} | {found.ess:.0f} | {found.pareto_k:.2f} |")


if __name__ == "__main__":
    main()
