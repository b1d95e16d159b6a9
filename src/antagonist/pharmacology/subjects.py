"""Who the model speaks of: typical values, uncertainty, studies, subjects and covariates.

Everything that varies does so on a parameter's transformed scale (log, logit or identity):
    phi = theta + study effect + subject effect + covariate shifts; value = inverse transform.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.dosing.records import Covariate
from antagonist.pharmacology.expressions import parse
from antagonist.pharmacology.models import Formulation, Parameter, Structure, Transform

Floats = NDArray[np.float64]


def forward(value: float, transform: Transform) -> float:
    """Value to its transformed scale."""
    if transform == "identity":
        return value
    return float(np.log(value) if transform == "log" else np.log(value / (1 - value)))


def backward(phi: Floats, transform: Transform) -> Floats:
    """Transformed scale to value, any shape."""
    if transform == "identity":
        return phi
    if transform == "log":
        return np.asarray(np.exp(phi))
    # tanh neither overflows nor loses digits at either end
    return np.asarray(0.5 * (1 + np.tanh(phi / 2)))


def definitions(structure: Structure, products: Mapping[str, Formulation]) -> dict[str, Parameter]:
    """Every parameter that a structure and some formulations use, by name."""
    found = dict(structure.parameters)
    for formulation in products.values():
        found.update(formulation.parameters)
    return found


@dataclass(frozen=True)
class Estimates:
    """Posterior of the typical values, normal on the transformed scale.

    names: parameters with uncertainty; mean shape (k,), covariance shape (k, k).
    between_subject: sd of subject effects by parameter, where calibrated.
    between_subject_sd: uncertainty of that sd, on its logarithm.
    """

    names: tuple[str, ...]
    mean: Floats
    covariance: Floats
    between_subject: Mapping[str, float]
    between_subject_sd: Mapping[str, float]

    def restricted(self, names: Sequence[str]) -> Estimates:
        """The marginal posterior of some parameters."""
        keep = [i for i, name in enumerate(self.names) if name in set(names)]
        return Estimates(
            tuple(self.names[i] for i in keep),
            self.mean[keep],
            self.covariance[np.ix_(keep, keep)],
            self.between_subject,
            self.between_subject_sd,
        )


@dataclass(frozen=True)
class Include:
    """Which sources of variation a draw has; the rest stays at its centre."""

    parameters: bool = True
    studies: bool = True
    subjects: bool = True


def _root(covariance: Floats) -> Floats:
    """A square root that also takes a covariance with no or tiny variances."""
    return _root_of(covariance.tobytes(), len(covariance))


# A parameter set is drawn from again and again; its roots take longer than the draws.
@lru_cache(maxsize=128)
def _root_of(covariance: bytes, size: int) -> Floats:
    values, vectors = np.linalg.eigh(np.frombuffer(covariance).reshape(size, size))
    root: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
    root.flags.writeable = False
    return root


def subject_covariance(
    structure: Structure, names: Sequence[str], sds: Mapping[str, float]
) -> Floats:
    """Between-subject covariance on the transformed scale, shape (k, k)."""
    sd = np.array([sds.get(name, 0.0) for name in names])
    correlation = np.eye(len(names))
    for pair in structure.correlations:
        if all(name in names for name in pair.between):
            i, j = (list(names).index(name) for name in pair.between)
            correlation[i, j] = correlation[j, i] = pair.rho
    return np.outer(sd, sd) * correlation


def draw_phi(
    structure: Structure,
    parameters: Mapping[str, Parameter],
    estimates: Estimates,
    count: int,
    rng: np.random.Generator,
    include: Include,
    mean_of: float = 1.0,
) -> dict[str, Floats]:
    """Transformed parameters of ``count`` draws, each of shape (count,).

    mean_of: subject effects are those of a mean over this many subjects.
    """
    names = tuple(parameters)
    phi = np.array([forward(p.value, p.transform) for p in parameters.values()])
    phi = np.tile(phi, (count, 1))
    known = estimates.restricted(names)
    where = [names.index(name) for name in known.names]
    shifts = rng.standard_normal((count, len(where)))
    phi[:, where] = known.mean
    if include.parameters:
        phi[:, where] += shifts @ _root(known.covariance).T
    study = rng.standard_normal(phi.shape) * [p.between_study for p in parameters.values()]
    sds = {n: p.between_subject for n, p in parameters.items()} | dict(known.between_subject)
    root = _root(subject_covariance(structure, names, sds))
    subject = rng.standard_normal(phi.shape) @ root.T / np.sqrt(mean_of)
    if include.parameters:
        doubt = [known.between_subject_sd.get(name, 0.0) for name in names]
        subject = subject * np.exp(rng.standard_normal(phi.shape) * doubt)
    phi += study * include.studies + subject * include.subjects
    return {name: phi[:, i] for i, name in enumerate(names)}


def values_of(
    structure: Structure,
    parameters: Mapping[str, Parameter],
    phi: Mapping[str, Floats],
    covariates: Sequence[Mapping[str, Covariate]] = ({},),
) -> dict[str, Floats]:
    """Parameter values with covariate shifts, each of shape (S, P).

    phi: transformed parameters, each (S,). covariates: one mapping for each of P regimes; an
        absent covariate is unknown and shifts nothing (the caller says so).
    """
    plain = {n: backward(phi[n], p.transform)[:, None] for n, p in parameters.items()}
    columns = {n: np.repeat(phi[n][:, None], len(covariates), axis=1) for n in parameters}
    for regime, known in enumerate(covariates):
        for effect in structure.covariates:
            given = known.get(effect.covariate)
            if given is None or (effect.when is not None and given != effect.when):
                continue
            names: dict[str, Floats | float] = dict(plain)
            if not isinstance(given, str):
                names[effect.covariate] = given
            shift = np.broadcast_to(parse(effect.shift)(names), (len(columns[effect.parameter]), 1))
            columns[effect.parameter][:, regime] += shift[:, 0]
    return {n: backward(columns[n], p.transform) for n, p in parameters.items()}
