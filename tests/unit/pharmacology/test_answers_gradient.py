"""Derivatives of answers: closed forms by hand, dual numbers, central differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from tests.support.duals import Dual, Matrix, constant, exponential, matrix
from tests.support.gradient_cases import chain, parameters, rates

from antagonist.pharmacology.catalogue import formulations, structure
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.gradients import by_phi, protection_with_gradient
from antagonist.pharmacology.kernel import Floats, Jumps, LinearSystem
from antagonist.pharmacology.kernel.answers import answers
from antagonist.pharmacology.kernel.answers_gradient import AnswersGradient, answers_with_gradient
from antagonist.pharmacology.kernel.sensitivity import Tangents
from antagonist.pharmacology.kernel.window import Answers, Window
from antagonist.pharmacology.receptors import Receptor
from antagonist.pharmacology.responses import odds_that_block
from antagonist.pharmacology.subjects import definitions, forward
from antagonist.pharmacology.varying import Varying

FIELDS = ("above_h", "longest_gap_h", "gap_h", "weakest", "falls_at_h")
ONE = np.ones((1, 1))
Built = tuple[LinearSystem, Jumps, Floats, Floats]


def jumps(time_h: Any, target: Any, amount: Any, reset: Any = (), regime: Any = 0) -> Jumps:
    times = np.atleast_2d(np.asarray(time_h, dtype=float))
    empties = np.zeros(times.shape, dtype=bool)
    empties[:, list(reset)] = True
    states, held = (np.broadcast_to(np.asarray(a, np.intp), times.shape) for a in (target, regime))
    amounts = np.broadcast_to(np.asarray(amount, dtype=float), times.shape)
    return Jumps(times, states, amounts, empties, held)


def bolus(
    time_h: Sequence[float],
    amount: Sequence[float],
    window: Window,
    level: float,
    *,
    reset: Sequence[int] = (),
    as_one: bool = False,
) -> tuple[Answers, AnswersGradient]:
    """One compartment, k = 0.1, by k, each amount, each time (or all times), gain and level."""
    n = len(time_h)
    moving = 1 if as_one else n
    count = 1 + n + moving + 2
    by_rate, by_gain = np.zeros((2, 1, 1, count, 1, 1))
    by_rate[0, 0, 0], by_gain[0, 0, -2] = -1.0, 1.0
    by_amount, by_time = np.zeros((2, 1, n, count))
    by_amount[0, :, 1 : n + 1] = np.eye(n)
    by_time[0, :, n + 1 : n + 1 + moving] = 1.0 if as_one else np.eye(n)
    by_level = np.eye(count)[-1:]
    system = LinearSystem(np.full((1, 1, 1, 1), -0.1), np.ones((1, 1, 1, 1)))
    tangents = Tangents(by_rate, by_gain, by_amount, by_time)
    given = jumps(time_h, 0, amount, reset)
    return answers_with_gradient(
        system, given, tangents, ONE, None, np.array([level]), by_level, window
    )


# Closed forms by hand


def test_hours_over_a_level_by_everything() -> None:
    """log(A g / L) / k from the dose on."""
    found, gradient = bolus([2.0], [100.0], Window(0.0, 48.0, 4.0, 30.0), 20.0)
    lasts = np.log(5) / 0.1
    by = np.array([-lasts / 0.1, 1 / (0.1 * 100), 0.0, 1 / 0.1, -1 / (0.1 * 20)])
    np.testing.assert_allclose(found.above_h, lasts, rtol=1e-12)
    np.testing.assert_allclose(gradient.above_h, by[None], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(gradient.gap_h, -by[None], rtol=1e-12, atol=1e-13)
    by[2] = 1.0  # all of it comes later
    np.testing.assert_allclose(gradient.falls_at_h, by[None], rtol=1e-12)
    np.testing.assert_allclose(gradient.longest_gap_h, -by[None], rtol=1e-12)
    left = 100 * np.exp(-4.6)
    at_end = np.array([-46 * left, left / 100, 0.1 * left, left, 0.0])
    np.testing.assert_allclose(gradient.weakest, at_end[None], rtol=1e-12, atol=1e-13)


def test_a_gap_between_two_doses() -> None:
    """From a fall, that all move, to a dose, that only its own time moves."""
    found, gradient = bolus([0.0, 30.0], [100.0, 100.0], Window(0.0, 40.0, 1.0, 5.0), 20.0)
    lasts = np.log(5) / 0.1
    np.testing.assert_allclose(found.longest_gap_h, 30 - lasts, rtol=1e-12)
    expected = np.array([lasts / 0.1, -0.1, 0.0, -1.0, 1.0, -10.0, 0.5])
    np.testing.assert_allclose(gradient.longest_gap_h, expected[None], rtol=1e-12, atol=1e-13)
    # Lowest just before the second dose: a later one lets it fall further.
    trough = 100 * np.exp(-3)
    np.testing.assert_allclose(found.weakest, trough, rtol=1e-12)
    expected = trough * np.array([-30.0, 0.01, 0.0, 0.1, -0.1, 1.0, 0.0])
    np.testing.assert_allclose(gradient.weakest, expected[None], rtol=1e-12, atol=1e-13)


def test_all_doses_later() -> None:
    """A gap between them stays as long; the trough keeps its depth."""
    _, gradient = bolus([0.0, 30.0], [100.0, 100.0], Window(0.0, 40.0, 1.0, 5.0), 20.0, as_one=True)
    np.testing.assert_allclose(gradient.longest_gap_h[0, 3], 0.0, atol=1e-12)
    np.testing.assert_allclose(gradient.weakest[0, 3], 0.0, atol=1e-12)
    np.testing.assert_allclose(gradient.falls_at_h[0, 3], 1.0, rtol=1e-12)
    np.testing.assert_allclose(gradient.above_h[0, 3], 0.0, atol=1e-12)  # both ends are cut


def test_a_reset_ends_it() -> None:
    found, gradient = bolus([0.0, 6.0], [100.0, 1.0], Window(0.0, 40.0, 1.0, 2.0), 20.0, reset=[1])
    np.testing.assert_array_equal([found.falls_at_h, found.above_h], 6.0)
    np.testing.assert_array_equal(gradient.falls_at_h, [[0, 0, 0, 0, 1, 0, 0]])
    np.testing.assert_array_equal(gradient.above_h, [[0, 0, 0, 0, 1, 0, 0]])


def test_two_doses_of_one_moment_cross_with_the_one_that_crosses() -> None:
    """The first is not enough, the second is, the third does not matter."""
    window = Window(0.0, 20.0, 0.0, 12.0)
    _, gradient = bolus([10.0, 10.0, 10.0], [15.0, 15.0, 15.0], window, 20.0)
    np.testing.assert_array_equal(gradient.longest_gap_h[0, 4:7], [0.0, 1.0, 0.0])


def test_what_is_never_over_and_what_is_never_under() -> None:
    window = Window(0.0, 48.0, 4.0, 30.0)
    _, under = bolus([0.0], [100.0], window, 1e3)
    found, over = bolus([0.0], [100.0], window, 1e-3)
    for gradient in (under, over):
        assert gradient.above_h.shape == (1, 5)
        assert not gradient.above_h.any()
        assert not gradient.longest_gap_h.any()
    assert not under.falls_at_h.any()
    assert found.falls_at_h == np.inf
    assert np.isnan(over.falls_at_h).all()
    assert over.weakest.any()


def test_at_a_touch_there_is_no_derivative() -> None:
    """Absorption's peak: over it by less and less, the hours change without bound."""
    top = np.log(6.5) / 1.1
    highest = 100 * 1.3 / 1.1 * (np.exp(-0.2 * top) - np.exp(-1.3 * top))
    system = LinearSystem(np.array([[[[-1.3, 0], [1.3, -0.2]]]]), np.array([[[[0.0, 1.0]]]]))
    none = np.zeros((1, 1, 1))
    tangents = Tangents(np.zeros((1, 1, 1, 2, 2)), np.zeros((1, 1, 1, 1, 2)), none, none)
    window, by_level = Window.between(0.0, 48.0), np.ones((1, 1))
    slopes = []
    for under in (1e-2, 1e-4, 1e-6):
        level = np.array([highest * (1 - under)])
        _, gradient = answers_with_gradient(
            system, jumps([0.0], 0, [100.0]), tangents, ONE, None, level, by_level, window
        )
        slopes.append(gradient.above_h[0, 0])
    np.testing.assert_allclose(np.array(slopes[1:]) / slopes[:-1], [10, 10], rtol=0.05)


