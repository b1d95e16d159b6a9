"""The common work that is timed: half a year of tablets, three a week, for many subjects.

Monday and Wednesday 100 mg, Friday 150 mg, for 26 weeks; hour 0 is the first Monday, 08:00.
Subjects are drawn from the calibrated set with everything that is uncertain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.built import Assembly
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.kernel import Solution, solve
from antagonist.pharmacology.kernel.parallel import in_blocks
from antagonist.pharmacology.models import Structure
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.population import Population, assembly_of, jumps_for
from antagonist.pharmacology.receptors import antagonist_odds, odds_weights
from antagonist.pharmacology.responses import odds_that_block
from antagonist.pharmacology.settings import defaults
from antagonist.pharmacology.subjects import Include, definitions, draw_phi, values_of

Floats = NDArray[np.float64]
STRUCTURE = "slow_both"
PRODUCT = "oral_tablet"
WEEKS = 26
WEEK_H = 168.0
HORIZON_H = WEEKS * WEEK_H
WEEK_DOSES_H_MG = ((0.0, 100.0), (48.0, 100.0), (96.0, 150.0))
JITTER_H = 2.0  # own schedules: how far a dose may be from its planned hour
MISSED_SHARE = 0.1  # own schedules: doses not taken
CLINICAL_BLOCKED = 0.8  # share of the challenge's effect that is blocked at "clinical"
LOW_SHARE = 0.05  # of the clinical threshold: most subjects cross it once, upwards
_BLOCK = 2_000  # subjects solved at a time for their thresholds


@dataclass(frozen=True)
class Work:
    """N subjects with their doses and the odds to be above.

    values: every parameter of structure and product, each of shape (N, 1).
    dose_time_h, dose_mg: hours and stated mg, shape (1, 78) where all share a schedule, else
        (N, 78); a missed dose has 0 mg.
    thresholds: name -> mu-receptor odds of each subject, shape (N,).
    """

    structure: Structure
    values: Mapping[str, Floats]
    dose_time_h: Floats
    dose_mg: Floats
    thresholds: Mapping[str, Floats]

    @property
    def subjects(self) -> int:
        """Number of subjects."""
        return len(next(iter(self.values.values())))

    @property
    def start_h(self) -> float:
        """Hour at which nothing has been taken yet: 0, or the earliest dose before it."""
        return min(0.0, float(self.dose_time_h.min()))

    def part(self, which: slice) -> Work:
        """The work of some of the subjects."""
        shared = len(self.dose_time_h) == 1
        return replace(
            self,
            values={name: value[which] for name, value in self.values.items()},
            dose_time_h=self.dose_time_h if shared else self.dose_time_h[which],
            dose_mg=self.dose_mg if shared else self.dose_mg[which],
            thresholds={name: value[which] for name, value in self.thresholds.items()},
        )


def hours() -> Floats:
    """The hourly grid over the 26 weeks, both ends included, shape (4369,), h."""
    return np.arange(HORIZON_H + 1)


def planned_doses() -> tuple[Floats, Floats]:
    """Hours and stated mg of the 78 doses as planned, each of shape (1, 78)."""
    weeks_h = WEEK_H * np.arange(WEEKS)[:, None]
    week_h, week_mg = np.array(WEEK_DOSES_H_MG).T
    return (weeks_h + week_h).reshape(1, -1), np.tile(week_mg, WEEKS)[None]


def own_doses(subjects: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Each subject's actual hours and mg, each of shape (N, 78): early, late, or missed (0 mg)."""
    time_h, dose_mg = planned_doses()
    shape = (subjects, time_h.shape[1])
    taken = rng.random(shape) >= MISSED_SHARE
    return time_h + rng.uniform(-JITTER_H, JITTER_H, shape), dose_mg * taken


