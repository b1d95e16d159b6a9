"""The patient's own model: one full posterior, and the most probable parameters of many patients.

The course: a tablet a day for two weeks by the patient's word, both levels on three days.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter

import numpy as np

from antagonist.feedback.own_model.coverage import LEVELS_H, asked_for
from antagonist.feedback.own_model.known import Known
from antagonist.feedback.own_model.levels import contributions, levels_of
from antagonist.feedback.own_model.model import own_model, priors_of
from antagonist.feedback.own_model.prior import Prior
from antagonist.feedback.own_model.proposals import history
from antagonist.feedback.own_model.simulated import simulated
from antagonist.feedback.own_model.weights import weights
from antagonist.pharmacology.estimation.batch import batch_of
from antagonist.pharmacology.estimation.estimate import map_estimate
from antagonist.pharmacology.estimation.problem import History
from antagonist.pharmacology.parameter_sets import parameter_set

PATIENTS = 10_000
STRUCTURE = "slow_both"
RUNS = 5
MISSED = 0.1


def measured(patients: int = PATIENTS) -> dict[str, float]:
    """A full posterior of one patient, and estimates of many; by name, whose end is the unit."""
    return posterior_figures() | many_figures(patients)


def posterior_figures(seed: int = 3) -> dict[str, float]:
    """One simulated patient: median time warm, look for misfits included, and its diagnostics."""
    known = simulated(asked_for(), parameter_set(), weights(), np.random.default_rng(seed)).known
    found = own_model(known)
    taken = []
    for _ in range(RUNS):
        start_s = perf_counter()
        found = own_model(known)
        taken.append(perf_counter() - start_s)
    seen = found.diagnostics
    return {
        "posterior_s": median(taken), "posterior_draws": seen.proposals,
        "posterior_effective_draws": seen.ess, "posterior_pareto_k": seen.pareto_k,
    }  # fmt: skip


def many_figures(patients: int) -> dict[str, float]:
    """From histories to checked estimates of patients with doses and levels of their own."""
    prior, histories = own_patients(patients)
    map_estimate(prior.problem, histories[:100], starts=0)
    start_s = perf_counter()
    found = map_estimate(prior.problem, batch_of(prior.problem, histories), starts=0)
    seconds = perf_counter() - start_s
    return {
        f"map_of_{patients}_s": seconds, "map_random_effects": len(prior.names),
        "map_levels": 2 * len(LEVELS_H), "map_converged_share": float(found.converged.mean()),
    }  # fmt: skip


def own_patients(patients: int, seed: int = 1) -> tuple[Prior, list[History]]:
    """Patients of one structure, each with doses missed and levels of its own."""
    known: Known = asked_for()
    ids = [f.structure.id for f in parameter_set().fitted]
    prior = priors_of(known, parameter_set())[ids.index(STRUCTURE)]
    rng, levels = np.random.default_rng(seed), levels_of(known.levels, weights())
    eta = rng.standard_normal((patients, len(prior.names))) @ prior.root.T
    given = contributions(prior, prior.phi(eta), known, levels)
    taken = (rng.random((patients, given.shape[2])) >= MISSED).astype(float)
    true = np.einsum("nld,nd->nl", given, taken)
    sd = np.sqrt(levels.additive**2 + (levels.cv * true) ** 2)
    value = true + sd * rng.standard_normal(true.shape)
    found = []
    for n in range(patients):
        own = levels.with_values(np.maximum(value[n], 0.1), value[n] < 0.1)
        found.append(history(known, own, taken[n], str(n)))
    return prior, found
