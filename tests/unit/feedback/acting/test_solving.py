"""Other courses for a patient's own draws: the past again, doses to come, another product."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.support.example_record import example

from antagonist.feedback.acting.solving import (
    Future,
    completed,
    latest_covariates,
    solver,
    with_future,
)
from antagonist.feedback.own_model.known import Dose
from antagonist.feedback.own_model.model import Drawn
from antagonist.feedback.own_model.prior import moments
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.dosing.records import EventRecord

NOBODY = Future((), np.zeros(0))
INJECTION = "xr_im_380"
HOURS = np.array([10.0, 100.0, 245.0, 260.0, 330.0])


def test_the_past_again_is_what_the_own_model_has() -> None:
    own = example().own
    again = with_future(own.drawn_after, own.known, own.taken, NOBODY, 1)
    for name in ("conc_ntx", "conc_6bn", "mu_odds"):
        assert again.signal(name, HOURS) == pytest.approx(own.after.signal(name, HOURS), rel=1e-9)


def test_a_dose_to_come_adds_what_it_does_alone_in_the_draws_that_take_it() -> None:
    own, seed = example().own, 4
    coming = Dose(250.0, 100.0, "oral_tablet", "unknown")
    future = Future((coming,), np.array([0.5]))
    taken = future.drawn(len(own.taken), np.random.default_rng(seed))
    assert 0.3 < taken.mean() < 0.7
    without = own.after.signal("conc_6bn", HOURS)
    whole = with_future(own.drawn_after, own.known, own.taken, future, seed)
    solve = solver(own.drawn_after, latest_covariates(own.known), seed)
    alone = solve((EventRecord(250.0, amt_mg=100.0, product="oral_tablet"),))
    expected = without + taken * alone.signal("conc_6bn", HOURS)
    assert whole.signal("conc_6bn", HOURS) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_the_chance_of_a_dose_to_come_is_kept() -> None:
    own = example().own
    coming = Dose(250.0, 100.0, "oral_tablet", "unknown")
    for chance in (0.0, 1.0):
        future = Future((coming,), np.array([chance]))
        assert future.drawn(50, np.random.default_rng(1)).mean() == chance
    never = with_future(
        own.drawn_after, own.known, own.taken, Future((coming,), np.zeros(1)), 1
    )  # fmt: skip
    seen = never.signal("conc_ntx", HOURS)
    assert seen == pytest.approx(own.after.signal("conc_ntx", HOURS), rel=1e-9)


def test_a_product_that_the_draws_lack_comes_from_the_prior_given_them() -> None:
    """Against the conditional normal of the whole prior: its mean at these draws, its spread."""
    part = example().own.drawn_before[0]
    count = 4000
    one = {name: np.full(count, values[0]) for name, values in part.phi.items()}
    prior = part.prior
    both = {**prior.products, INJECTION: formulations()[INJECTION]}
    found = completed(Drawn(prior, one), {INJECTION: formulations()[INJECTION]}, [1])
    centre, names, covariance = moments(prior.structure, both, prior.fitted.estimates)
    a = [i for i, n in enumerate(names) if n in part.phi and covariance[i, i] > 0]
    b = [i for i, n in enumerate(names) if n not in part.phi]
    assert b
    assert set(found) == {*part.phi, *(names[i] for i in b)}
    # by the precision matrix of both together, not by regression
    free = [i for i in b if covariance[i, i] > 1e-12]
    joint = np.linalg.inv(covariance[np.ix_([*a, *free], [*a, *free])])
    inner, cross = joint[len(a) :, len(a) :], joint[len(a) :, : len(a)]
    off = np.array([one[names[i]][0] - centre[names[i]] for i in a])
    mean = -np.linalg.solve(inner, cross @ off)
    sd = np.sqrt(np.diag(np.linalg.inv(inner)))
    for n, i in enumerate(free):
        seen = found[names[i]] - centre[names[i]]
        assert seen.mean() == pytest.approx(mean[n], abs=4 * sd[n] / np.sqrt(count) + 1e-9)
        assert seen.std() == pytest.approx(sd[n], rel=0.06)


def test_the_same_seed_gives_the_same_patients_on_a_product() -> None:
    own = example().own
    given = (EventRecord(0.0, amt_mg=380.0, product=INJECTION),)
    first, again, other = (
        solver(own.drawn_after, {}, seed)(given).signal("conc_ntx", HOURS) for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert not (first == other).all()


def test_the_latest_covariates_count() -> None:
    known = replace(
        example().own.known,
        covariates={"sex": "male", "weight_kg": 80.0},
        changes=(EventRecord(5.0, 2, covariates={"weight_kg": 70.0}),),
    )
    assert latest_covariates(known) == {"sex": "male", "weight_kg": 70.0}
