"""A model file fitted to a NONMEM table: who, what was seen, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.catalogue import formulations, load_structure, products_of
from antagonist.pharmacology.dosing.nonmem import CovariateRule, load_nonmem
from antagonist.pharmacology.estimation.batch import Batch, batch_of
from antagonist.pharmacology.estimation.estimate import Estimates, map_estimate
from antagonist.pharmacology.estimation.histories import histories_of, ignored_covariates
from antagonist.pharmacology.estimation.likelihood import evaluated, residuals
from antagonist.pharmacology.estimation.problem import Floats, History, Problem, problem_of


@dataclass(frozen=True)
class Fit:
    """A fit of S subjects. ignored: columns that the model does not name.

    population: predictions where all random effects are 0, shape (S, T).
    weighted: residuals over their sd, shape (S, T); nan beyond a limit and for padding.
    """

    problem: Problem
    histories: tuple[History, ...]
    batch: Batch
    estimates: Estimates
    ignored: tuple[str, ...]
    population: Floats
    weighted: Floats


def read(
    model: Path, data: Path, *, covariates_hold: CovariateRule = "to_row"
) -> tuple[Problem, tuple[History, ...], tuple[str, ...]]:
    """The problem of a model file, the histories of a table, and the columns that it ignores.

    covariates_hold: as ``load_nonmem``; NONMEM's own rule unless asked otherwise.
    Raises InputError naming file, line, column and value.
    """
    structure = load_structure(model)
    subjects = load_nonmem(
        data, list(formulations()), observed=True, covariates_hold=covariates_hold
    )
    products = products_of([r for s in subjects for r in s.records])
    problem = problem_of(structure, products)
    histories = histories_of(subjects, structure, data.name)
    return problem, histories, ignored_covariates(subjects, structure)


def fitted(
    model: Path,
    data: Path,
    *,
    covariates_hold: CovariateRule = "to_row",
    starts: int | None = None,
) -> Fit:
    """Fit the random effects of every subject of a table. Arguments, errors: see ``read``."""
    problem, histories, ignored = read(model, data, covariates_hold=covariates_hold)
    try:
        batch = batch_of(problem, histories)
        estimates = map_estimate(problem, batch, starts=starts)
    except InputError as error:
        source = error.source or data.name
        raise InputError(source, error.field, error.value, error.allowed) from None
    population = evaluated(batch, np.zeros_like(estimates.eta)).prediction
    weighted = residuals(batch.levels, estimates.prediction)
    return Fit(problem, histories, batch, estimates, ignored, population, weighted)
