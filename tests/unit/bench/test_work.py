"""The common work: doses, subjects, thresholds, and the kernel's arrays for own schedules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from antagonist.bench import work as work_module
from antagonist.bench.work import (
    HORIZON_H,
    JITTER_H,
    Floats,
    Work,
    common_work,
    hours,
    odds_at,
    odds_rows,
    own_doses,
    planned_doses,
    population_of,
    solved,
)
from antagonist.pharmacology.assembly import jumps_of
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.kernel import solve
from antagonist.pharmacology.kernel.parallel import in_blocks
from antagonist.pharmacology.population import assembly_of, jumps_for
from antagonist.pharmacology.responses import blocked

N = 40
ONE_OF_THREE = slice(1, 2)


@pytest.fixture(scope="module")
def shared() -> Work:
    return common_work(N)


@pytest.fixture(scope="module")
def own() -> Work:
    return common_work(N, own_schedules=True)


def crossings(work: Work, odds: Floats) -> dict[str, Floats]:
    """How often each subject's odds pass each threshold, up or down, shape (N,)."""
    return {
        name: np.count_nonzero(np.diff(odds > threshold[:, None], axis=1), axis=1)
        for name, threshold in work.thresholds.items()
    }


def test_doses_as_planned() -> None:
    time_h, dose_mg = planned_doses()
    assert time_h.shape == dose_mg.shape == (1, 78)
    pairs = list(zip(time_h[0].tolist(), dose_mg[0].tolist(), strict=True))
    assert pairs[:4] == [(0.0, 100.0), (48.0, 100.0), (96.0, 150.0), (168.0, 100.0)]
    assert pairs[-1] == (25 * 168 + 96.0, 150.0)
    assert dose_mg.sum() == 26 * 350


def test_the_grid_is_every_hour_with_both_ends() -> None:
    assert HORIZON_H == 26 * 7 * 24
    assert hours().tolist() == list(range(4369))


def test_own_doses_are_near_the_plan_and_some_are_missed() -> None:
    time_h, dose_mg = own_doses(500, np.random.default_rng(3))
    planned_h, planned_mg = planned_doses()
    early_or_late = time_h - planned_h
    assert np.abs(early_or_late).max() <= JITTER_H
    assert early_or_late.std() == pytest.approx(JITTER_H / np.sqrt(3), rel=0.02)
    missed = dose_mg == 0
    assert missed.mean() == pytest.approx(0.1, abs=0.005)
    assert ((dose_mg == planned_mg) | missed).all()
    assert len(np.unique(time_h)) == time_h.size


def test_own_schedules_are_of_the_same_subjects(shared: Work, own: Work) -> None:
    assert own.dose_time_h.shape == own.dose_mg.shape == (N, 78)
    for theirs, ours in ((shared.values, own.values), (shared.thresholds, own.thresholds)):
        assert theirs.keys() == ours.keys()
        assert all((theirs[name] == ours[name]).all() for name in theirs)


def test_the_seed_decides(shared: Work, own: Work) -> None:
    again = common_work(N, own_schedules=True)
    assert (again.dose_time_h == own.dose_time_h).all()
    other = common_work(N, seed=2, own_schedules=True)
    assert (other.values["CL"] != shared.values["CL"]).all()
    assert (other.dose_time_h != own.dose_time_h).all()


def test_start_is_before_every_dose(shared: Work, own: Work) -> None:
    assert shared.start_h == 0.0
    assert -JITTER_H <= own.start_h == own.dose_time_h[:, 0].min() < 0


def test_at_the_clinical_threshold_four_fifths_are_blocked(shared: Work) -> None:
    odds = shared.thresholds["clinical"][:, None]
    share = blocked(25.0, odds, shared.values, "subjective")
    np.testing.assert_allclose(share, 0.8, rtol=1e-12)


def test_how_often_the_thresholds_are_crossed(shared: Work) -> None:
    odds = odds_at(shared, solved(shared), hours())
    found = crossings(shared, odds)
    assert (found["high"] >= 150).all()
    assert np.median(found["low"]) == 1
    assert np.median(found["low"]) < found["clinical"].mean() < found["high"].mean()
    # Up and down after each of the last week's doses; it ends below.
    last_week = crossings(shared, odds[:, -169:])
    assert (last_week["high"] == 6).all()


def test_no_subjects() -> None:
    with pytest.raises(ValueError, match="0 subjects: at least 1 is needed"):
        common_work(0)


def test_blocks_are_all_subjects() -> None:
    assert list(in_blocks(5, 2)) == [slice(0, 2), slice(2, 4), slice(4, 5)]


@pytest.mark.parametrize("schedules", ["shared", "own"])
def test_a_part_is_as_in_the_whole(schedules: str, request: pytest.FixtureRequest) -> None:
    work: Work = request.getfixturevalue(schedules)
    part = work.part(slice(7, 9))
    assert part.subjects == 2
    assert (part.thresholds["high"] == work.thresholds["high"][7:9]).all()
    at_h = hours()[::100]
    whole = odds_at(work, solved(work), at_h)[7:9]
    np.testing.assert_allclose(odds_at(part, solved(part), at_h), whole, rtol=1e-10)


@pytest.mark.parametrize("product", ["oral_tablet", "xr_im_380"])
def test_arrays_of_own_schedules_are_those_of_the_records(
    monkeypatch: pytest.MonkeyPatch, product: str
) -> None:
    """Also for a product with several ways in, of which one waits two weeks."""
    monkeypatch.setattr(work_module, "PRODUCT", product)
    work = common_work(3, own_schedules=True)
    assembly = assembly_of(population_of(work))
    schedules = [
        [EventRecord(t, 1, mg, product=product) for t, mg in zip(*doses, strict=True)]
        for doses in zip(work.dose_time_h.tolist(), work.dose_mg.tolist(), strict=True)
    ]
    ours, theirs = (
        jumps_for(population_of(work), assembly),
        jumps_of(assembly, work.structure, schedules),
    )
    assert ours.time_h.shape[1] == 78 * len(assembly.slots[product])
    assert (ours.time_h == theirs.time_h).all()
    assert not ours.reset.any()
    assert not ours.regime.any()
    # Two jumps of one moment may change places, so what they do is compared.
    start_h, at_h = work.start_h, hours()[5::331]
    seen = [solve(assembly.system, jumps, start_h=start_h).at(at_h) for jumps in (ours, theirs)]
    np.testing.assert_allclose(seen[0], seen[1], rtol=1e-9, atol=1e-9)


def test_a_missed_dose_is_no_dose(own: Work) -> None:
    one = own.part(ONE_OF_THREE)
    taken = one.dose_mg[0] > 0
    assert not taken.all()
    kept = replace(one, dose_time_h=one.dose_time_h[:, taken], dose_mg=one.dose_mg[:, taken])
    seen = [odds_at(w, solved(w), hours()) for w in (one, kept)]
    np.testing.assert_allclose(seen[0], seen[1], rtol=1e-9, atol=1e-12)


def test_weights_turn_a_state_into_odds(own: Work) -> None:
    solution = solved(own)
    state, weights = solution.state_at(1000.0), odds_rows(own, assembly_of(population_of(own)))
    odds = odds_at(own, solution, np.array([1000.0]))[:, 0]
    np.testing.assert_allclose((weights * state).sum(axis=1), odds, rtol=1e-12)
