"""The patient's own model: what levels and evidence of intake make of a new patient's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from antagonist.feedback.own_model.intake import Intake, intake_of, questionable
from antagonist.feedback.own_model.known import Dose, Known, checked
from antagonist.feedback.own_model.levels import Levels, levels_of, subject_of
from antagonist.feedback.own_model.misfit import Learn, misfit_tails
from antagonist.feedback.own_model.prior import Prior, prior_of
from antagonist.feedback.own_model.sampling import Posterior, posterior
from antagonist.feedback.own_model.weights import Reckoning, Weights, weights
from antagonist.pharmacology.catalogue import products_of
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.ensemble import Ensemble, counts, scene_of
from antagonist.pharmacology.parameter_sets import ParameterSet, parameter_set
from antagonist.pharmacology.signals import Scene

Floats = NDArray[np.float64]
Bits = NDArray[np.bool_]
Method = Literal["importance", "prior"]
OnMisfit = Literal["leave_out", "keep", "ignore"]
_SHOWN_PATTERNS = 5


@dataclass(frozen=True)
class DoseTaken:
    """Chances that one dose was taken.

    stated: by its own evidence. before: with urine and counts. after: with the levels too.
    told: whether a level tells of it.
    """

    dose: Dose
    stated: float
    before: float
    after: float
    told: bool


@dataclass(frozen=True)
class Pattern:
    """Doses not taken (their places) among those that levels tell of, and its chance."""

    missed: tuple[int, ...]
    chance: float


@dataclass(frozen=True)
class StructureFit:
    """One structure: its share before and after, the most probable parameters.

    names: parameters that levels depend on. eta, sd: on the transformed scale, from the prior's
    mean, (q,); covariance: Laplace's, (q, q). patterns: tried.
    """

    structure: str
    before: float
    after: float
    names: tuple[str, ...]
    eta: Floats
    covariance: Floats
    converged: bool
    patterns: int


@dataclass(frozen=True)
class Misfit:
    """A level that fits no pattern. level: its place. tail: its chance given all else."""

    level: int
    tail: float
    left_out: bool


@dataclass(frozen=True)
class Diagnostics:
    """How far the draws are to be trusted.

    method: ``prior`` where no level was learnt from. ess: effective sample size of ``proposals``.
    pareto_k: of the largest weights; above 0.7 they are not to be trusted.
    warnings: keys of words that the interfaces have.
    """

    method: Method
    proposals: int
    ess: float
    pareto_k: float
    log_evidence: float
    misfits: tuple[Misfit, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Drawn:
    """Draws of one structure. phi: every parameter on its transformed scale, each (S,)."""

    prior: Prior
    phi: Mapping[str, Floats] = field(repr=False)


@dataclass(frozen=True)
class OwnModel:
    """A patient before and after what was learnt, each as draws of equal weight.

    intake: chances of every dose, in order of time. patterns: most probable first.
    fit: of each structure. taken: pattern of every draw of ``after``, (S, D).
    drawn_before, drawn_after: parameters of the draws, a structure for each scene.
    """

    known: Known
    before: Ensemble
    after: Ensemble
    intake: tuple[DoseTaken, ...]
    patterns: tuple[Pattern, ...]
    fit: tuple[StructureFit, ...]
    diagnostics: Diagnostics
    taken: Bits = field(repr=False)
    drawn_before: tuple[Drawn, ...]
    drawn_after: tuple[Drawn, ...]


def own_model(
    known: Known,
    *,
    parameters: ParameterSet | None = None,
    data: Weights | None = None,
    draws: int | None = None,
    seed: int = 1,
    misfit: OnMisfit = "leave_out",
) -> OwnModel:
    """Learn a patient from what is known.

    parameters: default set. data: chances, errors and effort, default the package's. draws: of
    both ensembles. seed: the same bytes for the same seed. misfit: what becomes of a level that
    fits no pattern; ``keep`` says so and learns from it, ``ignore`` does not look.
    Raises InputError for input that is not allowed and products that cannot be simulated.
    """
    known, data = checked(known), data or weights()
    parameters = parameters or parameter_set()
    streams = np.random.SeedSequence(seed).spawn(3)
    rng = [np.random.default_rng(s) for s in streams]
    priors, intake = priors_of(known, parameters), intake_of(known, data)
    levels, how = levels_of(known.levels, data), data.reckoning
    count = how.draws if draws is None else draws
    before, drawn_before = _before(priors, known, intake, parameters, count, rng[0])

    def learn(some: Levels, *, roughly: bool = False) -> Posterior:
        # The same numbers for each set of levels: what differs is what the levels say.
        work = how.rough if roughly else how
        return posterior(priors, known, some, intake, work, np.random.default_rng(streams[1]))

    found = learn(levels)
    misfits: tuple[Misfit, ...] = ()
    if misfit != "ignore" and len(known.levels):
        found, misfits = _fitting(learn, found, known, levels, how, misfit)
    places = found.resampled(count, rng[2])
    after, taken, drawn_after = _after(found, known, places, rng[2])
    return OwnModel(
        known, before, after, _intake(known, intake, found), _patterns(known, intake, found),
        _fits(priors, found), _diagnostics(found, misfits, how), taken,
        drawn_before, drawn_after,
    )  # fmt: skip


def _fitting(
    learn: Learn, found: Posterior, known: Known, levels: Levels,
    how: Reckoning, misfit: OnMisfit,
) -> tuple[Posterior, tuple[Misfit, ...]]:  # fmt: skip
    """The posterior from the levels that fit a pattern, and those that fit none, worst first."""
    rows, misfits = np.arange(len(levels.value)), []
    while len(rows):
        tails = misfit_tails(learn, found, known, levels.part(rows))
        worst = int(np.argmin(tails))
        if tails[worst] >= how.misfit_tail:
            break
        if misfit == "keep":
            misfits = [Misfit(int(rows[n]), float(tails[n]), left_out=False)
                       for n in np.argsort(tails) if tails[n] < how.misfit_tail]  # fmt: skip
            break
        misfits.append(Misfit(int(rows[worst]), float(tails[worst]), left_out=True))
        rows = np.delete(rows, worst)
        found = learn(levels.part(rows))
    return found, tuple(misfits)


def _diagnostics(found: Posterior, misfits: tuple[Misfit, ...], how: Reckoning) -> Diagnostics:
    warnings = []
    if found.pareto_k > how.worst_pareto_k:
        warnings.append("pareto_k")
    if found.ess < how.least_ess:
        warnings.append("few_draws")
    if misfits:
        warnings.append("misfit")
    method: Method = "importance" if any(found.blocks) else "prior"
    return Diagnostics(
        method, len(found.weight), found.ess, found.pareto_k, found.log_evidence, misfits,
        tuple(warnings),
    )  # fmt: skip


def priors_of(known: Known, parameters: ParameterSet) -> tuple[Prior, ...]:
    """The prior of every structure of the set for a patient."""
    records = [EventRecord(d.time_h, 1, amt_mg=d.dose_mg, product=d.product) for d in known.doses]
    products, subject = products_of(records), subject_of(known)
    return tuple(prior_of(part, products, subject) for part in parameters.fitted)


def solved(prior: Prior, known: Known, phi: Mapping[str, Floats], taken: Bits) -> Scene:
    """A scene of draws of one structure, each with its own doses taken. taken: (N, D)."""
    # The jumps take amounts of shape (N,) where a record states one number.
    records = tuple(
        EventRecord(d.time_h, 1, amt_mg=cast(float, d.dose_mg * taken[:, n]), product=d.product)
        for n, d in enumerate(known.doses)
        if taken[:, n].any()
    )
    # doses that nobody took count for where it begins
    return scene_of(
        prior.structure,
        phi,
        subject_of(known, records),
        products=prior.products,
        start_h=min((0.0, *(d.time_h for d in known.doses))),
    )


def _before(
    priors: Sequence[Prior], known: Known, intake: Intake, parameters: ParameterSet, count: int,
    rng: np.random.Generator,
) -> tuple[Ensemble, tuple[Drawn, ...]]:  # fmt: skip
    scenes, drawn = [], []
    for prior, own in zip(priors, counts(parameters.fitted, count), strict=True):
        eta = rng.standard_normal((own, len(prior.names))) @ prior.root.T
        drawn.append(Drawn(prior, prior.phi(eta, rng)))
        scenes.append(solved(prior, known, drawn[-1].phi, intake.drawn(own, rng)))
    return Ensemble(tuple(scenes)), tuple(drawn)


def _after(
    found: Posterior, known: Known, places: Sequence[NDArray[np.intp]], rng: np.random.Generator
) -> tuple[Ensemble, Bits, tuple[Drawn, ...]]:
    scenes, patterns, drawn = [], [], []
    for draws, rows in zip(found.draws, places, strict=True):
        if len(rows):
            taken = draws.taken[rows]
            drawn.append(Drawn(draws.prior, draws.prior.phi(draws.eta[rows], rng)))
            scenes.append(solved(draws.prior, known, drawn[-1].phi, taken))
            patterns.append(taken)
    return Ensemble(tuple(scenes)), np.concatenate(patterns), tuple(drawn)


def _told(found: Posterior, doses: int) -> Bits:
    told = np.zeros(doses, dtype=bool)
    for blocks in found.blocks:
        for block in blocks:
            told[block.doses] = True
    return told


def _intake(known: Known, intake: Intake, found: Posterior) -> tuple[DoseTaken, ...]:
    after, told = found.weight @ found.taken, _told(found, len(known.doses))
    return tuple(
        DoseTaken(dose, float(intake.stated[n]), float(intake.marginal[n]),
                  float(min(max(after[n], 0.0), 1.0)), bool(told[n]))
        for n, dose in enumerate(known.doses)
    )  # fmt: skip


def _patterns(known: Known, intake: Intake, found: Posterior) -> tuple[Pattern, ...]:
    told = np.flatnonzero(_told(found, len(known.doses)) & questionable(intake))
    rows, place = np.unique(found.taken[:, told], axis=0, return_inverse=True)
    chance = np.bincount(place.ravel(), weights=found.weight, minlength=len(rows))
    best = np.argsort(-chance, kind="stable")[:_SHOWN_PATTERNS]
    return tuple(Pattern(tuple(int(d) for d in told[~rows[i]]), float(chance[i])) for i in best)


def _fits(priors: Sequence[Prior], found: Posterior) -> tuple[StructureFit, ...]:
    fits = []
    for prior, peaks, share in zip(priors, found.peaks, found.shares, strict=True):
        best = int(np.argmax(peaks.log_weight))
        fits.append(StructureFit(
            prior.structure.id, prior.share / sum(p.share for p in priors), float(share),
            prior.names, peaks.eta[best], peaks.covariance[best], bool(peaks.converged[best]),
            len(peaks.eta),
        ))  # fmt: skip
    return tuple(fits)