# Dual numbers


@pytest.mark.parametrize("ke", [0.2, 1.3])
def test_crossings_by_dual_numbers(ke: float) -> None:
    """Newton's method with dual numbers, on exponentials of dual matrices; equal rates too."""
    ka, k, lag, amount, level = parameters(1.3, ke, 2.0, 50.0, 9.0)
    rate = rates(2, chain, ka, k)
    start = matrix((2,), [(0, amount)], 5)

    def seen(t: Dual) -> Matrix:
        return exponential(rate.times(t - lag)) @ start

    def part(vector: Matrix, i: int) -> Dual:
        return Dual(vector.value[i], vector.slope[:, i])

    times, slopes = [], []
    found, gradient = answers_with_gradient(
        LinearSystem(*(np.array(a, dtype=float)[None, None] for a in (rate.value, [[0, 1]]))),
        jumps([2.0], 0, [50.0]),
        Tangents(
            np.array(rate.slope, dtype=float)[None, None],
            np.zeros((1, 1, 5, 1, 2)),
            np.eye(5)[3][None, None],
            np.eye(5)[2][None, None],
        ),
        ONE, None, np.array([9.0]), np.eye(5)[4:5], Window(0.0, 30.0, 3.0, 25.0),
    )  # fmt: skip
    assert found.crossings == 2
    for at in found.crossed_h[0]:
        t: Dual = constant(at, 5)
        for _ in range(3):
            state = seen(t)
            t = t - (part(state, 1) - level) / (ka * part(state, 0) - k * part(state, 1))
        times.append(float(t.value))
        slopes.append(t.slope.astype(float))
    np.testing.assert_allclose(found.crossed_h[0], times, rtol=1e-10)
    np.testing.assert_allclose(gradient.above_h[0], slopes[1] - slopes[0], rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(gradient.falls_at_h[0], slopes[1], rtol=1e-9)
    np.testing.assert_allclose(gradient.longest_gap_h[0], -slopes[1], rtol=1e-9)


# Central differences of answers


def slope(of: Callable[[float], Floats], step: float) -> Floats:
    """Central difference of the sixth order."""
    one, two, three = (of(k * step) - of(-k * step) for k in (1, 2, 3))
    result: Floats = (45 * one - 9 * two + three) / (60 * step)
    return result


class Random:
    """Three subjects of which everything varies in four directions."""

    def __init__(self, seed: int, regimes: int = 1) -> None:
        rng = np.random.default_rng(seed)
        shape, count = (3, regimes), 5
        self.base = np.exp(rng.normal(0, 0.5, (*shape, 6))) * [1.0, 0.15, 0.4, 0.2, 0.5, 2.0]
        self.turn = rng.normal(0, 0.3, (*shape, 6, 4))
        self.time_h = np.sort(rng.uniform(0, 60, (3, count)), axis=1)
        self.amount, self.target = rng.uniform(10, 50, (3, count)), rng.integers(0, 2, (3, count))
        self.moves = rng.normal(0, 0.5, (3, count, 4)) * (rng.random((3, count, 1)) < 0.5)
        self.brings, self.shifts = rng.normal(0, 5, (3, count, 4)), rng.normal(0, 0.3, (3, 4))
        self.reset = rng.random((3, count)) < 0.1
        self.regime = np.sort(rng.integers(0, regimes, (3, count)), axis=1)
        self.moves[self.reset] = 0.0
        if regimes > 1:
            self.moves[:] = 0.0
        self.weights, self.tilts = rng.uniform(0.2, 1, (3, 2)), rng.normal(0, 0.1, (3, 4, 2))
        self.start, self.begins = rng.uniform(0, 20, (3, 4)), rng.normal(0, 2, (3, 4, 4))
        self.window = Window(0.0, 70.0, 20.0, 25.0)
        self.level = np.array([1.0])
        middle = answers(*self.built(np.zeros(4))[:3], np.ones(3), self.window, initial=self.start)
        self.level = middle.weakest + rng.uniform(1, 6, 3)

    def built(self, x: Floats) -> Built:
        """System, jumps, weights and level at a point."""
        ka, ke, out, back, k0, gain = np.moveaxis(self.base * (1 + self.turn @ x), -1, 0)
        k, seen = np.zeros((*ka.shape, 4, 4)), np.zeros((*ka.shape, 2, 4))
        k[..., 0, 0], k[..., 1, 0], k[..., 1, 1] = -ka, ka, -ke - out
        k[..., 2, 1], k[..., 1, 2], k[..., 2, 2] = out, back, -back
        k[..., 3, 1], k[..., 3, 3] = k0, -k0
        seen[..., 0, 1], seen[..., 1, 3] = gain, 1.0
        given = Jumps(
            self.time_h + self.moves @ x, self.target, self.amount + self.brings @ x, self.reset,
            self.regime,
        )  # fmt: skip
        weights = self.weights + np.einsum("sqo,q->so", self.tilts, x)
        return LinearSystem(k, seen), given, weights, self.level + self.shifts @ x

    def tangents(self) -> Tangents:
        """The system is linear in x, or nearly: its own differences are exact."""
        ends = [(self.built(h)[0], self.built(-h)[0]) for h in 0.5 * np.eye(4)]
        by_rate = np.stack([a.rates_per_h - b.rates_per_h for a, b in ends], axis=2)
        by_output = np.stack([a.outputs - b.outputs for a, b in ends], axis=2)
        return Tangents(by_rate, by_output, self.brings, self.moves, self.begins)

    def found(self, x: Floats) -> Answers:
        start = self.start + np.einsum("sqm,q->sm", self.begins, x)
        return answers(*self.built(x), self.window, initial=start)


@pytest.mark.parametrize("regimes", [1, 2])
@pytest.mark.parametrize("seed", range(6))
def test_a_random_course_with_everything_that_can_vary(seed: int, regimes: int) -> None:
    case = Random(seed, regimes)
    system, given, weights, level = case.built(np.zeros(4))
    found, gradient = answers_with_gradient(
        system, given, case.tangents(), weights, case.tilts, level, case.shifts, case.window,
        initial=case.start,
    )  # fmt: skip
    assert found.crossings.sum() > 0
    for name in FIELDS:
        actual = getattr(gradient, name)
        never = ~np.isfinite(getattr(found, name))

        def moved(h: float, d: Floats, name: str = name, never: Floats = never) -> Floats:
            return np.where(never, 0.0, getattr(case.found(h * d), name))

        ends = [slope(partial(moved, d=d), 2e-4) for d in np.eye(4)]
        expected = np.stack(ends, axis=1)
        assert np.isnan(actual[never]).all()
        size = np.abs(expected).max(axis=1, keepdims=True) + 1e-3
        off = np.abs(actual - expected) / size
        assert off[~never].max(initial=0.0) < 1e-6, f"{name}: {off}"


def test_subjects_are_as_if_alone() -> None:
    case = Random(2)
    system, given, weights, level = case.built(np.zeros(4))
    tangents = replace(case.tangents(), initial=None)
    _, together = answers_with_gradient(
        system, given, tangents, weights, case.tilts, level, case.shifts, case.window
    )
    for s in range(3):
        one = slice(s, s + 1)
        _, alone = answers_with_gradient(
            LinearSystem(system.rates_per_h[one], system.outputs[one]),
            Jumps(*(a[one] for a in vars(given).values())),
            Tangents(*(a[one] for a in vars(tangents).values() if a is not None)),
            weights[one], case.tilts[one], level[one], case.shifts[one], case.window,
        )  # fmt: skip
        for name in FIELDS:
            actual, expected = getattr(alone, name), getattr(together, name)[one]
            np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-11)


