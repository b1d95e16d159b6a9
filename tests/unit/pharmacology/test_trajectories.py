"""Hours on an even grid against ``Solution.at``, and what no value may depend on."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.answer_cases import Course
from tests.unit.pharmacology.test_answers import cohort, course, jumps

from antagonist.pharmacology.kernel import Floats, Solution, solve
from antagonist.pharmacology.kernel import trajectories as trajectories_module
from antagonist.pharmacology.kernel.trajectories import Steps, trajectories

TABLETS = course(
    [[-1.3, 0.0], [1.3, -0.2]], jumps((0, 0, 100), (24, 0, 50), (24, 1, 9), (60, 0, 7))
)


def solved(one: Course) -> Solution:
    return solve(one.system, one.jumps, start_h=one.start_h, initial=one.initial)


def hours(one: Course, grid: Steps, threads: int | None = None) -> Floats:
    found = trajectories(
        one.system, one.jumps, one.weights, grid, start_h=one.start_h, initial=one.initial,
        threads=threads,
    )  # fmt: skip
    return np.asarray(found, dtype=np.float64)


def agrees(one: Course, grid: Steps) -> None:
    """To 1e-12 of each subject's peak."""
    expected = solved(one).at(grid.time_h)[:, 0]
    peak = np.abs(expected).max(axis=1, keepdims=True)
    assert (peak > 0).all()
    assert (np.abs(hours(one, grid) - expected) <= 1e-12 * peak).all()


@pytest.mark.parametrize("step_h", [0.25, 1 / 24, 0.1, 0.7, 1.0, 12.0, 100.0])
@pytest.mark.parametrize("from_h", [0.0, 0.1, 23.99, 24.0, 61.0])
def test_any_step_from_any_hour(step_h: float, from_h: float) -> None:
    agrees(TABLETS, Steps(from_h, step_h, 1500))


def test_on_a_dose_its_value_counts() -> None:
    bolus = course([[-0.3]], jumps((0, 0, 10), (2, 0, 5), (2, 0, 1), (3, 0, 0)))
    later, left = 10 * np.exp(-0.6) + 6, np.exp(-0.3)
    expected = [10, 10 * left, later, later * left]
    np.testing.assert_allclose(hours(bolus, Steps(0.0, 1.0, 4))[0], expected, rtol=1e-14)


@pytest.mark.parametrize("count", [1, 255, 256, 257, 512, 513, 1000])
def test_more_steps_between_doses_than_are_worked_out_at_once(count: int) -> None:
    for dose_h in (0.0, 64.0, 64.25, 100.1):
        agrees(course([[-0.02]], jumps((0, 0, 100), (dose_h, 0, 50))), Steps(0.0, 0.25, count))


@pytest.mark.parametrize("own", [False, True])
def test_equal_rates_and_own_schedules(own: bool) -> None:
    agrees(cohort(30, own), Steps(0.0, 0.25, 400))


def test_single_precision_is_rounded_only() -> None:
    grid, many = Steps(0.0, 0.5, 200), cohort(30, True)
    exact, room = hours(many, grid), np.full((30, 200), np.nan, dtype=np.float32)
    found = trajectories(many.system, many.jumps, many.weights, grid, out=room)
    assert found is room
    np.testing.assert_array_equal(room, exact.astype(np.float32))
    np.testing.assert_allclose(room, exact, rtol=1e-6)


def test_an_array_to_write_to() -> None:
    grid, many = Steps(0.0, 0.5, 200), cohort(30, True)
    room = np.full((30, 200), np.nan)
    assert trajectories(many.system, many.jumps, many.weights, grid, out=room) is room
    np.testing.assert_array_equal(room, hours(many, grid))


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize(("threads", "at_once"), [(1, 1), (1, 7), (2, 512), (3, 7)])
def test_threads_pieces_and_order_change_nothing(
    own: bool, threads: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid, many = Steps(0.0, 0.5, 200), cohort(30, own)
    whole, order = hours(many, grid, threads=1), np.random.default_rng(7).permutation(30)
    monkeypatch.setattr("antagonist.pharmacology.kernel.parallel.WORTH_A_THREAD", 1)
    monkeypatch.setattr(trajectories_module, "_AT_ONCE", at_once)
    np.testing.assert_array_equal(hours(many.part(order), grid, threads=threads), whole[order])


@pytest.mark.parametrize(
    "grid",
    [
        Steps(-0.5, 1.0, 5),
        Steps(0.0, 0.0, 5),
        Steps(0.0, -1.0, 5),
        Steps(0.0, 1.0, 0),
        Steps(np.nan, 1.0, 5),
    ],
)
def test_what_is_no_grid_after_the_start_is_refused(grid: Steps) -> None:
    with pytest.raises(ValueError, match="not a grid of times at or after the start"):
        hours(TABLETS, grid)


def test_jumps_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="out of order"):
        hours(course([[-0.3]], jumps((5, 0, 1), (2, 0, 1))), Steps(0.0, 1.0, 5))
