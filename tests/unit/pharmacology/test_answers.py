"""Answers against closed forms worked out by hand, and what no answer may depend on."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.answer_cases import Course, Curve, agree

from antagonist.pharmacology.kernel import Floats, Jumps, LinearSystem
from antagonist.pharmacology.kernel import answers as answers_module
from antagonist.pharmacology.kernel.window import Answers, Window

ALL = Window(0.0, 48.0, 0.0, 24.0)


def jumps(*rows: tuple[float, int, float], reset: tuple[int, ...] = ()) -> Jumps:
    """Jumps of (time, state, amount), shared by all subjects."""
    return Jumps(
        np.array([[r[0] for r in rows]], dtype=float),
        np.array([[r[1] for r in rows]], dtype=np.intp),
        np.array([[r[2] for r in rows]], dtype=float),
        np.array([[m in reset for m in range(len(rows))]]),
        np.zeros((1, len(rows)), dtype=np.intp),
    )


def course(rates: Any, given: Jumps, window: Window = ALL, seen: int = -1, **more: Any) -> Course:
    """One subject whose one state is seen, the last one if not said otherwise."""
    matrix = np.array(rates, dtype=float)[None, None]
    outputs = np.eye(matrix.shape[-1])[seen][None, None, None]
    return Course(LinearSystem(matrix, outputs), given, window, **more)


def bolus(*doses: tuple[float, float], k: float = 0.1, **more: Any) -> Course:
    """Doses (hour, amount) into one compartment, which is seen."""
    return course([[-k]], jumps(*((t, 0, a) for t, a in doses)), **more)


def absorption(ka: float = 1.3, ke: float = 0.2, **more: Any) -> Course:
    """A dose of 100 each day into a depot."""
    return course([[-ka, 0], [ka, -ke]], jumps((0, 0, 100), (24, 0, 100)), **more)


def at(level: float) -> Floats:
    return np.array([level])


# Closed forms by hand


def test_one_dose_falls_once() -> None:
    found = bolus((2, 100)).answers(at(20.0), most_crossings=3)
    fall = 2 + np.log(5) / 0.1
    np.testing.assert_allclose(found.crossed_h, [[2.0, fall, np.nan]], rtol=1e-13)
    assert found.crossings == 2
    np.testing.assert_allclose(found.above_h, np.log(5) / 0.1, rtol=1e-13)
    np.testing.assert_allclose(found.gap_h, 48 - np.log(5) / 0.1, rtol=1e-13)
    assert found.gaps == 2
    np.testing.assert_allclose(found.longest_gap_h, 48 - fall, rtol=1e-13)
    assert found.falls_at_h == 0.0
    np.testing.assert_allclose(found.weakest, 100 * np.exp(-4.6), rtol=1e-13)
    assert found.weakest_at_h == 48.0


@pytest.mark.parametrize(
    ("as_of_h", "falls_at_h"),
    [
        (0.0, np.log(5) / 0.1),  # over it: the next crossing
        (np.log(5) / 0.1 + 1e-6, np.log(5) / 0.1 + 1e-6),  # just fallen
        (20.0, 20.0),
        (24.0, 24 + np.log(5 + 5 * np.exp(-2.4)) / 0.1),  # the dose of that moment counts
        (30.0, 24 + np.log(5 + 5 * np.exp(-2.4)) / 0.1),
        (47.9, 47.9),
    ],
)
def test_the_fall_is_looked_for_from_a_moment_on(as_of_h: float, falls_at_h: float) -> None:
    window = Window(0.0, 48.0, as_of_h, 24.0)
    found = bolus((0, 100), (24, 100), window=window).answers(at(20.0))
    np.testing.assert_allclose(found.falls_at_h, falls_at_h, rtol=1e-13)


def test_never_over_and_never_under() -> None:
    for level, above_h, gaps, falls_at_h in ((1e3, 0.0, 1, 0.0), (1e-3, 48.0, 0, np.inf)):
        found = bolus((0, 100)).answers(at(level))
        np.testing.assert_array_equal(found.above_h, [above_h])
        np.testing.assert_array_equal(found.gaps, [gaps])
        np.testing.assert_array_equal(found.longest_gap_h, [48 - above_h])
        np.testing.assert_array_equal(found.falls_at_h, [falls_at_h])
        np.testing.assert_array_equal(found.crossings, [0])


def test_the_weakest_moment_is_just_before_a_dose() -> None:
    window = Window(0.0, 40.0, 0.0, 10.0)
    found = bolus((0, 100), (24, 100), window=window).answers(at(20.0))
    np.testing.assert_allclose(found.weakest, 100 * np.exp(-2.4), rtol=1e-13)
    np.testing.assert_allclose(found.weakest_at_h, 24.0, rtol=1e-13)


def test_the_weakest_moment_is_just_after_a_reset() -> None:
    given = jumps((0, 0, 100), (5, 0, 0), reset=(1,))
    found = course([[-0.1]], given, Window(0.0, 40.0, 0.0, 1.0)).answers(at(20.0))
    assert found.weakest == 0.0
    assert found.falls_at_h == 5.0


def test_a_dose_of_the_weak_moment_counts() -> None:
    """One dose at 24 h, equal rates or not: the hours before it are not looked at."""
    window = Window(0.0, 30.0, 0.0, 24.0)
    for ka in (1.3, 0.2):
        given = jumps((0, 1, 100), (24, 1, 100))
        found = course([[-ka, 0], [ka, -0.2]], given, window).answers(at(20.0))
        np.testing.assert_allclose(found.weakest, 100 * (1 + np.exp(-4.8)) * np.exp(-1.2))


def test_a_peak_is_crossed_twice_within_minutes() -> None:
    """1.3 / 1.1 (exp(-t / 5) - exp(-1.3 t)) is highest at log(6.5) / 1.1."""
    top = np.log(6.5) / 1.1
    highest = 100 * 1.3 / 1.1 * (np.exp(-0.2 * top) - np.exp(-1.3 * top))
    one = course([[-1.3, 0], [1.3, -0.2]], jumps((0, 0, 100)))
    bend = 0.2 * 1.3 * highest  # f'' = -bend at the top
    for apart_h in (0.2, 0.02, 0.004):
        found = one.answers(at(highest - bend * apart_h**2 / 8))
        np.testing.assert_allclose(found.above_h, apart_h, rtol=0.02)
        np.testing.assert_allclose(found.crossed_h[0, :2].mean(), top, atol=0.1 * apart_h)
    assert one.answers(at(highest * (1 + 1e-9))).crossings == 0


def test_an_infusion_is_a_rate_held_and_released() -> None:
    given = jumps((0, 1, 8), (6, 1, -8))
    found = course([[-0.4, 1.0], [0.0, 0.0]], given, seen=0).answers(at(10.0))
    rises = -np.log(1 - 10 * 0.4 / 8) / 0.4
    falls = 6 + np.log(2 * (1 - np.exp(-2.4))) / 0.4
    np.testing.assert_allclose(found.crossed_h[0, :2], [rises, falls], rtol=1e-12)


def test_a_state_at_the_start() -> None:
    begun = bolus((10, 50), window=Window(-1.0, 20.0, -1.0, 0.0), start_h=-1.0)
    found = replace(begun, initial=np.array([[60.0]])).answers(at(30.0))
    second = 10 + np.log((50 + 60 * np.exp(-1.1)) / 30) / 0.1
    expected = [-1 + np.log(2) / 0.1, 10.0, second]
    np.testing.assert_allclose(found.crossed_h[0, :3], expected, rtol=1e-13)


def test_two_subjects_dose_themselves_differently_at_the_same_hours() -> None:
    one = bolus((0, 100), (24, 50))
    two = LinearSystem(
        np.repeat(one.system.rates_per_h, 2, axis=0), np.repeat(one.system.outputs, 2, axis=0)
    )
    amount = np.array([[100.0, 50.0], [30.0, 0.0]])
    both = Course(two, replace(one.jumps, amount=amount), ALL)
    found = both.answers(at(20.0))
    alone = bolus((0, 30), (24, 0)).answers(at(20.0))
    np.testing.assert_allclose(found.above_h, [one.answers(at(20.0)).above_h[0], *alone.above_h])


def test_only_so_many_crossings_are_kept() -> None:
    daily = bolus(*((24.0 * n, 100.0) for n in range(2)))
    every, first, none = (daily.answers(at(20.0), most_crossings=n) for n in (9, 2, 0))
    assert every.crossings == first.crossings == none.crossings == 3
    np.testing.assert_array_equal(first.crossed_h, every.crossed_h[:, :2])
    assert none.crossed_h.shape == (1, 0)
    assert np.isnan(every.crossed_h[0, 3:]).all()


# What no answer may depend on


def cohort(subjects: int, own: bool) -> Course:
    """Absorption, a peripheral, a metabolite, an effect site; every 15th with equal rates."""
    rng, size = np.random.default_rng(5), 5
    k = np.exp(rng.normal(0, 0.5, (6, subjects)))
    ka, ke, out, back, km, k0 = k * np.array([1.0, 0.15, 0.4, 0.2, 0.08, 0.5])[:, None]
    out[::15], ka[::15] = 0.0, ke[::15]
    rates = np.zeros((subjects, 1, size, size))
    for a, b, rate in ((0, 1, ka), (1, 2, out), (2, 1, back), (1, 3, ke)):
        rates[:, 0, a, a] -= rate
        rates[:, 0, b, a] += rate
    rates[:, 0, 3, 3], rates[:, 0, 4, 3], rates[:, 0, 4, 4] = -km, k0, -k0
    outputs = np.zeros((subjects, 1, 1, size))
    outputs[..., 1], outputs[..., 4] = 1.0, 0.5
    rows, count = subjects if own else 1, 12
    time_h = 6.0 * np.arange(count) + own * rng.uniform(0, 3, (rows, count))
    target = own * rng.integers(0, 2, (rows, count))
    amount = np.where(rng.random((rows, count)) > 0.2, 100.0, 0.0)
    empties, regime = np.zeros((rows, count), dtype=bool), np.zeros((rows, count), dtype=np.intp)
    given = Jumps(time_h, target, amount, empties, regime)
    return Course(LinearSystem(rates, outputs), given, Window(0.0, 80.0, 20.0, 30.0))


LEVELS = np.exp(np.random.default_rng(6).normal(4.5, 0.7, 60))


def same(actual: Answers, expected: Answers, which: NDArray[np.intp] | slice = slice(None)) -> None:
    """To the last bit, of those subjects of the expected ones."""
    for field in fields(Answers)[1:]:
        one, other = getattr(actual, field.name), getattr(expected, field.name)[which]
        np.testing.assert_array_equal(one, other, err_msg=field.name)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_nothing(own: bool, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = cohort(60, own).answers(LEVELS, threads=1)
    assert alone.crossings.sum() > 150
    monkeypatch.setattr("antagonist.pharmacology.kernel.parallel.WORTH_A_THREAD", 1)
    same(cohort(60, own).answers(LEVELS, threads=threads), alone)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("at_once", [1, 7, 512])
def test_pieces_change_nothing(own: bool, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = cohort(60, own).answers(LEVELS, threads=1)
    monkeypatch.setattr(answers_module, "_AT_ONCE", at_once)
    same(cohort(60, own).answers(LEVELS, threads=1), whole)


@pytest.mark.parametrize("own", [False, True])
def test_order_and_neighbours_change_nothing(own: bool) -> None:
    whole = cohort(60, own).answers(LEVELS)
    order = np.random.default_rng(7).permutation(60)
    same(cohort(60, own).part(order).answers(LEVELS[order]), whole, order)
    some = np.array([3, 6, 8, 59])
    same(cohort(60, own).part(some).answers(LEVELS[some]), whole, some)


@pytest.mark.parametrize("own", [False, True])
def test_every_subject_of_many_against_a_fine_grid(own: bool) -> None:
    found = cohort(60, own).answers(LEVELS)
    for s in range(0, 60, 5):
        agree(Curve(cohort(60, own).alone(s)), LEVELS[s], found, s)


# What is refused


@pytest.mark.parametrize(
    "window",
    [
        Window(-1.0, 48.0, 0.0, 0.0),  # before the start
        Window(24.0, 12.0, 24.0, 24.0),
        Window(24.0, 24.0, 24.0, 24.0),
        Window(12.0, 48.0, 11.0, 24.0),
        Window(12.0, 48.0, 49.0, 24.0),
        Window(12.0, 48.0, 24.0, 11.0),
        Window(12.0, 48.0, 24.0, 49.0),
        Window(0.0, np.inf, 0.0, 0.0),
        Window(0.0, np.nan, 0.0, 0.0),
        Window(np.nan, 48.0, 0.0, 0.0),
    ],
)
def test_hours_out_of_order_are_refused(window: Window) -> None:
    with pytest.raises(ValueError, match="hours are out of order, or before the start"):
        bolus((0, 100), window=window).answers(at(20.0))


@pytest.mark.parametrize("times", [(24.0, 0.0), (-1.0, 0.0), (0.0, np.nan)])
def test_jumps_out_of_order_are_refused(times: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="jumps are out of order, or before the start"):
        bolus(*((t, 100) for t in times)).answers(at(20.0))


def test_as_many_levels_as_subjects() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        bolus((0, 100)).answers(np.array([20.0, 30.0]))


@pytest.mark.parametrize("own", [False, True])
def test_doses_that_were_all_missed(own: bool) -> None:
    """All amounts are nothing, for all subjects: under any level all the time."""
    many = cohort(4, own)
    nothing = replace(many, jumps=replace(many.jumps, amount=0 * many.jumps.amount))
    found = nothing.answers(np.full(4, 1.0))
    np.testing.assert_array_equal(found.above_h, 0.0)
    np.testing.assert_array_equal(found.longest_gap_h, 80.0)
    np.testing.assert_array_equal(found.falls_at_h, 20.0)
    np.testing.assert_array_equal(found.weakest, 0.0)
