"""Other courses solved for the draws of a patient's own model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from antagonist.feedback.own_model.known import Dose, Known
from antagonist.feedback.own_model.levels import subject_of
from antagonist.feedback.own_model.model import Drawn
from antagonist.feedback.own_model.prior import moments
from antagonist.pharmacology.catalogue import products_of
from antagonist.pharmacology.dosing.records import Covariate, EventRecord, Subject
from antagonist.pharmacology.ensemble import Ensemble, scene_of
from antagonist.pharmacology.models import Formulation
from antagonist.pharmacology.subjects import definitions
from antagonist.planning.search import Solve

Floats = NDArray[np.float64]
Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class Future:
    """Doses to come, and the chance that each is taken, shape (F,)."""

    doses: tuple[Dose, ...]
    chance: Floats

    def drawn(self, count: int, rng: np.random.Generator) -> Bits:
        """Which of them each draw takes, shape (count, F)."""
        taken: Bits = rng.random((count, len(self.doses))) < self.chance
        return taken


def solver(drawn: Sequence[Drawn], covariates: Mapping[str, Covariate], seed: int) -> Solve:
    """From dosing histories to the draws' levels and blockade, one patient in each draw.

    drawn: of the own model. covariates: that hold from now on. seed: of parameters that only
    products which the draws do not have use; the same for the same product.
    """

    def solve(records: tuple[EventRecord, ...]) -> Ensemble:
        subject = Subject("patient", records, covariates=dict(covariates))
        products = products_of(records)
        return Ensemble(
            tuple(
                scene_of(part.prior.structure, completed(part, products, [seed, n]), subject)
                for n, part in enumerate(drawn)
            )
        )

    return solve


def completed(
    part: Drawn, products: Mapping[str, Formulation], seed: Sequence[int]
) -> Mapping[str, Floats]:
    """The parameters of some draws with those of products that they do not have, each (S,).

    The new ones come from the prior given the draws' own (a normal's conditional distribution):
    what levels of tablets teach of clearance holds for an injection too.
    """
    prior = part.prior
    known = definitions(prior.structure, {**prior.products, **products})
    new = [name for name in known if name not in part.phi]
    if not new:
        return part.phi
    centre, names, covariance = moments(
        prior.structure, {**prior.products, **products}, prior.fitted.estimates
    )
    a = [n for n, name in enumerate(names) if name in part.phi and covariance[n, n] > 0]
    b = [names.index(name) for name in new]
    onto = np.linalg.lstsq(covariance[np.ix_(a, a)], covariance[np.ix_(a, b)], rcond=None)[0]
    left = covariance[np.ix_(b, b)] - covariance[np.ix_(b, a)] @ onto
    values, vectors = np.linalg.eigh(0.5 * (left + left.T))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    off = np.stack([part.phi[names[n]] - centre[names[n]] for n in a], axis=1)
    rng = np.random.default_rng([*seed, crc32(" ".join(sorted(products)).encode())])
    moved = off @ onto + rng.standard_normal((len(off), len(b))) @ root.T
    return {**part.phi, **{name: centre[name] + moved[:, n] for n, name in enumerate(new)}}


def with_future(
    drawn: Sequence[Drawn], known: Known, taken: Bits, future: Future, seed: int
) -> Ensemble:
    """The draws' own past with doses to come.

    taken: doses of the past that each draw took, (S, D). seed: of who takes which dose to come,
    and as ``solver`` has it.
    """
    doses = (*known.doses, *future.doses)
    rng = np.random.default_rng(seed)
    whole = np.concatenate([taken, future.drawn(len(taken), rng)], axis=1)
    scenes, at = [], 0
    for n, part in enumerate(drawn):
        count = len(next(iter(part.phi.values())))
        own = whole[at : at + count]
        # The jumps take amounts of shape (S,) where a record states one number.
        records = tuple(
            EventRecord(d.time_h, 1, amt_mg=cast(float, d.dose_mg * own[:, i]), product=d.product)
            for i, d in enumerate(doses)
            if own[:, i].any()
        )
        phi = completed(part, products_of(records), [seed, n])
        scenes.append(scene_of(part.prior.structure, phi, subject_of(known, records)))
        at += count
    return Ensemble(tuple(scenes))


def latest_covariates(known: Known) -> dict[str, Covariate]:
    """Covariates after every change that is known."""
    found = dict(known.covariates)
    for change in known.changes:
        found |= change.covariates
    return found
