"""What doses give of levels: against the whole history solved at once; errors and limits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from antagonist.feedback.own_model.known import Dose, Known, MeasuredLevel, checked
from antagonist.feedback.own_model.levels import contributions, levels_of, subject_of
from antagonist.feedback.own_model.model import priors_of
from antagonist.feedback.own_model.weights import weights
from antagonist.pharmacology.assembly import assemble, jumps_of
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.ensemble import covariate_regimes
from antagonist.pharmacology.kernel import solve
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.subjects import Include, definitions, draw_phi, values_of

CHANGES = (
    EventRecord(30.0, 2, covariates={"weight_kg": 95.0}),
    EventRecord(100.0, 2, covariates={"liver": "decompensated_cirrhosis"}),
)


def course(changes: tuple[EventRecord, ...]) -> Known:
    """Tablets after an injection, both analytes."""
    doses = (
        Dose(-200.0, 380.0, "xr_im_380", "given"),
        *(Dose(24.0 * n, 50.0, "oral_tablet", "reported") for n in range(6)),
    )
    levels = (
        MeasuredLevel(5.0, "naltrexone", 3.0), MeasuredLevel(80.0, "6_beta_naltrexol", 20.0),
        MeasuredLevel(400.0, "naltrexone", 1.0),
    )  # fmt: skip
    return checked(Known(doses, levels, covariates={"weight_kg": 60.0}, changes=changes))


@pytest.mark.parametrize("changes", [(), CHANGES])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_doses_alone_add_up_to_the_whole_history(
    changes: tuple[EventRecord, ...], place: int
) -> None:
    known = course(changes)
    prior = priors_of(known, parameter_set())[place]
    levels = levels_of(known.levels, weights())
    eta = np.random.default_rng(4).standard_normal((5, len(prior.names))) @ prior.root.T
    phi = prior.phi(eta)
    found = contributions(prior, phi, known, levels).sum(axis=2)
    records = tuple(
        EventRecord(d.time_h, 1, amt_mg=d.dose_mg, product=d.product) for d in known.doses
    )
    subject = subject_of(known, records)
    structure, own = prior.structure, definitions(prior.structure, prior.products)
    values = values_of(structure, own, phi, covariate_regimes(subject))
    assembly = assemble(structure, prior.products, values, subject.records)
    jumps = jumps_of(assembly, structure, [list(subject.records)])
    seen = solve(assembly.system, jumps, start_h=-200.0).at(levels.time_h)
    rows = [list(structure.outputs).index(o) for o in levels.output]
    wanted = np.stack([seen[:, row, n] for n, row in enumerate(rows)], axis=1)
    np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_prior_has_the_moments_of_the_populations_draws(place: int) -> None:
    known = course(())
    prior, part = priors_of(known, parameter_set())[place], parameter_set().fitted[place]
    own = definitions(part.structure, prior.products)
    rng = np.random.default_rng(8)
    theirs = draw_phi(part.structure, own, part.estimates, 40_000, rng, Include())
    names = prior.names + prior.rest
    eta = rng.standard_normal((40_000, len(prior.names))) @ prior.root.T
    ours = prior.phi(eta, rng)
    a, b = (np.array([x[n] for n in names]) for x in (theirs, ours))
    sd = b.std(axis=1)
    np.testing.assert_allclose(a.mean(axis=1), b.mean(axis=1), atol=0.05 * sd.max())
    np.testing.assert_allclose(np.cov(a) / np.outer(sd, sd), np.corrcoef(b), atol=0.06)


def test_levels_below_the_limit_are_censored_and_others_have_both_errors() -> None:
    given = (
        MeasuredLevel(1.0, "naltrexone", None, 0.5), MeasuredLevel(2.0, "6_beta_naltrexol", 7.0),
        MeasuredLevel(3.0, "naltrexone", 2.0, error_cv=0.3),
    )  # fmt: skip
    levels, error = levels_of(given, weights()), weights().errors
    sd = float(np.hypot(error.naltrexone.additive, 0.8 * np.hypot(0.10, 0.11)))
    chance = quad(lambda y: norm.pdf(y, 0.8, sd), -np.inf, 0.5)[0]
    assert np.exp(levels.log_likelihood(0, np.array([0.8])))[0] == pytest.approx(chance)
    sd = float(np.hypot(error.metabolite.additive, 6.0 * np.hypot(0.10, 0.11)))
    assert levels.log_likelihood(1, np.array([6.0]))[0] == pytest.approx(norm.logpdf(7.0, 6.0, sd))
    sd = float(np.hypot(error.naltrexone.additive, 2.5 * np.hypot(0.3, 0.11)))
    assert levels.log_likelihood(2, np.array([2.5]))[0] == pytest.approx(norm.logpdf(2.0, 2.5, sd))