def test_hours_out_of_order_are_refused() -> None:
    case = Random(0)
    system, given, weights, level = case.built(np.zeros(4))
    for window, shift in ((Window(5.0, 4.0, 5.0, 5.0), 0.0), (case.window, -1e3)):
        late = replace(given, time_h=given.time_h + shift)
        with pytest.raises(ValueError, match="order, or before the start"):
            answers_with_gradient(system, late, case.tangents(), weights, None, level, None, window)


# Whole models

TABLETS = {"oral_tablet": formulations()["oral_tablet"]}
MODEL = structure("slow_both")
KNOWN = definitions(MODEL, TABLETS)
NAMES = [*list(MODEL.parameters)[:4], "w_6bn", "K_mu", "ed50_subjective"]
PHI = {name: np.full(2, forward(p.value, p.transform)) for name, p in KNOWN.items()}


def plan(mg: float) -> list[EventRecord]:
    return [EventRecord(48.0 * n, 1, mg, product="oral_tablet") for n in range(4)]


def protection(phi: Mapping[str, Floats], records: Sequence[EventRecord], **more: Any) -> Any:
    """Where half of a challenge's effect is blocked, by phi."""
    values = by_phi(MODEL, KNOWN, phi, NAMES)
    held = {name: v[:, -1] for name, v in values.items()}
    level = odds_that_block(0.5, 25.0, held, "subjective")  # type: ignore[arg-type]
    window = Window(0.0, 240.0, 60.0, 24.0)
    return protection_with_gradient(MODEL, TABLETS, values, [records], level, window, **more)


