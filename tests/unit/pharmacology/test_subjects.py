"""Draws of typical values, studies and subjects; covariate shifts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.unit.pharmacology.small_models import SOURCED, one_compartment, parameter, product

from antagonist.pharmacology.catalogue import structure
from antagonist.pharmacology.models import Transform
from antagonist.pharmacology.subjects import (
    Estimates,
    Include,
    backward,
    definitions,
    draw_phi,
    forward,
    subject_covariance,
    values_of,
)

PAIR = {"between": ["CL", "V1"], "rho": 0.6, **SOURCED}
STRUCTURE = one_compartment(
    {
        "CL": parameter(10.0, between_subject=0.3, between_study=0.2),
        "V1": parameter(50.0, between_subject=0.5, between_study=0.1),
        "F": parameter(0.2, transform="logit"),
    },
    correlations=[PAIR],
)
POSTERIOR = np.array([[0.04, 0.012], [0.012, 0.09]])
ESTIMATES = Estimates(("CL", "V1"), np.log([12.0, 40.0]), POSTERIOR, {}, {})
COUNT = 60_000
NOTHING = Include(parameters=False, studies=False, subjects=False)


def drawn(include: Include, estimates: Estimates = ESTIMATES, mean_of: float = 1.0) -> Any:
    found = draw_phi(
        STRUCTURE,
        dict(STRUCTURE.parameters),
        estimates,
        COUNT,
        np.random.default_rng(11),
        include,
        mean_of,
    )
    return np.array([found["CL"], found["V1"]])


@pytest.mark.parametrize(
    ("transform", "value", "phi"),
    [
        ("log", 2.0, np.log(2.0)),
        ("logit", 0.2, np.log(0.25)),
        ("identity", -3.0, -3.0),
    ],
)
def test_transforms_and_back(transform: Transform, value: float, phi: float) -> None:
    assert forward(value, transform) == pytest.approx(phi)
    assert backward(np.array([phi]), transform)[0] == pytest.approx(value)


def test_nothing_varies_when_all_is_switched_off() -> None:
    """Estimated parameters stand at the posterior's mean, the others at the file's value."""
    found = draw_phi(
        STRUCTURE,
        dict(STRUCTURE.parameters),
        ESTIMATES,
        3,
        np.random.default_rng(1),
        NOTHING,
    )
    assert found["CL"].tolist() == pytest.approx([np.log(12.0)] * 3)
    assert found["F"].tolist() == pytest.approx([np.log(0.25)] * 3)
    assert found["ka"].tolist() == pytest.approx([np.log(1.3)] * 3)


def test_parameter_draws_have_the_posterior_s_covariance() -> None:
    found = np.cov(drawn(Include(parameters=True, studies=False, subjects=False)))
    assert found == pytest.approx(POSTERIOR, rel=0.03)


def test_study_draws_are_independent_with_the_file_s_sd() -> None:
    found = np.cov(drawn(Include(parameters=False, studies=True, subjects=False)))
    assert np.sqrt(np.diag(found)) == pytest.approx([0.2, 0.1], rel=0.02)
    assert found[0, 1] / np.sqrt(found[0, 0] * found[1, 1]) == pytest.approx(0, abs=0.015)


def test_subject_draws_have_sds_and_correlation() -> None:
    found = np.cov(drawn(Include(parameters=False, studies=False, subjects=True)))
    assert np.sqrt(np.diag(found)) == pytest.approx([0.3, 0.5], rel=0.02)
    assert found[0, 1] / np.sqrt(found[0, 0] * found[1, 1]) == pytest.approx(0.6, abs=0.015)


def test_sources_of_variation_add_up() -> None:
    found = np.var(drawn(Include()), axis=1)
    assert found == pytest.approx([0.04 + 0.04 + 0.09, 0.09 + 0.01 + 0.25], rel=0.03)


def test_a_mean_over_subjects_varies_less_but_a_study_does_not() -> None:
    only_subjects = Include(parameters=False, studies=False, subjects=True)
    assert np.std(drawn(only_subjects, mean_of=9.0), axis=1) == pytest.approx(
        [0.1, 0.5 / 3], rel=0.02
    )
    only_studies = Include(parameters=False, studies=True, subjects=False)
    assert np.std(drawn(only_studies, mean_of=9.0), axis=1) == pytest.approx([0.2, 0.1], rel=0.02)


def test_a_calibrated_sd_replaces_the_file_s_and_its_doubt_widens() -> None:
    """Var(eta exp(d z)) = sd^2 exp(2 d^2)."""
    known = Estimates(("CL", "V1"), ESTIMATES.mean, np.zeros((2, 2)), {"CL": 0.4}, {"CL": 0.3})
    found = drawn(Include(parameters=True, studies=False, subjects=True), known)
    assert np.std(found, axis=1) == pytest.approx([0.4 * np.exp(0.09), 0.5], rel=0.02)
    sure = drawn(Include(parameters=False, studies=False, subjects=True), known)
    assert np.std(sure, axis=1) == pytest.approx([0.4, 0.5], rel=0.02)


def test_the_marginal_posterior_keeps_the_wanted_rows() -> None:
    found = ESTIMATES.restricted(("V1", "other"))
    assert found.names == ("V1",)
    assert found.mean.tolist() == pytest.approx([np.log(40.0)])
    assert found.covariance.tolist() == [[0.09]]


def test_a_correlation_with_an_absent_parameter_is_left_out() -> None:
    found = subject_covariance(STRUCTURE, ("CL", "F"), {"CL": 0.3, "F": 0.2})
    assert found == pytest.approx(np.diag([0.09, 0.04]))


def typical(**covariates: float | str) -> dict[str, float]:
    core = structure("slow_plasma")
    known = definitions(core, {})
    phi = {n: np.array([forward(p.value, p.transform)]) for n, p in known.items()}
    return {n: float(v[0, 0]) for n, v in values_of(core, known, phi, (covariates,)).items()}


def test_weight_moves_clearance_as_published() -> None:
    """Dunbar 2007: +0.548 L/h for each kg from the reference, at 140 L/h."""
    base = typical()["CL"]
    assert typical(weight_kg=80.0)["CL"] == pytest.approx(base)
    assert typical(weight_kg=100.0)["CL"] == pytest.approx(base * (140 + 20 * 0.548) / 140)
    assert typical(weight_kg=60.0)["CL"] == pytest.approx(base * (140 - 20 * 0.548) / 140)


def test_dependence_and_smoking_move_both_clearances_as_published() -> None:
    base, found = typical(), typical(opioid_or_alcohol_dependent="yes", smoker="no")
    assert found["CL"] == pytest.approx(base["CL"] * 1.23)
    assert found["CL6"] == pytest.approx(base["CL6"] * 1.18)
    both = typical(opioid_or_alcohol_dependent="yes", smoker="yes")
    assert both["CL6"] == pytest.approx(base["CL6"] * 1.18**2)


def test_liver_moves_first_pass_by_category() -> None:
    def log_odds(value: float) -> float:
        return float(np.log(value / (1 - value)))

    base, healthy = typical(), typical(liver="normal")
    half, whole = typical(liver="compensated_cirrhosis"), typical(liver="decompensated_cirrhosis")
    assert healthy == pytest.approx(base)
    shift = log_odds(whole["F_oral"]) - log_odds(base["F_oral"])
    assert shift == pytest.approx(base["liver_F_shift"])
    assert log_odds(half["F_oral"]) - log_odds(base["F_oral"]) == pytest.approx(shift / 2)
    assert np.log(whole["CL"] / base["CL"]) == pytest.approx(base["liver_CL_shift"])
    assert half["CL"] == pytest.approx(base["CL"])


def test_unknown_covariates_shift_nothing() -> None:
    known = structure("slow_plasma").parameters
    assert typical() == pytest.approx({n: p.value for n, p in known.items()})


def test_each_regime_has_its_own_covariates() -> None:
    core = structure("slow_plasma")
    known = definitions(core, {})
    phi = {n: np.full(2, forward(p.value, p.transform)) for n, p in known.items()}
    found = values_of(core, known, phi, ({}, {"weight_kg": 100.0}, {"weight_kg": 60.0}))
    assert found["CL"].shape == (2, 3)
    base = typical()
    shares = [1.0, (140 + 10.96) / 140, (140 - 10.96) / 140]
    assert (found["CL"][1] / base["CL"]).tolist() == pytest.approx(shares)
    assert found["V1"][0].tolist() == pytest.approx([base["V1"]] * 3)


def test_definitions_join_structure_and_products() -> None:
    own = product(
        "depot", {"kind": "exponential", "rate_per_h": "k"}, parameters={"k": parameter(0.1)}
    )
    found = definitions(STRUCTURE, {"depot": own})
    assert set(found) == {*STRUCTURE.parameters, "k"}
    assert found["k"].value == 0.1
