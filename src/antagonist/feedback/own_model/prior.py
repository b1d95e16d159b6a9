"""What is believed of a new patient: for each structure a normal on the transformed scale.

phi = theta + study effect + subject effect (``pharmacology.subjects``): the covariance is the sum
of the typical values' posterior, the studies' and the subjects'. An sd that is itself uncertain,
sd exp(doubt z), counts with its second moment, sd^2 exp(2 doubt^2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.dosing.records import Covariate, EventRecord, Subject
from antagonist.pharmacology.ensemble import covariate_regimes
from antagonist.pharmacology.estimation.problem import Problem, problem_of
from antagonist.pharmacology.gradients import by_phi, scene_with_gradient
from antagonist.pharmacology.models import Formulation, Structure
from antagonist.pharmacology.parameter_sets import Fitted
from antagonist.pharmacology.subjects import Estimates, definitions, forward, subject_covariance

Floats = NDArray[np.float64]
# Hours after a dose at which levels are asked for what they depend on.
_PROBED_H = np.geomspace(0.5, 1500.0, 40)


@dataclass(frozen=True)
class Prior:
    """The normal prior of one structure's phi.

    names: q parameters that levels depend on; the others that vary are ``rest``.
    centre: phi of every parameter at the mean. covariance: of ``names``, (q, q).
    onto: regression of the rest on them, (r, q); spread: root of what is left, (r, r).
    share: of the structure before any level.
    """

    fitted: Fitted
    products: Mapping[str, Formulation]
    centre: Mapping[str, float]
    names: tuple[str, ...]
    rest: tuple[str, ...]
    covariance: Floats
    onto: Floats
    spread: Floats
    share: float

    @property
    def structure(self) -> Structure:
        """The structure that this is the prior of."""
        return self.fitted.structure

    @cached_property
    def plasma(self) -> Structure:
        """The structure without its effect sites: what levels come from.

        Both effect sites empty at one rate, which loops with derivatives do not take.
        """
        whole = self.structure
        sites = {link.to for link in whole.links}
        return whole.model_copy(update={
            "compartments": tuple(c for c in whole.compartments if c not in sites),
            "links": (),
            "outputs": {n: o for n, o in whole.outputs.items() if o.of not in sites},
        })  # fmt: skip

    @cached_property
    def root(self) -> Floats:
        """Lower triangular root of the covariance, shape (q, q)."""
        return root_of(self.covariance)

    @cached_property
    def problem(self) -> Problem:
        """The same for the estimator."""
        return problem_of(
            self.plasma, self.products, centre=self.centre, names=self.names,
            omega=self.covariance,
        )  # fmt: skip

    def phi(self, eta: Floats, rng: np.random.Generator | None = None) -> dict[str, Floats]:
        """Every parameter's phi, each (N,). eta: of ``names``, (N, q).

        rng: draws the rest given them; None: the rest stays at its centre.
        """
        found = {name: np.full(len(eta), value) for name, value in self.centre.items()}
        for n, name in enumerate(self.names):
            found[name] = found[name] + eta[:, n]
        if rng is not None:
            free = rng.standard_normal((len(eta), len(self.rest)))
            moved = eta @ self.onto.T + free @ self.spread.T
            for n, name in enumerate(self.rest):
                found[name] = found[name] + moved[:, n]
        return found


def root_of(covariance: Floats) -> Floats:
    """Lower triangular roots of covariances, shape (..., q, q)."""
    root: Floats = np.linalg.cholesky(covariance).astype(np.float64)
    return root


def moments(
    structure: Structure, products: Mapping[str, Formulation], estimates: Estimates
) -> tuple[dict[str, float], tuple[str, ...], Floats]:
    """Mean phi of every parameter, the names of all, and their covariance."""
    known = definitions(structure, products)
    names = tuple(known)
    held = estimates.restricted(names)
    centre = {n: forward(p.value, p.transform) for n, p in known.items()}
    centre |= {n: float(m) for n, m in zip(held.names, held.mean, strict=True)}
    covariance = np.diag([p.between_study**2 for p in known.values()])
    where = [names.index(n) for n in held.names]
    covariance[np.ix_(where, where)] += held.covariance
    sds = {n: p.between_subject for n, p in known.items()} | dict(held.between_subject)
    doubt = np.array([held.between_subject_sd.get(n, 0.0) for n in names])
    wider = np.exp(0.5 * (doubt[:, None] ** 2 + doubt**2))
    np.fill_diagonal(wider, np.exp(2 * doubt**2))
    covariance += subject_covariance(structure, names, sds) * wider
    return centre, names, covariance


def _seen(
    structure: Structure, products: Mapping[str, Formulation], centre: Mapping[str, float],
    names: tuple[str, ...], covariates: list[Mapping[str, Covariate]],
) -> NDArray[np.bool_]:  # fmt: skip
    """Which parameters move a level of any of the products in any regime."""
    known = definitions(structure, products)
    phi = {n: np.array([centre[n]]) for n in known}
    moved = np.zeros(len(names), dtype=bool)
    for product in products:
        record = EventRecord(0.0, 1, amt_mg=100.0, product=product)
        for regime in covariates:
            values = by_phi(structure, known, phi, names, [regime])
            scene = scene_with_gradient(structure, products, values, [[record]])
            levels = scene.levels(_PROBED_H)
            for output in ("conc_ntx", "conc_6bn"):
                moved |= np.abs(levels[output].gradient[0]).max(axis=0) > 1e-12
    return moved


def prior_of(fitted: Fitted, products: Mapping[str, Formulation], subject: Subject) -> Prior:
    """The prior of one structure for products and the subject's covariates."""
    regimes = tuple(tuple(sorted(c.items())) for c in covariate_regimes(subject))
    return _prior(_Key(fitted, products), tuple(sorted(products)), regimes)


class _Key:
    """A structure and products that are the same where their ids are."""

    def __init__(self, fitted: Fitted, products: Mapping[str, Formulation]) -> None:
        self.fitted, self.products = fitted, products

    def __hash__(self) -> int:
        return hash(id(self.fitted))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.fitted is other.fitted


@lru_cache(maxsize=64)
def _prior(
    key: _Key, names_of: tuple[str, ...], regimes: tuple[tuple[tuple[str, Covariate], ...], ...]
) -> Prior:
    fitted, products = key.fitted, {n: key.products[n] for n in names_of}
    structure = fitted.structure
    centre, names, covariance = moments(structure, products, fitted.estimates)
    varies = np.flatnonzero(np.diag(covariance) > 0)
    free = tuple(names[i] for i in varies)
    seen = _seen(structure, products, centre, free, [dict(r) for r in regimes])
    a, b = varies[seen], varies[~seen]
    inner = covariance[np.ix_(a, a)]
    onto: Floats = np.linalg.solve(inner, covariance[np.ix_(a, b)]).T.astype(np.float64)
    left = covariance[np.ix_(b, b)] - onto @ covariance[np.ix_(a, b)]
    values, vectors = np.linalg.eigh(0.5 * (left + left.T))
    spread = vectors * np.sqrt(np.maximum(values, 0.0))
    return Prior(
        fitted, products, centre, tuple(names[i] for i in a), tuple(names[i] for i in b),
        inner, onto, spread, fitted.weight,
    )  # fmt: skip
