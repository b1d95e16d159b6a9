"""Draws over structures and subjects: shares, refusals, reproducibility."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.pharmacology.small_models import Floats, one_compartment, parameter

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.catalogue import formulations, products_of
from antagonist.pharmacology.dosing.records import EventRecord, Subject
from antagonist.pharmacology.ensemble import (
    Ensemble,
    counts,
    covariate_regimes,
    ensemble,
)
from antagonist.pharmacology.parameter_sets import Fitted, ParameterSet
from antagonist.pharmacology.subjects import Estimates, Include

KNOWN = Estimates(("CL",), np.array([np.log(10.0)]), np.array([[0.04]]), {}, {})
TABLET = {"iv": formulations()["iv"]}
SALT = formulations()["iv"].salt_factor


def fitted(weight: float, volume: float = 50.0) -> Fitted:
    small = one_compartment(
        {"CL": parameter(10.0, between_subject=0.3), "V1": parameter(volume)}, id=f"v{volume:g}"
    )
    return Fitted(small, KNOWN, weight)


def parameters(*parts: Fitted) -> ParameterSet:
    return ParameterSet("test", "1", "0" * 64, parts)


def subject(*records: EventRecord) -> Subject:
    return Subject("one", records)


def one_dose(product: str) -> Subject:
    return subject(EventRecord(0.0, 1, 100.0, product=product))


def drawn(seed: int, draws: int = 20, include: Include | None = None) -> Ensemble:
    return ensemble(
        parameters(fitted(0.5), fitted(0.5, 100.0)),
        one_dose("iv"),
        draws=draws,
        rng=np.random.default_rng(seed),
        include=include or Include(),
    )


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=6), st.integers(1, 1000))
def test_counts_add_up_to_the_draws(weights: list[float], draws: int) -> None:
    found = counts([fitted(w) for w in weights], draws)
    assert min(found) >= 1
    assert sum(found) == max(draws, len(weights))


def test_counts_follow_the_shares() -> None:
    assert counts([fitted(0.5), fitted(0.3), fitted(0.2)], 100) == [50, 30, 20]
    assert sorted(counts([fitted(1 / 3)] * 3, 400)) == [133, 133, 134]
    assert counts([fitted(0.98), fitted(0.01), fitted(0.01)], 10) == [8, 1, 1]


def test_a_product_without_levels_is_refused() -> None:
    with pytest.raises(InputError, match="no data") as caught:
        ensemble(
            parameters(fitted(1.0)), one_dose("implant_gel"), draws=5, rng=np.random.default_rng(1)
        )
    assert (caught.value.field, caught.value.value) == ("product", "implant_gel")


def test_an_unknown_product_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean oral_tablet"):
        products_of([EventRecord(0.0, 1, 50.0, product="oral_tablets")])


def test_records_without_a_product_need_none() -> None:
    assert products_of([EventRecord(0.0, 0), EventRecord(1.0, 1, 50.0, product="iv")]) == TABLET


def test_no_draws_are_refused() -> None:
    with pytest.raises(InputError, match="at least 1"):
        drawn(1, draws=0)


def test_the_seed_decides_the_draws() -> None:
    at = np.array([0.0, 5.0])
    assert (drawn(7).signal("conc_ntx", at) == drawn(7).signal("conc_ntx", at)).all()
    assert (drawn(7).signal("conc_ntx", at) != drawn(8).signal("conc_ntx", at))[:, 1].all()


def test_structures_stand_one_after_the_other() -> None:
    """100 mg of salt in 50 L, then in 100 L, ten draws each."""
    found = drawn(3).signal("conc_ntx", np.array([0.0]))[:, 0]
    want = [2000 * SALT] * 10 + [1000 * SALT] * 10
    assert found.tolist() == pytest.approx(want)
    assert drawn(3).values("V1")[:, 0].tolist() == pytest.approx([50.0] * 10 + [100.0] * 10)


def test_centre_is_the_typical_subject() -> None:
    found = drawn(3, include=Include(False, False, False)).signal("conc_ntx", np.array([6.0]))
    want = [2000 * SALT * np.exp(-6 * 0.2)] * 10 + [1000 * SALT * np.exp(-6 * 0.1)] * 10
    assert found[:, 0].tolist() == pytest.approx(want)


def test_nothing_is_in_the_blood_before_a_first_dose_that_comes_late() -> None:
    """Hour 0 is the first planned dose; where it was missed the levels start at nought."""
    late = subject(EventRecord(24.0, 1, 100.0, product="iv"))
    found = ensemble(parameters(fitted(1.0)), late, draws=4, rng=np.random.default_rng(1))
    level: Floats = found.signal("conc_ntx", np.array([0.0, 12.0, 24.0]))
    assert level[:, :2].tolist() == [[0.0, 0.0]] * 4
    assert level[:, 2].tolist() == pytest.approx([2000 * SALT] * 4)


def test_each_change_of_covariates_starts_a_regime() -> None:
    person = Subject(
        "one",
        (
            EventRecord(0.0, 1, 50.0, product="iv"),
            EventRecord(24.0, 2, covariates={"weight_kg": 90.0}),
            EventRecord(30.0, 2),
            EventRecord(48.0, 2, covariates={"smoker": "yes"}),
        ),
        covariates={"weight_kg": 80.0},
    )
    assert covariate_regimes(person) == [
        {"weight_kg": 80.0},
        {"weight_kg": 90.0},
        {"weight_kg": 90.0, "smoker": "yes"},
    ]


def around(subjects: int, draws: int = 400, include: Include = Include()) -> Floats:  # noqa: B008
    """Clearances on their transformed scale, shape (draws, subjects)."""
    one = subject(EventRecord(0.0, amt_mg=10.0, product="iv"))
    rng = np.random.default_rng(4)
    part = parameters(fitted(1.0))
    drawn = ensemble(part, one, draws=draws, rng=rng, include=include, subjects=subjects)
    found: Floats = np.log(drawn.values("CL")).reshape(draws, subjects)
    return found


def test_subjects_of_a_draw_share_all_but_the_subject_effect() -> None:
    same = around(5, include=Include(subjects=False))
    assert (same == same[:, :1]).all()
    assert same[:, 0].std() == pytest.approx(0.2, rel=0.15)  # the posterior's sd
    found = around(5)
    within = found.std(axis=1, ddof=1)
    assert float(np.sqrt((within**2).mean())) == pytest.approx(0.3, rel=0.1)
    # the mean over subjects keeps the posterior's spread and little of theirs
    assert found.mean(axis=1).std() == pytest.approx((0.04 + 0.09 / 5) ** 0.5, rel=0.15)


def test_a_draw_without_subjects_is_refused() -> None:
    with pytest.raises(InputError, match="subjects"):
        around(0)
