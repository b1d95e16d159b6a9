"""What is estimated: a model with its random effects, and each subject's history and levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.data import near_match
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import Covariate, EventRecord
from antagonist.pharmacology.models import Formulation, Parameter, Residual, Structure
from antagonist.pharmacology.subjects import (
    backward,
    definitions,
    forward,
    subject_covariance,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Level:
    """One observed value.

    time_h: on the clock of the history's records. output: name of the model's output.
    value: in the output's unit; where ``beyond`` is -1 (below) or 1 (above) it is a limit.
    residual: error of this value; None: the model's for its output.
    line: of the input file.
    """

    time_h: float
    output: str
    value: float
    beyond: int = 0
    residual: Residual | None = None
    line: int | None = None


@dataclass(frozen=True)
class History:
    """What is known of one subject.

    records: doses, resets and covariate changes in order of time; times never fall.
    covariates: values at the start; absent: unknown, shifts nothing.
    shift_h: what was added to the input's hours, by place in ``levels``; empty: nothing.
    """

    id: str
    records: tuple[EventRecord, ...]
    levels: tuple[Level, ...]
    covariates: Mapping[str, Covariate] = field(default_factory=dict)
    shift_h: tuple[float, ...] = ()


@dataclass(frozen=True)
class Problem:
    """A model and the normal prior of its random effects.

    parameters: every parameter of the structure and products.
    centre: phi (transformed scale) of every parameter where all random effects are 0.
    names: parameters with a random effect, q of them. omega: their covariance, shape (q, q).
    """

    structure: Structure
    products: Mapping[str, Formulation]
    parameters: Mapping[str, Parameter]
    centre: Mapping[str, float]
    names: tuple[str, ...]
    omega: Floats

    @cached_property
    def root(self) -> Floats:
        """Lower triangular square root of omega, shape (q, q)."""
        lower: Floats = np.linalg.cholesky(self.omega).astype(np.float64)
        return lower

    @cached_property
    def tapes(self) -> dict[Any, Any]:
        """Operations of the model by the ways in that are used, once they have been made."""
        return {}

    @cached_property
    def precision(self) -> Floats:
        """Inverse of omega, shape (q, q)."""
        inverse: Floats = np.linalg.inv(self.omega).astype(np.float64)
        return inverse


def problem_of(
    structure: Structure,
    products: Mapping[str, Formulation] | None = None,
    *,
    centre: Mapping[str, float] | None = None,
    names: Sequence[str] | None = None,
    omega: Floats | None = None,
) -> Problem:
    """The problem that a model file poses, or the same with another prior.

    centre: phi of parameters that differ from the file's values. names: parameters with random
        effects; default those with ``between_subject``. omega: their covariance, shape (q, q);
        default from ``between_subject`` and ``correlations``.
    Raises InputError for a model without random effects, an unknown name, and an omega that is
    not symmetric and positive definite.
    """
    given = products or {}
    parameters = definitions(structure, given)
    for name in (*(centre or {}), *(names or ())):
        if name not in parameters:
            raise InputError(structure.id, "parameter", name, near_match(name, sorted(parameters)))
    chosen = tuple(n for n, p in parameters.items() if p.between_subject > 0)
    chosen = chosen if names is None else tuple(names)
    if not chosen:
        raise InputError(structure.id, "between_subject", None, "more than 0 for a parameter")
    sds = {n: p.between_subject for n, p in parameters.items()}
    spread = subject_covariance(structure, chosen, sds) if omega is None else np.asarray(omega)
    _check_omega(structure.id, spread, len(chosen))
    phi = {n: forward(p.value, p.transform) for n, p in parameters.items()} | dict(centre or {})
    return Problem(structure, given, parameters, phi, chosen, spread)


def _check_omega(model: str, omega: Floats, count: int) -> None:
    good = omega.shape == (count, count) and np.isfinite(omega).all()
    if good and np.allclose(omega, omega.T) and np.linalg.eigvalsh(omega).min() > 0:
        return
    allowed = "a symmetric, positive definite covariance of the random effects"
    raise InputError(model, "omega", str(np.asarray(omega).tolist()), allowed)


def values_at(problem: Problem, eta: Floats) -> dict[str, float]:
    """Parameters with random effects at etas of shape (q,), without covariate effects."""
    return {
        name: float(
            backward(np.asarray(problem.centre[name] + eta[n]), problem.parameters[name].transform)
        )
        for n, name in enumerate(problem.names)
    }
