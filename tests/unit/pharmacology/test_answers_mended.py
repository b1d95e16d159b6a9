"""Answers that once were wrong, each a defect that a hunt over random systems found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.answer_cases import Curve, bracketed, weakest_agrees
from tests.unit.pharmacology.test_answers import absorption, at, bolus, course, jumps

from antagonist.pharmacology.kernel import LinearSystem
from antagonist.pharmacology.kernel.answers import answers
from antagonist.pharmacology.kernel.trajectories import Steps, trajectories
from antagonist.pharmacology.kernel.window import Window

ONE = np.ones((1, 1))


@pytest.mark.parametrize("hours", [6.0, 30.0])
def test_a_level_that_the_curve_has_hours_after_a_dose(hours: float) -> None:
    """Exactly the level at that hour: 92.5 h over it are told for 9.1 h."""
    for ka in np.linspace(0.5, 2, 40):
        for ke in (0.07, 0.11, 0.2):
            one = absorption(ka, ke, window=Window.between(0.0, 200.0))
            curve = Curve(one)
            level = float(curve.seen(np.array([hours]))[0])
            bracketed(curve, level, one.answers(at(level)), 0)


@pytest.mark.parametrize("window", [Window(0.0, 48.0, 0.0, 48.0), Window.between(0.0, 48.0)])
def test_the_weakest_moment_of_a_window_of_less_than_a_week(window: Window) -> None:
    one = absorption(window=window)
    found = one.answers(at(20.0))
    np.testing.assert_allclose(found.weakest_at_h, 48.0)
    np.testing.assert_allclose(found.weakest, Curve(one).seen(np.array([48.0])))


def test_a_fall_looked_for_at_the_windows_end() -> None:
    assert absorption(window=Window(0.0, 48.0, 48.0, 0.0)).answers(at(1e3)).falls_at_h == 48.0


def test_six_years_without_a_dose() -> None:
    found = bolus((0, 1), k=1e-4, window=Window.between(0.0, 6e4)).answers(at(np.exp(-5.5)))
    np.testing.assert_allclose(found.above_h, 5.5e4)
    np.testing.assert_allclose(found.weakest, np.exp(-6.0))


def test_an_infusion_that_a_reset_cut_short() -> None:
    given = jumps((0, 1, 10), (5, 0, 0), (10, 1, -10), reset=(1,))
    one = course([[-0.3, 1], [0, 0]], given, Window(0.0, 60.0, 0.0, 1.0), seen=0)
    weakest_agrees(Curve(one), one.answers(at(5.0)), 0)


def test_no_level_at_all() -> None:
    """A threshold of nan must not be told as 48 h of protection."""
    try:
        found = absorption().answers(at(np.nan))
    except ValueError:
        return
    assert np.isnan(found.above_h).all()


def test_a_dose_of_nan() -> None:
    try:
        given = jumps((0, 0, 100), (24, 0, np.nan))
        found = course([[-1.3, 0], [1.3, -0.2]], given).answers(at(20.0))
    except ValueError:
        return
    assert np.isnan(found.above_h).all()


def test_modes_that_are_not_found_do_not_warn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings are errors here; what np.empty holds is whatever was there before: here infinity."""
    one = absorption(0.2, 0.2)

    def empty(shape: int | tuple[int, ...], dtype: type = float) -> NDArray[Any]:
        return np.full(shape, np.inf) if dtype is float else np.zeros(shape, dtype)

    monkeypatch.setattr(np, "empty", empty)
    one.answers(at(20.0))


@pytest.mark.parametrize("from_h", [0.0, 5.3])
def test_a_grid_of_tenths_of_hours_with_doses_on_it(from_h: float) -> None:
    steps = Steps(from_h, 0.1, 400)
    for at_h in steps.time_h[1:]:
        one = course([[-0.3]], jumps((at_h, 0, 100)))
        seen = trajectories(one.system, one.jumps, ONE, steps)
        np.testing.assert_allclose(seen[0], Curve(one).seen(steps.time_h), atol=1e-10)


def test_a_neighbour_that_has_no_closed_form_changes_nothing() -> None:
    """A second subject whose tissue feeds the effect site makes the first lose its last digits."""
    plain = np.zeros((4, 4))
    for a, b, rate in ((0, 1, 1.0), (1, 2, 0.3), (2, 1, 0.1)):
        plain[a, a] -= rate
        plain[b, a] += rate
    plain[1, 1] -= 0.2
    plain[3, 1], plain[3, 3] = 0.5, -0.5
    ring = plain.copy()
    for a, b, rate in ((2, 3, 0.2), (3, 1, 0.1), (3, 2, 0.1)):
        ring[a, a] -= rate
        ring[b, a] += rate
    given = jumps(*((12.0 * n, 0, 50.0) for n in range(6)))
    window = Window(0.0, 90.0, 0.0, 12.0)
    alone = course(plain, given, window).answers(at(8.0))
    both = LinearSystem(np.array([[plain], [ring]]), np.tile(np.eye(4)[3], (2, 1, 1, 1)))
    beside = answers(both, given, ONE, at(8.0), window)
    np.testing.assert_allclose(beside.weakest_at_h[0], alone.weakest_at_h[0], rtol=1e-12)


def test_a_reset_at_the_windows_end_with_equal_rates() -> None:
    """What a jump of that hour does is no longer in the window; modes know that."""
    for ka in (1.3, 0.2):
        given = jumps((0, 1, 100), (30, 0, 0), reset=(1,))
        one = course([[-ka, 0], [ka, -0.2]], given, Window(0.0, 30.0, 0.0, 24.0))
        np.testing.assert_allclose(one.answers(at(20.0)).weakest, 100 * np.exp(-6.0))