def test_a_models_protection_by_phi_and_dose() -> None:
    phi = {**PHI, NAMES[0]: PHI[NAMES[0]] + np.array([0.0, 0.3])}
    found, gradient = protection(phi, plan(150.0), doses=[1])
    assert gradient.above_h.shape == (2, len(NAMES) + 1)
    assert found.crossings.min() >= 2
    for name in FIELDS:

        def moved(k: int, name: str = name) -> Floats:
            def of(h: float) -> Floats:
                there = {**phi, NAMES[k]: phi[NAMES[k]] + h}
                result: Floats = getattr(protection(there, plan(150.0))[0], name)
                return result

            return slope(of, 1e-3)

        def given_more(h: float, name: str = name) -> Floats:
            records = plan(150.0)
            records[1] = replace(records[1], amt_mg=150.0 + h)
            result: Floats = getattr(protection(phi, records)[0], name)
            return result

        expected = np.stack(
            [*(moved(k) for k in range(len(NAMES))), slope(given_more, 0.05)], axis=1
        )
        actual, size = getattr(gradient, name), np.abs(expected).max()
        np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-7 * size, err_msg=name)


@pytest.mark.parametrize("receptor", ["mu", "kappa"])
def test_the_constant_of_a_receptor_counts_as_its_level(receptor: Receptor) -> None:
    """Hours over a level depend on level times constant, the odds on one over the constant."""
    values, window = by_phi(MODEL, KNOWN, PHI, ["K_mu"]), Window(0.0, 240.0, 60.0, 24.0)
    still, moving = np.full(2, 2.0), Varying(np.full(2, 2.0), np.full((2, 1), 2.0))
    (found, once), (_, twice) = (
        protection_with_gradient(
            MODEL, TABLETS, values, [plan(150.0)], level, window, receptor=receptor
        )
        for level in (still, moving)
    )
    assert (once.above_h < 0).all()
    np.testing.assert_allclose(twice.above_h, 2 * once.above_h, rtol=1e-12)
    np.testing.assert_allclose(once.weakest[:, 0], -found.weakest, rtol=1e-12)