def drawn_subjects(subjects: int, rng: np.random.Generator) -> tuple[Structure, dict[str, Floats]]:
    """The structure and parameters of subjects of the calibrated set, each of shape (N, 1)."""
    fitted = next(f for f in parameter_set().fitted if f.structure.id == STRUCTURE)
    known = definitions(fitted.structure, {PRODUCT: formulations()[PRODUCT]})
    phi = draw_phi(fitted.structure, known, fitted.estimates, subjects, rng, Include())
    return fitted.structure, values_of(fitted.structure, known, phi)


def common_work(subjects: int, *, seed: int = 1, own_schedules: bool = False) -> Work:
    """The work of ``subjects`` drawn subjects.

    own_schedules: each takes the doses at hours of their own and misses some; the subjects and
        their thresholds are those of the shared schedule of the same seed.
    Thresholds, in odds at the mu receptor: ``clinical`` blocks 80 % of the default challenge
    (25 mg of heroin iv) on the default endpoint; ``low`` is well under it, so few cross it more
    than once; ``high`` lies halfway, on the log scale, between the highest trough and the lowest
    peak of the subject's last week as planned, so every dose crosses it twice.
    Raises ValueError for fewer than one subject.
    """
    if subjects < 1:
        raise ValueError(f"{subjects} subjects: at least 1 is needed")
    structure, values = drawn_subjects(subjects, np.random.default_rng([seed, 0]))
    planned = Work(structure, values, *planned_doses(), {})
    challenge = defaults().threshold
    block = odds_that_block(CLINICAL_BLOCKED, challenge.dose_mg, values, challenge.endpoint)
    clinical = block[:, 0]
    parts = [planned.part(which) for which in in_blocks(subjects, _BLOCK)]
    high = np.concatenate([_middle_of_last_week(part) for part in parts])
    work = replace(
        planned, thresholds={"clinical": clinical, "low": LOW_SHARE * clinical, "high": high}
    )
    if not own_schedules:
        return work
    time_h, dose_mg = own_doses(subjects, np.random.default_rng([seed, 1]))
    return replace(work, dose_time_h=time_h, dose_mg=dose_mg)


def _middle_of_last_week(work: Work) -> Floats:
    """The odds that every dose of the last week crosses twice, shape (N,)."""
    starts_h = [HORIZON_H - WEEK_H + at_h for at_h, _ in WEEK_DOSES_H_MG]
    ends_h = [*starts_h[1:], HORIZON_H]
    solution = solved(work)
    pairs = zip(starts_h, ends_h, strict=True)
    odds = [odds_at(work, solution, np.arange(a, b + 1)) for a, b in pairs]
    peak = np.min([seen.max(axis=1) for seen in odds], axis=0)
    trough = np.max([seen[:, [0, -1]].max(axis=1) for seen in odds], axis=0)
    found: Floats = np.sqrt(peak * trough)
    return found


def population_of(work: Work) -> Population:
    """The work's subjects with their doses."""
    return Population(work.structure, work.values, PRODUCT, work.dose_time_h, work.dose_mg)


def solved(work: Work) -> Solution:
    """The engine's solution of the work."""
    population = population_of(work)
    assembly = assembly_of(population)
    return solve(assembly.system, jumps_for(population, assembly), start_h=work.start_h)


def odds_at(work: Work, solution: Solution, time_h: Floats) -> Floats:
    """The engine's mu-receptor odds, shape (N, T). time_h: shape (T,), h."""
    seen, names = solution.at(time_h), list(work.structure.outputs)
    ntx, metabolite = (seen[:, names.index(name)] for name in ("effect_ntx", "effect_6bn"))
    return antagonist_odds(ntx, metabolite, work.values)


def odds_rows(work: Work, assembly: Assembly) -> Floats:
    """Row that turns a state into mu-receptor odds, shape (N, m): odds = row @ state."""
    weights = odds_weights(work.values, assembly.outputs, work.values["K_mu"])
    rows: Floats = np.einsum("so,som->sm", weights, assembly.system.outputs[:, 0])
    return rows
