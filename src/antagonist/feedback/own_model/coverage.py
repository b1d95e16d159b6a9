"""Simulation-based calibration: simulated patients learnt, and where the truth lies among draws.

Source: Talts, Betancourt, Simpson, Vehtari and Gelman 2018, arXiv 1804.06788.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from antagonist.feedback.own_model.known import Dose, Known
from antagonist.feedback.own_model.model import OnMisfit, own_model, priors_of, solved
from antagonist.feedback.own_model.simulated import Truth, asked, simulated
from antagonist.feedback.own_model.weights import Weights, weights
from antagonist.pharmacology.ensemble import Ensemble
from antagonist.pharmacology.forecast import signals_of
from antagonist.pharmacology.parameter_sets import ParameterSet, parameter_set
from antagonist.pharmacology.settings import settings

Floats = NDArray[np.float64]
Case = Literal[
    "as_assumed", "assay_bias", "extra_doses", "from_slow_effect", "from_slow_both", "more_missed"
]
CASES: tuple[Case, ...] = (
    "as_assumed", "assay_bias", "extra_doses", "from_slow_effect", "from_slow_both", "more_missed",
)  # fmt: skip
PARAMETERS = ("CL", "V1", "F_oral", "CL6", "V6", "ka", "ke0", "K_mu")
DAYS, LATER_H = 14, 24.0
LEVELS_H = (98.0, 218.0, 316.0)
BIAS, EXTRA_H, LESS_TAKEN = 1.2, (12.0, 36.0), 0.4


@dataclass(frozen=True)
class Placed:
    """Where one patient's truth lies.

    below, equal: draws below the truth, and equal to it, of ``draws``; by quantity.
    chance, taken: of each dose, (D,). ess, pareto_k: of the posterior. misfits: levels flagged.
    """

    below: Mapping[str, int]
    equal: Mapping[str, int]
    draws: int
    chance: tuple[float, ...]
    taken: tuple[bool, ...]
    ess: float
    pareto_k: float
    misfits: int

    def rank(self, name: str, rng: np.random.Generator) -> float:
        """Share of draws below the truth, ties broken by chance, in 0..1."""
        ties = rng.integers(0, self.equal[name] + 1)
        return (self.below[name] + int(ties)) / self.draws


def asked_for() -> Known:
    """Two weeks of a tablet a day by the patient's word, three visits with both levels."""
    doses = [Dose(24.0 * n, 50.0, "oral_tablet", "reported") for n in range(DAYS)]
    return Known(tuple(doses), tuple(x for h in LEVELS_H for x in asked(h)))


def _truth(case: Case, rng: np.random.Generator) -> tuple[Truth, ParameterSet]:
    whole, data, known = parameter_set(), weights(), asked_for()
    ids = [f.structure.id for f in whole.fitted]
    if case == "assay_bias":
        return simulated(known, whole, data, rng, bias=BIAS), whole
    if case == "extra_doses":
        last = known.levels[-1].time_h
        extra = [Dose(last - h, 50.0, "oral_tablet", "given") for h in EXTRA_H]
        truth = simulated(replace(known, doses=(*known.doses, *extra)), whole, data, rng)
        return truth, whole
    if case == "more_missed":
        fewer = tuple(replace(d, chance=LESS_TAKEN) for d in known.doses)
        truth = simulated(replace(known, doses=fewer), whole, data, rng)
        return replace(truth, known=replace(truth.known, doses=known.doses)), whole
    if case == "as_assumed":
        return simulated(known, whole, data, rng), whole
    from_ = ids.index(case.removeprefix("from_"))
    others = [n for n in range(len(ids)) if (n != from_ if from_ == ids.index("slow_effect")
              else ids[n] == "slow_effect")]  # fmt: skip
    left = replace(whole, fitted=tuple(whole.fitted[n] for n in others))
    return simulated(known, whole, data, rng, structures=[from_]), left


def quantities(drawn: Ensemble, time_h: float) -> dict[str, Floats]:
    """What is looked at of every draw: parameters, blocked effect and level later; each (S,)."""
    seen = signals_of(drawn, settings().threshold, np.array([time_h]))
    found = {name: drawn.held[name][:, 0] for name in PARAMETERS}
    return found | {
        "blocked_subjective": seen["blocked_subjective"][:, 0],
        "conc_ntx": seen["conc_ntx"][:, 0],
        "conc_6bn": seen["conc_6bn"][:, 0],
    }


def placed(
    case: Case, seed: int, *, data: Weights | None = None, misfit: OnMisfit = "keep"
) -> Placed:
    """One simulated patient, learnt; the same for the same seed. data, misfit: as ``own_model``."""
    rng = np.random.default_rng([seed, CASES.index(case)])
    truth, parameters = _truth(case, rng)
    known = truth.known
    prior = priors_of(known, parameter_set())[truth.structure]
    own = {name: np.array([value]) for name, value in truth.phi.items()}
    later_h = known.levels[-1].time_h + LATER_H
    true = quantities(Ensemble((solved(prior, known, own, truth.taken[None]),)), later_h)
    learnt = replace(known, doses=tuple(d for d in known.doses if d.evidence != "given"))
    found = own_model(learnt, parameters=parameters, data=data, seed=seed, misfit=misfit)
    drawn = quantities(found.after, later_h)
    asked_of = [d.evidence != "given" for d in known.doses]
    return Placed(
        {n: int((v < true[n][0]).sum()) for n, v in drawn.items()},
        {n: int((v == true[n][0]).sum()) for n, v in drawn.items()},
        len(found.taken),
        tuple(d.after for d in found.intake),
        tuple(bool(x) for x in truth.taken[asked_of]),
        found.diagnostics.ess, found.diagnostics.pareto_k, len(found.diagnostics.misfits),
    )  # fmt: skip


def covered(ranks: Sequence[float], share: float = 0.9) -> float:
    """Share of truths inside the central interval."""
    at = np.asarray(ranks)
    return float(((at >= (1 - share) / 2) & (at <= (1 + share) / 2)).mean())
