"""Blocks of patterns against every pattern: docs/reference/calibration-own-model.md.

python benchmarks/own_model_patterns.py

Courses of 12 reported tablets with six levels and a pill count, simulated. For the parameters that
each was drawn with, the chance that each dose was taken by 3,000 draws of blocks is set against the
sum over all 4,096 patterns.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from antagonist.feedback.own_model.blocks import blocks_of, imputed, shares
from antagonist.feedback.own_model.intake import all_patterns, intake_of
from antagonist.feedback.own_model.known import Dose, Known, PillCount
from antagonist.feedback.own_model.levels import contributions, levels_of
from antagonist.feedback.own_model.model import priors_of
from antagonist.feedback.own_model.simulated import asked, simulated
from antagonist.feedback.own_model.weights import weights
from antagonist.pharmacology.parameter_sets import parameter_set

DOSES, DRAWS, COURSES = 12, 3_000, 60
SETTINGS = ((0.01, 9), (0.01, 4), (0.05, 9))
VISITS_H = (74.0, 170.0, 266.0)


def errors(least_share: float, most: int) -> tuple[list[float], list[float], list[float]]:
    """Of each course: largest error of a chance, that of the log of the sum, effective draws."""
    chance, total, effective = [], [], []
    doses = tuple(Dose(24.0 * n, 50.0, "oral_tablet", "reported") for n in range(DOSES))
    plain = Known(doses, tuple(x for h in VISITS_H for x in asked(h)),
                  pill_counts=(PillCount(0.0, 200.0, 6),))  # fmt: skip
    patterns = all_patterns(DOSES)
    for seed in range(COURSES):
        rng = np.random.default_rng(seed)
        truth = simulated(plain, parameter_set(), weights(), rng)
        prior = priors_of(truth.known, parameter_set())[truth.structure]
        levels, intake = levels_of(truth.known.levels, weights()), intake_of(truth.known, weights())
        phi = {name: np.array([value]) for name, value in truth.phi.items()}
        given = contributions(prior, phi, truth.known, levels)
        before = intake.log_chance(patterns)
        seen = before - logsumexp(before)
        for n in range(len(levels.value)):
            seen = seen + levels.log_likelihood(n, patterns @ given[0, n])
        exact = np.exp(seen - logsumexp(seen)) @ patterns
        dose_h = np.array([d.time_h for d in doses])
        blocks = blocks_of(
            shares(given), levels.time_h, dose_h, intake, least_share=least_share, most=most
        )
        many = np.repeat(given, DRAWS, axis=0)
        taken, logs = imputed(many, levels, blocks, intake, intake.drawn(DRAWS, rng), rng)
        weight = np.exp(logs - logsumexp(logs))
        chance.append(float(np.abs(weight @ taken - exact).max()))
        total.append(float(abs(logsumexp(logs) - np.log(DRAWS) - logsumexp(seen))))
        effective.append(float(1.0 / (weight**2).sum()))
    return chance, total, effective


def main() -> None:
    """Print the table."""
    print("| share of a level | doses of a block | P(taken): mean of largest error | worst | "
          "log of the sum: worst | effective draws, median |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- |")
    for least_share, most in SETTINGS:
        chance, total, effective = errors(least_share, most)
        print(f"| {least_share:.0%} | {most} | {np.mean(chance):.4f} | {max(chance):.4f} | "
              f"{max(total):.3f} | {np.median(effective):.0f} |")  # fmt: skip


if __name__ == "__main__":
    main()
